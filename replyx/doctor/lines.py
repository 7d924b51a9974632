"""A guest's or a manager's line to the server, over each transport: ask, and hear what others say."""
import itertools
import json
import time

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import ProtocolError

from . import fixes
from .answers import require_ours
from .report import Fault, Silence
from .visit import STEP_SECONDS, Answer, no_answer

PATH = "/socket.io/?EIO=4&transport="
SEPARATOR = "\x1e"
PAUSE = 0.1


class HttpLine:
    """Requests alone; hearing is asking for the dialog's newest lines again."""

    def __init__(self, visit, speaks):
        self._visit = visit
        self._root, self._headers = {
            "guest": ("/api/site", visit.guest), "manager": ("/api/manager", visit.manager)}[speaks]

    def call(self, event, payload):
        payload = dict(payload)
        path = "/dialogs" if event == "dialog_open" else f"/dialogs/{payload.pop('dialog_id')}/messages"
        return self._ask("POST", path, payload)

    def hear(self, dialog_id, client_id):
        """The text of a line that somebody wrote."""
        deadline = time.monotonic() + STEP_SECONDS
        while time.monotonic() < deadline:
            for line in self._ask("GET", f"/dialogs/{dialog_id}/messages")["messages"]:
                if line["client_id"] == client_id:
                    return line["text"]
            time.sleep(PAUSE)
        raise Fault("A line that was stored does not come with the dialog's lines.", fixes.CACHE)

    def _ask(self, method, path, body=None):
        what = f"{method} {self._root}/dialogs..."
        answer = self._visit.http(method, self._root + path, self._headers, body)
        require_ours(self._visit, answer, what)
        return require_ok(answer.json, what)

    def close(self):
        pass


def require_ok(answer, what):
    """ReplyX's answer if it is a good one."""
    if not answer or answer.get("ok") is not True:
        error = (answer or {}).get("error") or {}
        raise Fault(f"{what} was refused: {error.get('code', 'no answer of ReplyX')}. {error.get('message', '')}".strip())
    return answer


class PacketLine:
    """Socket.IO over Engine.IO 4, as text packets. Below it: `send(packet)` and `receive(deadline)`, a list of packets."""

    def __init__(self, visit, speaks):
        self.visit, self._heard, self._acks = visit, {}, {}
        self._numbers = itertools.count(1)
        auth = {"site_token": visit.badge.site_token, "guest_id": visit.badge.guest_id}
        try:
            self.start()
            self.send("40" + json.dumps(auth if speaks == "guest" else {"api_key": visit.badge.api_key}))
            self._until(lambda: "connect" in self._acks, "Connecting")
        except Exception:
            self.close()
            raise
        require_ok(self._acks["connect"], "Connecting")

    def call(self, event, payload):
        number = str(next(self._numbers))
        self.send(f"42{number}{json.dumps([event, payload])}")
        self._until(lambda: number in self._acks, f"The event {event}")
        return require_ok(self._acks[number], f"The event {event}")

    def hear(self, dialog_id, client_id):
        """The text of a line that somebody wrote."""
        self._until(lambda: client_id in self._heard, "What the other side said")
        return self._heard[client_id]

    def keep(self, seconds):
        """Say nothing for so long but pongs. Raises Fault when the line is cut meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._take(self.receive(deadline))

    def _until(self, condition, what):
        deadline = time.monotonic() + STEP_SECONDS
        while not condition():
            if time.monotonic() >= deadline:
                raise Fault(f"{what} was not answered in {STEP_SECONDS} s: something in between holds it back.", fixes.SLOW)
            self._take(self.receive(deadline))

    def _take(self, packets):
        for packet in packets:
            if packet == "2":
                self.send("3")
            elif packet.startswith("40"):
                self._acks["connect"] = {"ok": True}
            elif packet.startswith("44"):
                self._acks["connect"] = json.loads(packet[2:]).get("data")
            elif packet.startswith('42["message"'):
                line = json.loads(packet[2:])[1]["message"]
                self._heard[line["client_id"]] = line["text"]
            elif packet.startswith("43"):
                number, _, data = packet[2:].partition("[")
                self._acks[number] = json.loads(f"[{data}")[0]


class PollingLine(PacketLine):
    """Long polling: a GET waits for packets, a POST sends some."""

    def start(self):
        self._path = f"{PATH}polling"
        opened = self._ask("GET", None, STEP_SECONDS).body.decode()
        self._path += f"&sid={json.loads(opened[1:])['sid']}"

    def send(self, packet):
        self._ask("POST", packet.encode(), STEP_SECONDS)

    def receive(self, deadline):
        try:
            answer = self._ask("GET", None, max(deadline - time.monotonic(), PAUSE))
        except Silence:
            return []
        return answer.body.decode(errors="replace").split(SEPARATOR)

    def _ask(self, method, body, seconds):
        answer = self.visit.http(method, self._path, {"Origin": self.visit.origin, "Content-Type": "text/plain"}, body, seconds)
        if answer.status == 504:
            raise Fault("A poll that waits is cut (504): a time-out is too short.", fixes.TIMEOUT)
        require_ours(self.visit, answer, f"{method} /socket.io/")
        return answer

    def close(self):
        if hasattr(self, "_path") and "sid=" in self._path:
            try:
                self.send("1")
            except Fault:
                # The server forgets it by itself.
                pass


class WebSocketLine(PacketLine):
    """RFC 6455, on a socket of our own: the answer to the handshake tells what a proxy did to it."""
    _socket = None

    def start(self):
        try:
            self._socket = self.visit.open()
        except OSError as error:
            raise no_answer("Connecting", error, STEP_SECONDS) from None
        self._protocol, self._packets, self._open = WSConnection(ConnectionType.CLIENT), [], False
        request = Request(host=self.visit.netloc, target=f"{PATH}websocket",
                          extra_headers=[(b"Origin", self.visit.origin.encode())])
        self._write(request)
        deadline = time.monotonic() + STEP_SECONDS
        while not self._open:
            if time.monotonic() >= deadline:
                raise Fault("The WebSocket's handshake is not answered.", fixes.UPGRADE)
            self._read(deadline)

    def send(self, packet):
        self._write(TextMessage(packet))

    def receive(self, deadline):
        if not self._packets:
            self._read(deadline)
        packets, self._packets = self._packets, []
        return packets

    def _write(self, event):
        try:
            self._socket.sendall(self._protocol.send(event))
        except OSError as error:
            raise no_answer("Sending over the WebSocket", error, STEP_SECONDS) from None

    def _read(self, deadline):
        """Take in what has come; nothing when the time is up. Raises Fault when the line is cut."""
        self._socket.settimeout(max(deadline - time.monotonic(), 0.01))
        try:
            data = self._socket.recv(65536)
            self._protocol.receive_data(data or None)
            events = list(self._protocol.events())
        except TimeoutError:
            return
        except OSError as error:
            raise no_answer("The WebSocket", error, 0) from None
        except ProtocolError:
            raise Fault("The WebSocket's handshake comes back damaged.", fixes.UPGRADE) from None
        for event in events:
            self._handle(event)
        if not data:
            raise Fault("The WebSocket was closed.")

    def _handle(self, event):
        if isinstance(event, AcceptConnection):
            self._open = True
        elif isinstance(event, RejectConnection):
            raise self._rejected(event)
        elif isinstance(event, (TextMessage, BytesMessage)):
            self._packets.append(event.data)
        elif isinstance(event, Ping):
            self._write(event.response())
        elif isinstance(event, CloseConnection):
            raise Fault("The WebSocket was closed.")

    def _rejected(self, event):
        if event.status_code in (200, 400, 426):
            return Fault(f"The WebSocket's upgrade does not reach ReplyX ({event.status_code}).", fixes.UPGRADE)
        answer = Answer(event.status_code, [(name.decode().lower(), value.decode()) for name, value in event.headers], b"")
        try:
            require_ours(self.visit, answer, "The WebSocket's upgrade")
        except Fault as fault:
            return fault
        return Fault(f"The WebSocket's upgrade got {event.status_code}.", fixes.UPGRADE)

    def close(self):
        if self._socket:
            self._socket.close()

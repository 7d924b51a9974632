"""The wire by hand: raw HTTP, WebSocket frames that no library would send, and the one shape of a refusal."""
import itertools
import json
import socket
import sqlite3
from contextlib import closing, suppress
from http.client import HTTPResponse
from urllib.parse import quote

import websocket
from websocket import ABNF

from replyx.errors import CODES


def refusal(body, status=None):
    """The error of an answer, which must have the one shape, and the HTTP status of its code."""
    assert set(body) == {"ok", "error"} and body["ok"] is False, body
    error = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "fields", "retry_after"}, error
    assert isinstance(error["message"], str) and error["message"]
    assert isinstance(error.get("fields", {}), dict)
    assert status in (None, CODES[error["code"]].status), (status, error)
    return error


def code(answer):
    """That of an HTTP answer that refuses."""
    return refusal(answer.json(), answer.status_code)["code"]


class Frames:
    """A WebSocket to Engine.IO, frame by frame; with `auth` (JSON text), a connect to Socket.IO through it.

    Each comes from an address of its own, unless one is given, by which the server's log can be asked about it.
    """
    addresses = (f"10.9.{number // 250}.{number % 250}" for number in itertools.count(1))

    def __init__(self, served, auth=None, address=None):
        self._served, self.address = served, address or next(self.addresses)
        self.ws = websocket.create_connection(
            f"{served.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", timeout=10,
            header=[f"X-Forwarded-For: {self.address}"])
        self.answer, self._ids = None, itertools.count(1)
        self.receive()
        if auth is not None:
            self.send("40" + auth)
            self.answer = self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.shutdown()

    def send(self, text):
        self.ws.send(text)

    def frame(self, data, opcode, fin=1):
        self.ws.send_frame(ABNF.create_frame(data, opcode, fin))

    def receive(self):
        """The next packet, Engine.IO's pings left out."""
        return next(packet for packet in iter(self.ws.recv, None) if packet != "2")

    def ack(self, ack_id):
        """The answer to the packet with this ack id; everything before it is passed over."""
        start = f"43{ack_id}["
        packet = next(packet for packet in iter(self.receive, None) if packet.startswith(start))
        [answer] = json.loads(packet.removeprefix(start[:-1]))
        return answer

    def call(self, event, *payloads):
        """Send an event whose name and payloads are JSON text; its ack."""
        ack_id = next(self._ids)
        self.send(f"42{ack_id}[{','.join([event, *payloads])}]")
        return self.ack(ack_id)

    def is_alive(self):
        return refusal(self.call('"no_such_event"', "{}"))["code"] == "not_found"

    def has_left(self):
        """Whether the server has ended the socket and taken it out of its rooms."""
        return f"connection closed address={self.address} " in self._served.log

    def end(self):
        """Read until the server has closed; the status of its closing frame, None if it sent none."""
        while True:
            try:
                opcode, data = self.ws.recv_data()
            except (websocket.WebSocketException, ConnectionError):
                return None
            if opcode == ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2])


class SocketDoor:
    """A guest's dialog over Socket.IO. Payloads are JSON text; the answer is (None, body)."""

    def __init__(self, guest, dialog_id):
        self._frames, self._dialog_id = Frames(guest.cast.served, json.dumps(guest.auth)), dialog_id

    def close(self):
        self._frames.ws.shutdown()

    def post(self, members):
        return self.payload(f'{{"dialog_id": {self._dialog_id}, {members}}}')

    def payload(self, text):
        return None, self._frames.call('"message_post"', text)

    def read(self, message_id):
        return None, self._frames.call('"read"', f'{{"dialog_id": {self._dialog_id}, "message_id": {message_id}}}')

    def sync(self, dialog_id):
        return None, self._frames.call('"sync"', f'{{"dialog_id": {dialog_id}}}')

    def list(self, **members):
        rest = "".join(f', "{name}": {value}' for name, value in members.items())
        return None, self._frames.call('"message_list"', f'{{"dialog_id": {self._dialog_id}{rest}}}')


class HttpDoor:
    """The same dialog over HTTP; the answer is (status, body)."""

    def __init__(self, guest, dialog_id):
        self._guest, self._path = guest, f"/dialogs/{dialog_id}"

    def close(self):
        pass

    def _send(self, method, path, text=None):
        answer = self._guest.http(method, path, data=None if text is None else text.encode(),
                                  headers={"Content-Type": "application/json"})
        return answer.status_code, answer.json()

    def post(self, members):
        return self.payload(f"{{{members}}}")

    def payload(self, text):
        return self._send("POST", f"{self._path}/messages", text)

    def read(self, message_id):
        return self._send("POST", f"{self._path}/read", f'{{"message_id": {message_id}}}')

    def sync(self, dialog_id):
        return self._send("GET", f"/dialogs/{quote(dialog_id, safe='')}/sync")

    def list(self, **members):
        query = "&".join(f"{name}={quote(value)}" for name, value in members.items())
        return self._send("GET", f"{self._path}/messages?{query}")


def connection(served):
    return socket.create_connection(("127.0.0.1", served.port), timeout=10)


def http(served, start, headers=(), body=b""):
    """Send a request as it is written here; the answer's status, headers and body."""
    lines = [start, "Host: 127.0.0.1", "Connection: close", *headers]
    with connection(served) as link:
        # A refusal may come, and the connection end, before all of a long body is read.
        with suppress(ConnectionError):
            link.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        answer = HTTPResponse(link)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def post(served, guest, body, *headers):
    """Post a body into the guest's dialog; the answer's status and JSON."""
    lines = [f"{name}: {value}" for name, value in guest.headers.items()] + ["Content-Type: application/json", *headers]
    status, _, answer = http(served, f"POST /api/site/dialogs/{guest.dialog_id}/messages HTTP/1.1", lines, body)
    return status, json.loads(answer)


def upgrade(link, *headers, body=b""):
    """Ask for a WebSocket with these headers and no more."""
    lines = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket"]
    link.sendall("\r\n".join([*lines, *headers, "", ""]).encode() + body)


def texts(served):
    """Every message's text in the database, oldest first."""
    with closing(sqlite3.connect(served.instance / "replyx.db")) as database:
        return [text for text, in database.execute("SELECT text FROM message ORDER BY id")]


def chunked(body, size=64 * 1024):
    chunks = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])

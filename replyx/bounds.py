"""Bounds that eventlet and Engine.IO lack: what one client may make the served process keep, or wait for."""
import re

import engineio.socket
import eventlet.websocket
import eventlet.wsgi
from engineio.async_drivers.eventlet import WebSocketWSGI

# Characters that may wait for one client to read them; a page of messages is a fifth of it.
MAX_UNREAD = 500_000
MAX_MESSAGE = 512 * 1024
# What a piece of a message costs beside its bytes: endless empty fragments are bounded too.
PIECE = 64
MAX_LINE = 1024
UPGRADE_REQUIRED = ("426 Upgrade Required", [("Sec-WebSocket-Version", "13"), ("Content-Length", "0")])
DIGITS = re.compile(r"[0-9]{1,15}")
# A name or an address with a port (RFC 3986, without percent signs), as it goes into addresses and policies.
HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
CONTROLS = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def init(eio):
    """Put the bounds onto an Engine.IO server (python-engineio) that eventlet serves."""
    engineio.socket.Socket = _Socket
    eventlet.websocket.RFC6455WebSocket.Message = _Message
    eio._async = {**eio._async, "websocket": _WebSocket}
    eio.disconnect = lambda sid: _disconnect(eio, sid)


def _disconnect(eio, sid):
    """Close a transport. The library's own waits until the client has read everything, which it may never do."""
    transport = eio.sockets.get(sid)
    if transport:
        transport.close(wait=False, reason=eio.reason.SERVER_DISCONNECT)


class _Socket(engineio.socket.Socket):
    """A transport that is closed when its client does not read what waits for it: on coming back it catches up."""
    unread = 0

    def send(self, pkt):
        self.unread += len(pkt.data or "") + PIECE
        if self.unread <= MAX_UNREAD:
            super().send(pkt)
        elif not self.closed:
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)

    def poll(self):
        packets = super().poll()
        self.unread -= sum(len(packet.data or "") + PIECE for packet in packets)
        return packets


class _Message(eventlet.websocket.RFC6455WebSocket.Message):
    """eventlet bounds a WebSocket frame, but not the sum of a message's fragments."""
    size = 0

    def push(self, data, final=False):
        self.size += len(data) + PIECE
        if self.size > MAX_MESSAGE:
            raise eventlet.websocket.FailedConnectionError(1009, "Message too large.")
        super().push(data, final)


class _WebSocket(WebSocketWSGI):
    """RFC 6455 alone: eventlet also speaks the drafts before it, without any bound. What the handler does not catch
    would leave the Engine.IO socket in its rooms until its ping times out; here it is closed."""

    def __init__(self, handler, server):
        def guarded(ws):
            try:
                return handler(ws)
            except (ValueError, IndexError):
                transport = handler.__self__
                transport.close(wait=False, abort=True, reason=server.reason.TRANSPORT_ERROR)
                return []
        super().__init__(guarded, server)

    def __call__(self, environ, start_response):
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response(*UPGRADE_REQUIRED)
            return []
        return super().__call__(environ, start_response)


class _Lines:
    """A request's body as it is read: the lines between the chunks of a chunked one are bounded."""

    def __init__(self, file):
        self._file = file
        self.read = file.read

    def readline(self, size=-1):
        line = self._file.readline(MAX_LINE if size < 0 else size)
        if size < 0 and len(line) == MAX_LINE:
            raise eventlet.wsgi.ChunkReadError("a line between chunks is too long")
        return line


class HttpProtocol(eventlet.wsgi.HttpProtocol):
    """eventlet's, with bounded chunk lines, and silent about requests that it can't read: they may hold secrets.

    A head that a proxy may read in another way is refused (RFC 9112, sections 5 and 6): what the two disagree about
    would be a second request in the body of the first.
    """

    def parse_request(self):
        if not super().parse_request():
            return False
        if not self._is_strict():
            self.wfile.write(BAD_REQUEST)
            self.close_connection = 1
            return False
        return True

    def _is_strict(self):
        lengths, codings, hosts = (self.headers.get_all(name, []) for name in (
            "Content-Length", "Transfer-Encoding", "Host"))
        return (not self.headers.defects and len(lengths) + len(codings) <= 1 and len(hosts) <= 1
                and all(DIGITS.fullmatch(length.strip()) for length in lengths)
                and all(coding.strip().lower() == "chunked" for coding in codings)
                and all(HOST.fullmatch(host.strip()) for host in hosts)
                and not any(CONTROLS.search(value) for value in self.headers.values()))

    def get_environ(self):
        environ = super().get_environ()
        body = environ["eventlet.input"]
        body.rfile = _Lines(body.rfile)
        return environ

    def log_message(self, *_):
        pass

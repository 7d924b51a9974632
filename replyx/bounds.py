"""Bounds that eventlet and Engine.IO lack: what one client may make the served process keep, or wait for."""
import eventlet.websocket
import eventlet.wsgi
from engineio.async_drivers.eventlet import WebSocketWSGI

MAX_MESSAGE = 512 * 1024
# What a piece of a message costs beside its bytes: endless empty fragments are bounded too.
PIECE = 64
MAX_LINE = 1024
UPGRADE_REQUIRED = ("426 Upgrade Required", [("Sec-WebSocket-Version", "13"), ("Content-Length", "0")])


def init(eio):
    """Put the bounds onto an Engine.IO server (python-engineio) that eventlet serves."""
    eventlet.websocket.RFC6455WebSocket.Message = _Message
    eio._async = {**eio._async, "websocket": _WebSocket}
    eio.disconnect = lambda sid: _disconnect(eio, sid)


def _disconnect(eio, sid):
    """Close a transport. The library's own waits until the client has read everything, which it may never do."""
    transport = eio.sockets.get(sid)
    if transport:
        transport.close(wait=False, reason=eio.reason.SERVER_DISCONNECT)


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
    """eventlet's, with bounded chunk lines, and silent about requests that it can't read: they may hold secrets."""

    def get_environ(self):
        environ = super().get_environ()
        body = environ["eventlet.input"]
        body.rfile = _Lines(body.rfile)
        return environ

    def log_message(self, *_):
        pass

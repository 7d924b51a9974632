"""Engine.IO transports (python-engineio) as one client may use them: what waits for it is bounded, and leaves in one write."""
import logging
import time
from collections import deque
from contextlib import suppress
from socket import SHUT_RDWR

import engineio.socket
import eventlet.hubs
from engineio import exceptions, packet
from engineio.async_drivers.eventlet import WebSocketWSGI
from eventlet.queue import Empty
from eventlet.semaphore import Semaphore

from . import frames, strangers
from .errors import RateLimited
from .refusals import refusals

log = logging.getLogger(__name__)

# Characters that may wait for one client to read them; a page of messages is a fifth of it.
MAX_UNREAD = 500_000
# What a waiting packet costs beside its text.
PACKET = 64
# A client that has not shown its credentials by then is none.
CONNECT_SECONDS = 10
TEND_SECONDS = 0.1
# What the library raises for a body that can't be read, or is no packets.
UNREADABLE = (exceptions.EngineIOError, ValueError, LookupError, OSError)
UPGRADE_REQUIRED = ("426 Upgrade Required", [("Sec-WebSocket-Version", "13"), ("Content-Length", "0")])


def init(eio):
    """Put these transports onto an Engine.IO server that eventlet serves."""
    frames.init()
    engineio.socket.Socket = Transport
    eio._async = {**eio._async, "websocket": _WebSocket, "queue": _Outgoing}
    eio.disconnect = lambda sid: _disconnect(eio, sid)
    opened = eio.handlers["connect"]
    eio.on("connect", lambda sid, environ: _let_in(sid, environ) or opened(sid, environ))
    # `tend` does its work.
    eio.start_service_task = False


def _let_in(sid, environ):
    """Nothing, or why this transport may not open: the library refuses it with that."""
    try:
        strangers.come(sid, environ["replyx.address"])
    except RateLimited as error:
        return error.message


def _disconnect(eio, sid):
    """Close a transport, whoever it belongs to, or nothing if it has gone."""
    transport = eio.sockets.get(sid)
    if transport:
        transport.close(reason=eio.reason.SERVER_DISCONNECT)


def tend(eio, is_connected):
    """Send the pings that are due, and close the transports that have not answered one or not connected in time, for ever.

    `is_connected(sid)` tells whether a transport has. One greenlet for all: the library has one for each socket, and one
    that holds on to what is closed.
    """
    while True:
        time.sleep(TEND_SECONDS)
        try:
            for transport in _due(eio, _pings, eio.ping_interval):
                transport.ping()
            for transport in _due(eio, _pinged, eio.ping_timeout + 1):
                transport.check_ping_timeout()
            for transport in _due(eio, _strangers, CONNECT_SECONDS):
                if not is_connected(transport.sid):
                    transport.close(abort=True, reason=eio.reason.TRANSPORT_ERROR)
        except Exception:
            log.exception("tending the transports failed")


def _due(eio, line, seconds):
    """The transports that have stood in line for this long and are still open; they leave it."""
    while line and line[0][0] <= time.monotonic() - seconds:
        transport = eio.sockets.get(line.popleft()[1])
        if transport and not transport.closed and not transport.closing:
            yield transport


# (monotonic time, sid), oldest first: the transports that wait for their next ping, that were sent one, that opened lately.
_pings = deque()
_pinged = deque()
_strangers = deque()


class _Outgoing:
    """The packets that wait for a client, in order; None ends them.

    Who takes them is woken one turn of the hub later than others that the same turn wakes: a broadcast and the ack that
    follows it leave together.
    """

    def __init__(self):
        self._packets = deque()
        self._ready = Semaphore(0)
        self._takers = 0

    def put(self, packet):
        self._packets.append(packet)
        if self._takers:
            self._takers -= 1
            eventlet.hubs.get_hub().schedule_call_global(0, self._ready.release)

    def take(self, seconds=None):
        """All packets up to the end; [] at the end. Waits for the first; raises Empty after `seconds`."""
        while not self._packets:
            self._takers += 1
            if not self._ready.acquire(timeout=seconds):
                self._takers = max(self._takers - 1, 0)
                raise Empty
        packets = []
        while self._packets:
            if self._packets[0] is None:
                break
            packets.append(self._packets.popleft())
        return packets


class Transport(engineio.socket.Socket):
    """A client's transport. It is closed when the client does not read what waits for it: on coming back it catches up."""
    unread = 0
    websocket = None

    def __init__(self, server, sid):
        super().__init__(server, sid)
        _strangers.append((time.monotonic(), sid))

    def close(self, wait=True, abort=False, reason=None):
        # To wait, as the library would, means until the client has read everything, which it may never do.
        strangers.leave(self.sid)
        super().close(wait=False, abort=abort, reason=reason)
        self.server.sockets.pop(self.sid, None)
        if self.websocket and (abort or reason == self.server.reason.PING_TIMEOUT):
            # A client that does not read would hold the greenlet that writes to it, and one that is gone the one that reads.
            with suppress(OSError):
                self.websocket.socket.shutdown(SHUT_RDWR)

    def handle_post_request(self, environ):
        """Take in the packets that a client which polls has sent. Whoever sends what is none gets a 400 and is out: the library
        would let it go on, with a line in the log each time."""
        try:
            super().handle_post_request(environ)
        except UNREADABLE:
            address = environ["replyx.address"]
            if refusals.is_new("Socket", "polling", "invalid", address):
                log.warning("[Socket] polling refused: invalid address=%s", address)
            raise exceptions.EngineIOError() from None

    def receive(self, pkt):
        # What came in one piece with the end is read after it, and a connect would stay in the rooms for ever.
        if self.closed:
            raise exceptions.SocketIsClosedError()
        super().receive(pkt)

    def schedule_ping(self):
        if self.last_ping:
            self.last_ping = None
            _pings.append((time.monotonic(), self.sid))

    def ping(self):
        self.last_ping = time.time()
        _pinged.append((time.monotonic(), self.sid))
        self.send(packet.Packet(packet.PING))

    def send(self, pkt):
        self.unread += len(pkt.data or "") + PACKET
        if self.unread > MAX_UNREAD:
            if not self.closed:
                self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        elif self.check_ping_timeout():
            self.queue.put(pkt)

    def poll(self):
        # A WebSocket's end comes as the end of its packets; a request that polls must be answered some time.
        # Asked before the wait: the transport may be upgraded meanwhile.
        is_websocket = self.upgraded
        try:
            packets = self.queue.take(None if is_websocket else self.server.ping_interval + self.server.ping_timeout)
        except Empty:
            raise exceptions.QueueEmpty() from None
        self.unread -= sum(len(pkt.data or "") + PACKET for pkt in packets)
        return [_Bundle(packets)] if is_websocket and packets else packets


class _Bundle:
    """The packets that wait for one WebSocket, to leave with one write."""

    def __init__(self, packets):
        self._packets = packets

    def encode(self):
        return [pkt.encode() for pkt in self._packets]


class _WebSocket(WebSocketWSGI):
    """RFC 6455 alone: eventlet also speaks the drafts before it, without any bound. What the handler does not catch
    would leave the transport in its rooms until its ping times out; here it is closed."""

    def __init__(self, handler, server):
        def guarded(ws):
            transport = handler.__self__
            transport.websocket = ws
            try:
                return handler(ws)
            except (ValueError, IndexError):
                transport.close(abort=True, reason=server.reason.TRANSPORT_ERROR)
                return []
        super().__init__(guarded, server)

    def __call__(self, environ, start_response):
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response(*UPGRADE_REQUIRED)
            return []
        return super().__call__(environ, start_response)

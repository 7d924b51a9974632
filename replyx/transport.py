"""Engine.IO transports (python-engineio) as one client may use them: what waits for it is bounded, and leaves in one write."""
from collections import deque

import engineio.socket
import eventlet.hubs
from engineio.async_drivers.eventlet import WebSocketWSGI
from eventlet.queue import Empty
from eventlet.semaphore import Semaphore

from . import clock, frames

# Characters that may wait for one client to read them; a page of messages is a fifth of it.
MAX_UNREAD = 500_000
# What a waiting packet costs beside its text.
PACKET = 64
# A client that has not shown its credentials by then is none.
CONNECT_SECONDS = 10
UPGRADE_REQUIRED = ("426 Upgrade Required", [("Sec-WebSocket-Version", "13"), ("Content-Length", "0")])


def init(eio):
    """Put these transports onto an Engine.IO server that eventlet serves."""
    frames.init()
    engineio.socket.Socket = Transport
    eio._async = {**eio._async, "websocket": _WebSocket, "queue": _Outgoing}
    eio.disconnect = lambda sid: _disconnect(eio, sid)


def _disconnect(eio, sid):
    """Close a transport. The library's own waits until the client has read everything, which it may never do."""
    transport = eio.sockets.get(sid)
    if transport:
        transport.close(wait=False, reason=eio.reason.SERVER_DISCONNECT)


def close_strangers(eio, is_connected):
    """Close the transports that have not connected to the namespace in time. `is_connected(eio_sid)` tells which have."""
    late = clock.seconds() - CONNECT_SECONDS
    while _strangers and _strangers[0][0] <= late:
        sid = _strangers.popleft()[1]
        transport = eio.sockets.get(sid)
        if transport and not transport.closed and not is_connected(sid):
            transport.close(wait=False, abort=True, reason=eio.reason.TRANSPORT_ERROR)


# (time of opening, eio_sid) of the transports that may not have connected yet, oldest first.
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

    def __init__(self, server, sid):
        super().__init__(server, sid)
        _strangers.append((clock.seconds(), sid))

    def send(self, pkt):
        self.unread += len(pkt.data or "") + PACKET
        if self.unread > MAX_UNREAD:
            if not self.closed:
                self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        elif self.check_ping_timeout():
            self.queue.put(pkt)

    def poll(self):
        # A WebSocket's end comes as the end of its packets; a request that polls must be answered some time.
        # Asked before the wait: the transport may be upgraded meanwhile.
        is_websocket = self.upgraded
        try:
            packets = self.queue.take(None if is_websocket else self.server.ping_interval + self.server.ping_timeout)
        except Empty:
            raise engineio.exceptions.QueueEmpty() from None
        self.unread -= sum(len(packet.data or "") + PACKET for packet in packets)
        return [_Bundle(packets)] if is_websocket and packets else packets


class _Bundle:
    """The packets that wait for one WebSocket, to leave with one write."""

    def __init__(self, packets):
        self._packets = packets

    def encode(self):
        return [packet.encode() for packet in self._packets]


class _WebSocket(WebSocketWSGI):
    """RFC 6455 alone: eventlet also speaks the drafts before it, without any bound. What the handler does not catch
    would leave the transport in its rooms until its ping times out; here it is closed."""

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

"""A TCP proxy that does to connections what bad networks do, by a seeded random choice and a weather that changes."""
import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter

# What may happen to a connection; how likely each is in a weather.
CALM = "calm"
WEATHERS = {
    CALM: {"pass": 1},
    "slow": {"pass": 2, "delay": 6, "truncate": 1},
    "stormy": {"pass": 4, "delay": 3, "drop": 2, "reset_before": 3, "reset_after": 6, "swallow_reply": 1, "swallow_all": 1,
               "truncate": 3, "bad_gateway": 1, "foreign_json": 1},
    "cutting": {"pass": 1, "reset_after": 3},
    "no_websocket": {"pass": 4, "refuse_websocket": 8, "swallow_websocket": 4, "reset_after": 2},
}
# The piece of the client's with which a fate comes.
TURNS = (1, 1, 2, 3, 5, 8)
RESET = struct.pack("ii", 1, 0)
REFUSALS = {
    "refuse_websocket": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "bad_gateway": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
                   b"Bad gateway\n",
    # A gateway's own JSON, which is not in our shape.
    "foreign_json": b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 39\r\n"
                    b'Connection: close\r\n\r\n{"error":{"code":503,"message":"Busy"}}',
}
PIECE = 65536


class Cut(Exception):
    """The proxy ends the connection: with a reset, or with the end of the stream."""

    def __init__(self, reset):
        self.reset = reset


class Proxy:
    """`with Proxy(port, seed) as proxy`: `proxy.url` leads to the server at `port`. `counts` says what was done.

    `patience` is how many seconds a connection may swallow before it is reset, as a router forgets one. `errors` are faults of
    the proxy's own.
    """

    def __init__(self, port, seed, patience=10):
        self.counts, self.errors = Counter(), []
        self._port, self._patience = port, patience
        self._random = random.Random(seed)
        self._weather = CALM
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    def set_weather(self, name):
        """What happens to new connections from here on. In calm, what has not befallen a connection yet never will."""
        self._weather = name

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self._server = self._loop.run_until_complete(asyncio.start_server(self._accept, sock=self._listener))
        self._loop.run_forever()
        self._server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _accept(self, reader, writer):
        weights = WEATHERS[self._weather]
        fate = self._random.choices(list(weights), weights.values())[0]
        try:
            await _Connection(self, fate, reader, writer).run()
        except Cut as cut:
            _end(writer.transport, cut.reset)
        except (OSError, asyncio.CancelledError):
            # The top of its task: what cancels it is the proxy's own end.
            pass
        finally:
            _end(writer.transport)


def _end(transport, reset=False):
    """Close at once and send nothing more. With SO_LINGER 0 the client gets a reset, else the end of the stream."""
    if not transport.is_closing():
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()


class _Connection:
    """One connection and its fate, which comes at one of the first pieces that the client sends."""

    def __init__(self, proxy, fate, reader, writer):
        self.proxy, self.fate, self.client, self.answers = proxy, fate, reader, writer
        self.turn = proxy._random.choice(TURNS)
        self.has_come = False

    def count(self):
        self.proxy.counts[self.fate] += 1

    async def run(self):
        if self.fate == "drop":
            self.count()
            raise Cut(reset=False)
        first = await self.client.read(PIECE)
        if not first:
            return
        await self._meet(first)
        try:
            server, requests = await asyncio.open_connection("127.0.0.1", self.proxy._port)
        except OSError:
            # The server is down. A reverse proxy says so; a bare port refuses.
            self.proxy.counts["server down"] += 1
            says_so = self.proxy._random.random() < 0.5
            if says_so:
                await self._answer(REFUSALS["bad_gateway"])
            raise Cut(reset=not says_so) from None
        try:
            await self._join(first, server, requests)
        finally:
            requests.transport.abort()

    async def _meet(self, first):
        """The fates of a request that never reaches the server."""
        is_websocket = b"upgrade: websocket" in first.lower()
        if self.fate in ("refuse_websocket", "swallow_websocket") and not is_websocket:
            self.fate = "pass"
        if self.fate in REFUSALS and (is_websocket or self.fate != "refuse_websocket"):
            self.count()
            await self._answer(REFUSALS[self.fate])
            raise Cut(reset=False)
        if self.fate == "swallow_websocket":
            await self._swallow()

    async def _answer(self, answer):
        self.answers.write(answer)
        await self.answers.drain()
        self.answers.close()
        await self.answers.wait_closed()

    def _silence(self):
        """For how long this connection says nothing."""
        return self.proxy._patience * self.proxy._random.uniform(0.3, 1)

    async def _swallow(self):
        """Say nothing, take everything; forget the connection in the end."""
        self.count()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._silence()):
                while await self.client.read(PIECE):
                    pass
        raise Cut(reset=True)

    async def _join(self, first, server, requests):
        pumps = [asyncio.create_task(self._requests(first, requests)), asyncio.create_task(self._replies(server))]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                pump.result()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _requests(self, piece, requests):
        number = 0
        while piece:
            number += 1
            if not self.has_come and self.proxy._weather == CALM:
                self.fate = "pass"
            if number == self.turn and self.fate == "reset_before":
                self.count()
                raise Cut(reset=True)
            if number == self.turn and self.fate == "swallow_all":
                self.has_come = True
                await self._swallow()
            # From here on no reply goes back: the server gets the request, the client never hears of it.
            self.has_come = self.has_come or number == self.turn
            await self._delay()
            requests.write(piece)
            await requests.drain()
            if number == self.turn and self.fate == "reset_after":
                await asyncio.sleep(self.proxy._random.uniform(0.02, 0.3))
                self.count()
                raise Cut(reset=True)
            if number == self.turn and self.fate == "swallow_reply":
                self.count()
                self.proxy._loop.call_later(self._silence(), _end, self.answers.transport, True)
            piece = await self.client.read(PIECE)

    async def _replies(self, server):
        while piece := await server.read(PIECE):
            if self.has_come and self.fate in ("reset_after", "swallow_reply", "swallow_all"):
                continue
            await self._delay()
            if self.has_come and self.fate == "truncate":
                self.count()
                self.answers.write(piece[:self.proxy._random.randrange(len(piece))])
                await self.answers.drain()
                self.answers.close()
                await self.answers.wait_closed()
                raise Cut(reset=False)
            self.answers.write(piece)
            await self.answers.drain()
        if self.has_come and self.fate in ("swallow_reply", "swallow_all"):
            # The server has gone, and the client is not told.
            await asyncio.sleep(self._silence())

    async def _delay(self):
        if self.fate == "delay":
            self.count()
            await asyncio.sleep(self.proxy._random.uniform(0.01, 0.4))

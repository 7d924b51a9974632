"""The proxy does what its fates say: who got what, and how the client's connection ended."""
import contextlib
import socket
import threading

import pytest

from tests.delivery import proxy
from tests.served import until

REPLY = b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nsent"
POST = b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
UPGRADE = b"GET /x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"


class Server:
    """Answers each piece of a connection with REPLY; `got` are the pieces."""

    def __init__(self):
        self.got = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._answer(client)

    def _answer(self, client):
        try:
            while piece := client.recv(1000):
                self.got.append(piece)
                client.sendall(REPLY)
        except OSError:
            pass

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def talk(way, request=POST):
    """What comes back for a request, and how the connection ends: `closed`, `reset` or `open`."""
    with socket.create_connection(("127.0.0.1", int(way.url.rpartition(":")[2])), timeout=2) as client:
        reply = b""
        try:
            client.sendall(request)
            while piece := client.recv(1000):
                reply += piece
                client.settimeout(0.3)
        except ConnectionResetError:
            return reply, "reset"
        except TimeoutError:
            return reply, "open"
        return reply, "closed"


@pytest.mark.parametrize("fate, reply, end, arrives", [
    ("pass", REPLY, "open", True), ("delay", REPLY, "open", True), ("drop", b"", None, False),
    ("reset_before", b"", "reset", False), ("reset_after", b"", "reset", True), ("swallow_reply", b"", "reset", True),
    ("swallow_all", b"", "reset", False), ("truncate", REPLY, "closed", True),
    ("bad_gateway", proxy.REFUSALS["bad_gateway"], "closed", False),
    ("foreign_json", proxy.REFUSALS["foreign_json"], "closed", False), ("refuse_websocket", REPLY, "open", True),
])
def test_a_fate(monkeypatch, server, fate, reply, end, arrives):
    monkeypatch.setitem(proxy.WEATHERS, "stormy", {fate: 1})
    monkeypatch.setattr(proxy, "TURNS", (1,))
    with proxy.Proxy(server.port, seed=1, patience=1) as way:
        way.set_weather("stormy")
        got, ended = talk(way)
        if fate != "truncate":
            assert got == reply
        assert reply.startswith(got) and end in (None, ended)
        assert server.got == ([POST] if arrives else [])
    assert not way.errors


def test_calm_lifts_what_has_not_come_yet(monkeypatch, server):
    monkeypatch.setitem(proxy.WEATHERS, "stormy", {"reset_after": 1})
    monkeypatch.setattr(proxy, "TURNS", (2,))
    with proxy.Proxy(server.port, seed=1) as way:
        way.set_weather("stormy")
        with socket.create_connection(("127.0.0.1", int(way.url.rpartition(":")[2])), timeout=2) as client:
            for weather in ("stormy", proxy.CALM, "stormy"):
                way.set_weather(weather)
                client.sendall(POST)
                assert client.recv(1000) == REPLY


@pytest.mark.parametrize("fate, reply, end", [("refuse_websocket", proxy.REFUSALS["refuse_websocket"], "closed"),
                                              ("swallow_websocket", b"", "reset")])
def test_a_websocket_does_not_get_through(monkeypatch, server, fate, reply, end):
    monkeypatch.setitem(proxy.WEATHERS, "stormy", {fate: 1})
    with proxy.Proxy(server.port, seed=1, patience=1) as way:
        way.set_weather("stormy")
        assert talk(way, UPGRADE) == (reply, end)
        assert server.got == []


def test_a_server_that_is_down(server):
    server.close()
    with proxy.Proxy(server.port, seed=1) as way:
        until(lambda: talk(way) == (proxy.REFUSALS["bad_gateway"], "closed"))
        until(lambda: talk(way) == (b"", "reset"))
    assert way.counts["server down"] >= 2 and not way.errors

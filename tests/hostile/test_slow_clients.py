"""Clients that take their time: each of the waits ends, and so does what the server keeps for them."""
import io
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests
import socketio
import websocket
from websocket import ABNF

from replyx import bounds
from tests import samples
from tests.cast import connect
from tests.hostile.wire import Frames, connection, refusal
from tests.served import Served, until

ROOT = Path(__file__).parents[2]
# The served process with a second for each wait.
ENTRY = """
import sys
sys.path.insert(0, sys.argv[1])
import wsgi
from replyx import bounds, inspection, limits, server, transport
bounds.HEAD_SECONDS = bounds.BODY_SECONDS = transport.CONNECT_SECONDS = server.KEEPALIVE_SECONDS = 1
bounds.IDLE_SECONDS = 1
inspection.CHILD_SECONDS = 2
limits.MAX_OPEN.update(guest=3, manager=2, stranger=4, strangers=6)
limits.limiter._refuses = True
server.main(wsgi.app)
"""


class Impatient(Served):
    entry = sys.executable, "-c", ENTRY, str(ROOT)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Impatient(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="off") as server:
        yield server


def drip(link, data):
    """Send a byte at a time until the server has ended the connection, which it must within ten seconds."""
    link.settimeout(0.05)

    def is_over():
        try:
            link.sendall(data)
            return link.recv(4096) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    until(is_over, what="the end of the connection")


@pytest.mark.parametrize("start", [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: "], ids=["nothing", "line", "head"])
def test_a_head_a_byte_at_a_time_is_cut(served, start):
    with connection(served) as link:
        link.sendall(start)
        drip(link, b"a" if start else b"")


@pytest.mark.parametrize("start", [b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"],
                         ids=["length", "chunked"])
def test_a_body_a_byte_at_a_time_is_refused(served, cast, start):
    guest = cast.guest()
    lines = [f"{name}: {value}" for name, value in guest.headers.items()]
    with connection(served) as link:
        link.sendall("\r\n".join(["POST /api/site/dialogs HTTP/1.1", "Host: a", *lines, ""]).encode() + start)
        drip(link, b" ")


def test_a_long_body_gets_a_second_more_for_each_20_kb(monkeypatch):
    moment = 1000.0
    monkeypatch.setattr(bounds.time, "monotonic", lambda: moment)
    short, long = (bounds.Body(io.BytesIO(bytes(bounds.LEAST_RATE * 100))) for _ in range(2))
    long.allow(bounds.LEAST_RATE * 50)
    for body in (short, long):
        assert body.seconds_left() == bounds.BODY_SECONDS
        body.read(bounds.LEAST_RATE * 10)
    moment += bounds.BODY_SECONDS + 4
    assert (short.seconds_left(), long.seconds_left()) == (0, 6)
    # No more than was announced to come.
    long.read(bounds.LEAST_RATE * 90)
    assert long.seconds_left() == 46


def head_of_file(guest, address, size):
    """An address of its own: its refusal has a line in the log, whoever else was refused just before."""
    lines = [f"{name}: {value}" for name, value in guest.headers.items()]
    return "\r\n".join(["POST /api/site/files?name=a.txt HTTP/1.1", "Host: a", "Content-Type: application/octet-stream",
                        f"Content-Length: {size}", f"X-Forwarded-For: {address}", *lines, "", ""]).encode()


@contextmanager
def cut_file(served, address):
    """A file from this address comes meanwhile and is cut off. That there was a beginning, and that it is over, is seen in what
    stays: the folder's time and the log."""
    folder = served.instance / "uploads"
    before = os.stat(folder).st_mtime_ns
    yield
    until(lambda: f"file.upload refused: invalid transport=http address={address}\n" in served.log, what="its end")
    assert os.stat(folder).st_mtime_ns > before and not os.listdir(folder)


def test_a_file_that_comes_too_slowly_is_cut_and_leaves_nothing(served, cast):
    with cut_file(served, "10.2.2.1"), connection(served) as link:
        link.sendall(head_of_file(cast.guest(), "10.2.2.1", 300_000) + b"a" * 20_000)
        drip(link, b"a")


def test_a_file_of_which_nothing_comes_any_more_loses_its_place(served, cast):
    with connection(served) as link, cut_file(served, "10.2.2.2"):
        # Its bytes would give it a minute and a half.
        link.sendall(head_of_file(cast.guest(), "10.2.2.2", 3_000_000) + b"a" * 90 * bounds.LEAST_RATE)


def children(served):
    """The processes that look at files."""
    number = served.process.pid
    return map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())


def test_a_file_whose_inspection_takes_too_long_is_refused_for_good(served, cast):
    answers, guest = [], cast.guest()
    image = samples.image("JPEG", (3000, 2000))
    thread = threading.Thread(target=lambda: answers.append(guest.upload(image, "a.jpg")))
    thread.start()
    # To start and to draw an image takes it longer than we look away.
    os.kill(until(lambda: next(children(served), None), what="the child process"), signal.SIGSTOP)
    thread.join()
    assert refusal(answers[0].json(), answers[0].status_code)["code"] == "invalid"
    assert "can't be read" in answers[0].json()["error"]["message"]
    until(lambda: not [*children(served)], what="the end of the child process")


def sessions(served, query):
    """Open a transport by polling, without a connect to the namespace; its id."""
    with connection(served) as link:
        link.sendall(f"GET /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: link.recv(4096), b"")).decode()


def test_a_websocket_that_never_shows_credentials_is_closed(served):
    stranger = websocket.create_connection(f"{served.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", timeout=5)
    assert stranger.recv().startswith("0{")
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        stranger.recv()


def test_only_so_many_wait_to_show_credentials(served, cast):
    """Of one address, and of all; each that shows them, or leaves, makes room."""
    guest = cast.guest()
    guest.open()
    with ExitStack() as crowd:
        def come(address):
            return crowd.enter_context(Frames(served, None, address))
        first, *_ = [come("10.2.2.1") for _ in range(4)]
        with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
            come("10.2.2.1")
        first.send("40" + json.dumps(guest.auth))
        assert first.receive().startswith("40")
        come("10.2.2.1"), come("10.2.2.2"), come("10.2.2.2")
        with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
            come("10.2.2.3")

        def is_let_in():
            with suppress(websocket.WebSocketBadStatusException), Frames(served, None, "10.2.2.3"):
                return True
        until(is_let_in)
    assert "[Socket] opening refused: rate_limited address=10.2.2.1" in served.log
    # One line of ours, and none of the library's.
    assert "rejected connection" not in served.log


def test_a_polling_transport_that_never_shows_credentials_is_forgotten(served):
    answer = sessions(served, "")
    sid = answer.split('"sid":"')[1].split('"')[0]
    until(lambda: "400 BAD REQUEST" in sessions(served, f"&sid={sid}"), 10, "the end of the session")


def test_one_address_has_only_so_many_sockets_open_and_managers_have_their_own(served, cast):
    guest = cast.guest()
    guest.open()

    def come(address):
        return Frames(served, json.dumps(guest.auth), address)

    def desk(manager, address):
        return connect(served, {"as": "manager"}, headers={"Cookie": manager.cookie, "X-Forwarded-For": address})

    def is_let_in():
        with come("10.1.1.1") as again:
            return again.answer.startswith("40")
    with come("10.1.1.1"), come("10.1.1.1"):
        with come("10.1.1.1"), come("10.1.1.1") as fourth, come("10.1.1.2") as elsewhere:
            error = refusal(json.loads(fourth.answer.removeprefix("44"))["data"])
            assert error["code"] == "rate_limited" and error["retry_after"] > 0
            assert elsewhere.is_alive()
            # Those who work in the same office, two sockets each.
            desks = [(cast.owner, "10.1.1.1"), (cast.owner, "10.1.1.9"), (cast.manager, "10.1.1.1")]
            with desk(*desks[0]), desk(*desks[1]), desk(*desks[2]) as other:
                assert other.connected
                with pytest.raises(socketio.exceptions.ConnectionError):
                    desk(cast.owner, "10.1.1.8")
        until(is_let_in)


def test_a_connection_that_asks_for_nothing_holds_nobody_up(served):
    with socket.create_connection(("127.0.0.1", served.port)) as link:
        drip(link, b"")


@pytest.mark.parametrize("opcode, data", [(ABNF.OPCODE_PING, b""), (ABNF.OPCODE_TEXT, "3")], ids=["pings", "packets"])
def test_a_flood_of_frames_leaves_others_their_turn(cast, served, opcode, data):
    guest = cast.guest()
    guest.open()
    with Frames(served, json.dumps(guest.auth)) as frames:
        assert longest_wait(served, frames.ws.sock, ABNF.create_frame(data, opcode).format() * 10_000) < 2


def test_a_flood_of_requests_in_one_go_leaves_others_their_turn(served):
    with connection(served) as link:
        assert longest_wait(served, link, b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" * 1000) < 2


def longest_wait(served, link, piece):
    """Send for three seconds as fast as the server takes it; the longest that others wait for an answer meanwhile."""
    stop, longest = threading.Event(), 0
    link.settimeout(0.2)

    def flood():
        while not stop.is_set():
            with suppress(OSError):
                link.sendall(piece)
            with suppress(OSError):
                link.recv(1 << 20)
    thread = threading.Thread(target=flood)
    thread.start()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            start = time.monotonic()
            requests.get(f"{served.url}/healthz", timeout=30)
            longest = max(longest, time.monotonic() - start)
    finally:
        stop.set()
        thread.join()
    return longest

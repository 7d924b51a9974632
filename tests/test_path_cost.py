"""What a plain line costs, counted and not timed: statements, encodings, function calls and bytes, from packet to packet."""
import json
import sys
import uuid
from pathlib import Path

import marshmallow
import pytest
from werkzeug.test import create_environ

import replyx
from replyx import accounts, config, create_app, sites, wire
from replyx.extensions import db, socketio, writer

LINES = 20
# ReplyX's own functions and the schemas'; a sixth is one COMMIT's, which a loaded server does for many lines at once.
COUNTED = tuple(str(Path(module.__file__).parent) for module in (replyx, marshmallow))
# Python 3.12 runs these in place; 3.11 calls them. Without them the count is the same on each.
INLINED = {"<listcomp>", "<dictcomp>", "<setcomp>"}
MOST_CALLS = 145


class Transport:
    """In the place of a socket: it encodes each packet, as a socket does, and keeps it."""
    closed = False

    def __init__(self, sid):
        self.sid, self.connected, self.upgraded, self.packets = sid, True, True, []
        socketio.server.eio.sockets[sid] = self
        socketio.server._handle_eio_connect(sid, {**create_environ(), "replyx.address": "127.0.0.1"})

    def send(self, packet):
        self.packets.append(packet.encode())

    def receive(self, packet):
        socketio.server._handle_eio_message(self.sid, packet)

    def emit(self, event, payload):
        self.receive(f"27{json.dumps([event, payload], ensure_ascii=False)}")

    def close(self, **_):
        self.closed = True


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """A guest with two tabs and a manager, who has taken the dialog over: (the first tab, the second, the manager)."""
    app = create_app(config.load({"REPLYX_INSTANCE": str(tmp_path_factory.mktemp("cost")), "REPLYX_RATE_LIMITS": "off"}))
    with app.app_context():
        guest = {"site_token": sites.add_site("Shop", ["localhost"])["site_token"], "guest_id": str(uuid.uuid4())}
        people = [Transport("first"), Transport("second"), Transport("manager")]
        for person, auth in zip(people, (guest, guest, {"api_key": accounts.add_api_key("console", "owner")["key"]})):
            person.receive(f"0{json.dumps(auth)}")
        people[0].emit("dialog_open", {"message": {"text": "hello", "client_id": str(uuid.uuid4())}})
        people[2].emit("message_post", {"dialog_id": 1, "text": "hello", "client_id": str(uuid.uuid4())})
        yield people
    writer.stop()
    socketio.server.eio.sockets.clear()
    with app.app_context():
        db.engine.dispose()


def post(person, text="My order 12345 has not arrived."):
    person.emit("message_post", {"dialog_id": 1, "text": text, "client_id": str(uuid.uuid4())})


@pytest.mark.parametrize("who", [0, 2])
def test_a_line_takes_four_statements(chat, who):
    said = []
    writer.submit(lambda tx: tx._connection.set_trace_callback(said.append))
    said.clear()
    post(chat[who])
    whole = said[:]
    writer.submit(lambda tx: tx._connection.set_trace_callback(None))
    # What follows is of the unit that ends the counting.
    names = [sql.split()[0] for sql in whole]
    assert names[names.index("SAVEPOINT"):names.index("RELEASE")] == ["SAVEPOINT", "SELECT", "SELECT", "INSERT", "UPDATE"]


def test_a_line_is_encoded_once_for_all_and_once_for_its_sender(chat, monkeypatch):
    encoded, dumps = [], wire.dumps

    def counted(value, **options):
        encoded.append(value[0] if value[0] == "message" else "ack")
        return dumps(value, **options)
    monkeypatch.setattr(wire, "dumps", counted)
    heard = [len(person.packets) for person in chat]
    post(chat[0])
    assert encoded == ["message", "ack"]
    assert [len(person.packets) - before for person, before in zip(chat, heard)] == [2, 1, 1]


def test_a_plain_line_brings_nothing_that_it_has_not(chat):
    post(chat[0], "hello")
    line = json.loads(chat[1].packets[-1].removeprefix("42"))[1]["message"]
    assert line.keys() == {"id", "dialog_id", "sender", "text", "created_at", "client_id", "author", "attachments"}
    # Its names, ids and time take 200 bytes, whatever it says.
    assert len(chat[1].packets[-1]) - len("hello") < 205


def test_a_line_makes_few_calls(chat):
    """The least of some lines: what is looked up anew each second is not in every one."""
    calls, counts = [], []

    def count(frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(COUNTED) and code.co_name not in INLINED:
            calls.append(code.co_name)
    writer.submit(lambda tx: sys.setprofile(count))
    sys.setprofile(count)
    try:
        for _ in range(LINES):
            calls.clear()
            post(chat[0])
            counts.append(len(calls))
    finally:
        sys.setprofile(None)
        writer.submit(lambda tx: sys.setprofile(None))
    assert 100 < min(counts) <= MOST_CALLS

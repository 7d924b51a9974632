"""The book of rooms: what a socket's own list says is what the library's walk through all rooms would have found."""
import random
from types import SimpleNamespace

import pytest

from replyx.membership import Membership


@pytest.fixture
def book():
    book = Membership()
    book.set_server(SimpleNamespace(eio=SimpleNamespace(generate_id=iter(f"sid{n}" for n in range(10**6)).__next__),
                                    packet_class=SimpleNamespace(json=None)))
    return book


def walk(book, sid):
    """The rooms of a socket, found by looking into every one."""
    return {name for name, room in book.rooms.get("/", {}).items() if sid in room}


def test_rooms_are_those_that_a_walk_finds(book):
    generator = random.Random(3)
    here = [book.connect(f"eio{number}", "/") for number in range(20)]
    for _ in range(2000):
        sid, room = generator.choice(here), f"dialog:{generator.randrange(30)}"
        change = book.enter_room if generator.random() < 0.6 else book.leave_room
        change(sid, "/", room)
    for sid in here:
        assert set(book.get_rooms(sid, "/")) == walk(book, sid) - {None}


def test_a_socket_that_leaves_leaves_nothing(book):
    stays, goes = book.connect("eio1", "/"), book.connect("eio2", "/")
    for sid in (stays, goes):
        book.enter_room(sid, "/", "dialog:1")
    book.enter_room(goes, "/", "dialog:2")
    book.pre_disconnect(goes, "/")
    book.disconnect(goes, "/")
    assert walk(book, goes) == set() and book.get_rooms(goes, "/") == []
    assert set(book.rooms["/"]) == {None, stays, "dialog:1"}
    assert not book.is_connected(goes, "/") and book.is_connected(stays, "/")
    assert book.pending_disconnect == {} and set(book._rooms_of) == {(stays, "/")}


def test_a_closed_room_is_nobodys(book):
    sid = book.connect("eio1", "/")
    book.enter_room(sid, "/", "dialog:1")
    book.close_room("dialog:1", "/")
    assert book.get_rooms(sid, "/") == [sid]


def test_leaving_looks_only_into_its_own_rooms(book):
    """Ten thousand that drop at once must not each walk through all rooms."""
    sids = [book.connect(f"eio{number}", "/") for number in range(3)]
    for number, sid in enumerate(sids):
        book.enter_room(sid, "/", f"dialog:{number}")

    class Untouched(dict):
        def __contains__(self, sid):
            raise AssertionError("looked into the room of another")
    book.rooms["/"]["dialog:0"] = Untouched(book.rooms["/"]["dialog:0"])
    book.disconnect(sids[1], "/")
    assert set(book.rooms["/"]) == {None, sids[0], sids[2], "dialog:0", "dialog:2"}

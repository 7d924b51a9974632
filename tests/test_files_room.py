"""Room for files in the instance: how much there is, and who may take it."""
import os
import sqlite3
import sys
from contextlib import ExitStack, nullcontext
from types import SimpleNamespace

import pytest

from replyx import avatars, clock, files, files_store, inspection, tidying
from replyx.database import reader
from replyx.errors import Invalid, RateLimited, StorageUnavailable
from replyx.extensions import writer
from replyx.limits import LIMITS, limiter
from replyx.tokens import Identity
from replyx.uploads import AT_ONCE, uploads
from tests.room import add, opened

MB = 2**20
PIECE = 64 * 1024


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("room")) as site_id:
        yield site_id


def takes(address, size, for_guest=True):
    with uploads.room("b", address, size, for_guest):
        pass


def refuses(address, size, for_guest=True):
    with pytest.raises(StorageUnavailable, match="no room"):
        takes(address, size, for_guest)


def test_there_is_room_for_so_much_and_no_more(instance, monkeypatch):
    add(instance, 5 * MB)
    uploads.count_anew()
    with uploads.room("a", "10.0.0.1", 7 * MB, True):
        uploads.receive("a", [bytes(MB)] * 7)
        refuses("10.0.0.2", 9 * MB)
        takes("10.0.0.2", 8 * MB)
    takes("10.0.0.2", 15 * MB)
    monkeypatch.setattr(sys.modules["replyx.uploads"], "LEAST_FREE", 2**60)
    refuses("10.0.0.2", 1)


def test_what_is_announced_and_never_comes_takes_no_room(instance):
    writer.submit(lambda tx: tx.execute("DELETE FROM file"))
    uploads.count_anew()
    with ExitStack() as stack:
        for number in range(50):
            stack.enter_context(uploads.room(f"a{number}", f"10.0.1.{number}", 10 * MB, True))
        takes("10.0.0.2", 10 * MB)
        # What comes all the same finds no more room than there is.
        with pytest.raises(StorageUnavailable, match="no room"):
            for number in range(3):
                uploads.receive(f"a{number}", [bytes(MB)] * 10)
    assert not [name for name in os.listdir(uploads.folder) if name.endswith(".part")]
    takes("10.0.0.2", 10 * MB)


def test_what_is_in_no_message_has_a_share_of_the_room(instance, monkeypatch):
    monkeypatch.setattr(sys.modules["replyx.uploads"], "LEAST_UNUSED", 0)
    writer.submit(lambda tx: tx.execute("DELETE FROM file"))
    uploads.count_anew()
    first = add(instance, 4 * MB)
    takes("10.0.0.1", MB)
    uploads.count(MB // 2, True)
    refuses("10.0.0.1", 2 * MB)
    # A manager is not kept out, and what messages take is room again.
    takes("10.0.0.1", 2 * MB, False)
    writer.submit(lambda tx: tx.execute("UPDATE file SET guest_hash = NULL WHERE file_id = :id", id=first))
    takes("10.0.0.1", 2 * MB)
    uploads.count_anew()


class Coming:
    """A file on its way from an address: what it announces, and what comes; `meanwhile` is called before its end."""

    def __init__(self, address, size, comes=None, meanwhile=lambda: None):
        self.address, self.size, self.body = address, size, self
        self._comes, self._meanwhile = size if comes is None else comes, meanwhile

    def pieces(self):
        yield b"a" * self._comes
        self._meanwhile()


def somebody(site_id, name, speaks="guest"):
    is_guest = speaks == "guest"
    return Identity(speaks, "site" if is_guest else "console", name, site_id, guest_hash=name if is_guest else "", site_ids=None)


@pytest.fixture
def limited(monkeypatch):
    """Limits of a process of its own; the function sets one anew."""
    app = SimpleNamespace(config={"REPLYX": SimpleNamespace(rate_limits=1)})
    with monkeypatch.context() as patch:
        def to(name, amount, seconds):
            patch.setitem(LIMITS, name, (amount, seconds))
            limiter.init_app(app)
        limiter.init_app(app)
        yield to
    limiter.init_app(app)


@pytest.fixture
def day_of_4_pieces(monkeypatch, limited):
    """A guest may leave 4 pieces in a day. Gives what lets a day go by."""
    now = [clock.seconds()]
    monkeypatch.setattr(clock, "seconds", lambda: now[0])
    limited("file_kb", 4 * PIECE // 1024, 24 * 3600)
    return lambda: now.__setitem__(0, now[0] + 24 * 3600)


def test_a_guest_leaves_so_much_in_a_day_and_no_more(instance, day_of_4_pieces):
    def send(name, pieces=1, address="10.0.2.1", speaks="guest", comes=None):
        coming, query = Coming(address, round(pieces * PIECE), comes), {} if speaks == "guest" else {"site_id": instance}
        try:
            files.upload(somebody(instance, name, speaks), {"name": "a.txt", **query}, coming)
        except RateLimited as error:
            assert "tomorrow" in error.message and 3600 < error.retry_after <= 24 * 3600
            return "refused"
        except Invalid:
            return "nothing came"
    # What is announced and does not come counts for nothing, nor does what is refused.
    assert [send("a", 4, comes=0) for _ in range(3)] == ["nothing came"] * 3
    assert [send("a", pieces) for pieces in (3, 2, 1, 1e-4)] == [None, "refused", None, "refused"]
    assert [send(f"b{number}", 4) for number in range(3)] == [None, None, "refused"]
    before = files_store.unused_of_guests(reader)
    assert send("api_key:1", speaks="manager") is None and files_store.unused_of_guests(reader) == before
    assert send("c", 4, "10.0.2.2") is None
    day_of_4_pieces()
    assert send("a") is None


def test_guests_who_send_at_the_same_time_take_no_more_than_their_share(instance, limited, monkeypatch):
    monkeypatch.setattr(sys.modules["replyx.uploads"], "LEAST_UNUSED", 0)
    writer.submit(lambda tx: tx.execute("DELETE FROM file"))
    uploads.count_anew()
    sent = []

    def send(number, others=0):
        try:
            files.upload(somebody(instance, f"guest {number}"), {"name": "a.txt"}, Coming(
                f"10.0.3.{number}", 2 * MB, meanwhile=lambda: others and send(number + 1, others - 1)))
            sent.append(number)
        except StorageUnavailable as error:
            assert "no room" in error.message
    # All are let in before the first has arrived: of 20 MB, 5 are the guests'.
    send(0, others=4)
    assert sent == [4, 3] and files_store.unused_of_guests(reader) == 4 * MB
    assert len([name for name in os.listdir(uploads.folder) if os.path.getsize(uploads.folder / name) == 2 * MB]) == 2
    # What is about to be stored counts too.
    with uploads.room("a", "10.0.0.1", MB, True), uploads.room("b", "10.0.0.2", MB, True):
        uploads.take_share("a", MB)
        with pytest.raises(StorageUnavailable):
            uploads.take_share("b", MB // 2)
    with uploads.room("b", "10.0.0.2", MB, True):
        uploads.take_share("b", MB)


def test_what_is_announced_and_never_comes_uses_up_no_hour(instance, limited):
    """An office has one address. What came counts, whatever became of it."""
    def send(name, size, comes=None, speaks="guest", **more):
        query = {} if speaks == "guest" else {"site_id": instance}
        try:
            files.upload(somebody(instance, name, speaks), {"name": "a.txt", **query}, Coming("10.0.4.1", size, comes, **more))
        except (Invalid, RateLimited) as error:
            return error.code

    def breaks_off():
        raise Invalid("The file did not arrive whole.")
    writer.submit(lambda tx: tx.execute("DELETE FROM file"))
    uploads.count_anew()
    assert {send(number, 9 * MB, comes=0) for number in range(24)} == {"invalid"}
    assert send("honest", 3 * MB) is None
    limited("upload_mb", 4, 3600)
    assert send("a", 3 * MB, comes=3 * MB - 1, meanwhile=breaks_off) == "invalid"
    assert [send("a", size) for size in (2 * MB, MB, 1)] == ["rate_limited", None, "rate_limited"]
    # Twice as much for an address; who were let in at the same time find no more than there is.
    results = []
    assert send("b", 4 * MB, meanwhile=lambda: results.append(send("c", 1))) is None and results == ["rate_limited"]
    # Managers have an hour each, whatever the guests in their office do.
    assert [send("manager:1", size, speaks="manager") for size in (4 * MB, 1)] == [None, "rate_limited"]
    assert send("api_key:1", MB, speaks="manager") is None


def test_what_was_not_stored_takes_no_room(instance, monkeypatch):
    """The row fails, as on a full disk: the file goes, and its bytes do not count."""
    stranger, coming = somebody(instance, "stranger"), Coming("10.0.0.9", 3 * MB)
    before, names = uploads.used(), set(os.listdir(uploads.folder))
    writer.submit(lambda tx: tx.execute("CREATE TRIGGER full BEFORE INSERT ON file BEGIN SELECT raise(ABORT, 'full'); END"))
    for _ in range(8):
        with pytest.raises(sqlite3.IntegrityError):
            files.upload(stranger, {"name": "a.txt"}, coming)
    writer.submit(lambda tx: tx.execute("DROP TRIGGER full"))
    assert uploads.used() == before and set(os.listdir(uploads.folder)) == names
    answer = files.upload(stranger, {"name": "a.txt"}, coming)
    assert uploads.used() == before + 3 * MB == files_store.total(reader)
    writer.submit(lambda tx: tx.execute("UPDATE file SET created_at = :at WHERE file_id = :id", at=clock.now(-90_000),
                                        id=answer.body["file"]["id"]))
    tidying.sweep(with_strays=False)
    assert uploads.used() == files_store.total(reader) < before + 3 * MB


def test_managers_at_one_address_send_their_files_beside_each_other(instance):
    def send(number, meanwhile=lambda: None):
        return files.upload(somebody(instance, f"manager:{number}", "manager"), {"name": "a.txt", "site_id": instance},
                            Coming("10.0.0.1", 10, meanwhile=meanwhile))

    def next_one(number):
        return lambda: number <= AT_ONCE + 1 and send(number, next_one(number + 1))
    assert send(0, next_one(1))
    # Each has turns of their own to be looked at, too.
    assert inspection._managers._last == "manager:0"

    def same_one(count):
        return lambda: send("same", same_one(count - 1))
    with pytest.raises(RateLimited):
        send("same", same_one(AT_ONCE))


def test_managers_at_one_address_send_their_pictures_beside_each_other(instance, monkeypatch):
    monkeypatch.setattr(sys.modules["replyx.uploads"], "AT_ONCE", 2)

    def send(names):
        """Each while the one before is on its way; none is a picture, which is found out once it has come."""
        name, *others = names
        with pytest.raises(Invalid):
            avatars.set_avatar(somebody(instance, name, "manager")._replace(manager_id=1), {}, Coming(
                "10.0.0.1", 10, meanwhile=lambda: others and send(others)))
    send(["manager:1", "manager:2", "manager:3"])
    with pytest.raises(RateLimited):
        send(["manager:1"] * 3)


def test_an_address_sends_so_many_at_once_and_no_more(instance):
    rooms = [uploads.room(str(number), "10.0.0.1", 10, True) for number in range(AT_ONCE)]
    for room in rooms:
        room.__enter__()
    with pytest.raises(RateLimited), uploads.room("x", "10.0.0.1", 10, True):
        pass
    takes("10.0.0.2", 10)
    for room in rooms:
        room.__exit__(None, None, None)


def test_guests_who_send_all_at_once_keep_no_manager_out(instance, monkeypatch):
    monkeypatch.setattr(sys.modules["replyx.uploads"], "GUESTS_AT_ONCE", 3)
    monkeypatch.setattr(sys.modules["replyx.uploads"], "MANAGERS_AT_ONCE", 1)
    with ExitStack() as stack:
        for number in range(3):
            stack.enter_context(uploads.room(f"a{number}", f"10.0.1.{number}", 10, True))
        for for_guest in (True, False):
            with pytest.raises(RateLimited) if for_guest else nullcontext():
                stack.enter_context(uploads.room("m", "10.0.1.0", 10, for_guest))
        with pytest.raises(RateLimited), uploads.room("n", "10.0.1.9", 10, False):
            pass
    takes("10.0.1.0", 10)

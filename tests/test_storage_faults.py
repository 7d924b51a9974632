"""Real faults of the disk and of the file under a running server: who sends hears why, and it recovers by itself."""
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.cast import Guest
from tests.faults import codes, failing, full, locked, names, open_shop, post, renamed, replaced, stored
from tests.power import shim
from tests.served import Served, until


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    env = {}
    if shutil.which("cc"):
        env = shim.environment(folder, folder / "instance", SHIM_FAULT=str(folder / "fault"))
    with Served(folder / "instance", REPLYX_RATE_LIMITS="off", **env) as server:
        server.fault = folder / "fault"
        yield server


@pytest.fixture(scope="module")
def opened(served):
    return open_shop(served)


@pytest.fixture
def shop(opened):
    """The server, proven to store, with the trouble of the test before behind it."""
    guest = opened.guest()
    until(lambda: post(guest, uuid.uuid4()).ok and not opened.served.fault.exists())
    opened.begin()
    return opened


FAULTS = {
    "no space": lambda shop: failing(shop, "write", 28), "read-only": lambda shop: failing(shop, "write", 30),
    "a sync error": lambda shop: failing(shop, "fsync", 5), "locked": locked, "renamed": renamed, "replaced": replaced,
}
NEEDS_COMPILER = {"no space", "read-only", "a sync error"}


def goes_through(shop, fault):
    """Lines sent during a fault are refused with a retry, told once to the log, and stored once when it is over."""
    guest, client_ids = shop.guest(), [uuid.uuid4() for _ in range(12)]
    with guest.socket() as socket, ThreadPoolExecutor(12) as pool:
        with fault(shop):
            answers = pool.map(lambda client_id: post(guest, client_id), client_ids)
            assert requests.get(f"{shop.served.url}/healthz", timeout=5).ok
            typing = socket.call("typing", {"dialog_id": guest.dialog_id, "typing": True})
            # Without its tables, it can't even be told whose dialog it is.
            assert typing["ok"] or fault is replaced and typing["error"]["code"] == "storage_unavailable"
            assert codes(answers) == {"storage_unavailable"}
            line = {"dialog_id": guest.dialog_id, "text": "by socket", "client_id": str(uuid.uuid4())}
            assert socket.call("message_post", line)["error"]["code"] == "storage_unavailable"
        assert len(shop.lines_about("writes are refused")) == 1
        until(lambda: all(post(guest, client_id).ok for client_id in client_ids))
        until(lambda: socket.call("message_post", line)["ok"] and shop.lines_about("storage available again"))
    assert sorted(stored(guest)) == sorted([*map(str, client_ids), "by socket"])
    assert len(shop.lines_about("storage unavailable")) == 1 + len(shop.lines_about("reads are refused")) <= 2
    assert shop.lines_about("refused: storage_unavailable") == shop.lines_about("Traceback") == []


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.compiler) if name in NEEDS_COMPILER
                                  else name for name in FAULTS])
def test_a_fault_of_the_disk_refuses_and_passes(shop, name):
    goes_through(shop, FAULTS[name])


def test_a_disk_that_is_really_full_refuses_and_passes(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", disk], capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here; the test without space does without")
    try:
        with Served(disk / "instance", REPLYX_RATE_LIMITS="off") as server:
            shop = open_shop(server)
            goes_through(shop, full)
    finally:
        subprocess.run(["umount", disk], check=True)


WITHOUT_LOOKING = """
import sys
sys.path.insert(0, sys.argv[1])
import wsgi
from replyx import server
sys.modules["replyx.uploads"].LEAST_FREE = -2**40
server.main(wsgi.app)
"""


def test_a_disk_without_room_for_a_file_refuses_it_and_keeps_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    try:
        with Served(disk / "instance", REPLYX_RATE_LIMITS="off") as server:
            shop = open_shop(server)
            answer = Guest(shop).upload(b"a" * 10)
            assert codes([answer]) == {"storage_unavailable"} and "no room" in answer.json()["error"]["message"]
            assert len(shop.lines_about("files are refused: less than 200 MB are free")) == 1
            server.stop()
            server.entry = sys.executable, "-c", WITHOUT_LOOKING, str(Path(__file__).parent.parent)
            server.start()
            assert codes([Guest(shop).upload(b"a" * 9_000_000)]) == {"storage_unavailable"}
            assert shop.lines_about("files are refused: [Errno 28] No space left on device")
            assert list((server.instance / "uploads").iterdir()) == []
            assert shop.guest().upload(b"a" * 10).status_code == 201
            assert shop.lines_about("Traceback") == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_kill_between_a_file_and_its_row_costs_the_sender_no_more_than_another_try(shop):
    """Nobody can ask for a file without a row; it goes with the sweep for strays, a day later."""
    folder, guest = shop.served.instance / "uploads", Guest(shop)
    kept = guest.upload(b"kept").json()["file"]
    with locked(shop), ThreadPoolExecutor() as pool:
        lost = pool.submit(guest.upload, b"lost")
        until(lambda: {len(name) for name in names(folder)} == {36} and len(names(folder)) == 2)
        shop.served.stop(9)
        assert isinstance(lost.exception(), requests.ConnectionError)
    shop.served.start()
    again = guest.upload(b"lost").json()["file"]
    with closing(sqlite3.connect(shop.file)) as database:
        assert {row[0] for row in database.execute("SELECT file_id FROM file")} == {kept["id"], again["id"]}
    assert len(names(folder)) == 3 and {kept["id"], again["id"]} < set(names(folder))
    assert requests.get(shop.served.url + kept["url"], timeout=10).content == b"kept"


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_deleted_side_file_costs_no_acknowledged_line(shop, suffix):
    guest, client_ids = shop.guest(), [uuid.uuid4() for _ in range(8)]
    assert codes(post(guest, client_id) for client_id in client_ids[:4]) == {"stored"}
    shop.file.with_name(f"replyx.db{suffix}").unlink()
    assert codes([post(guest, client_ids[4])]) <= {"stored", "storage_unavailable"}
    until(lambda: all(post(guest, client_id).ok for client_id in client_ids[4:]))
    shop.served.stop(9)
    shop.served.start()
    assert stored(guest) == list(map(str, client_ids))


def test_a_broken_file_is_a_clear_refusal_and_passes_when_it_is_mended(shop):
    guest, acked = shop.guest(), []
    with closing(sqlite3.connect(shop.file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = shop.file.read_bytes()
    with open(shop.file, "r+b") as file:
        file.write(b"\x5a" * len(whole))

    def send():
        client_id = uuid.uuid4()
        answer = post(guest, client_id)
        acked.extend([str(client_id)] if answer.ok else [])
        return codes([answer]) | codes([guest.http("GET", f"/dialogs/{guest.dialog_id}/sync")])
    seen = until(lambda: {"storage_unavailable"} & send() and send())
    assert seen <= {"stored", "storage_unavailable"}
    with open(shop.file, "r+b") as file:
        file.write(whole)
    until(lambda: send() == {"stored"})
    assert stored(guest) == acked
    assert shop.lines_about("Traceback") == [] and len(shop.lines_about("are refused:")) <= 2


@pytest.mark.compiler
def test_a_disk_that_hangs_holds_nobody_and_what_it_took_is_told_in_order(shop):
    """A sender whose unit is in the COMMIT that hangs gives up, goes away; its line is stored and told all the same."""
    guest = shop.guest()
    with guest.socket() as watching, ThreadPoolExecutor(8) as pool:
        with failing(shop, "fsync", 0):
            gone = guest.socket()
            gone.client.emit("message_post", {"dialog_id": guest.dialog_id, "text": "of one who left",
                                              "client_id": str(uuid.uuid4())})
            until(lambda: watching.call("typing", {"dialog_id": guest.dialog_id, "typing": True})["ok"])
            gone.close()
            client_ids = [uuid.uuid4() for _ in range(8)]
            answers = list(pool.map(lambda client_id: post(guest, client_id), client_ids))
            assert codes(answers) == {"storage_unavailable"}
            assert requests.get(f"{shop.served.url}/healthz", timeout=5).ok and stored(guest) == []
        until(lambda: all(post(guest, client_id).ok for client_id in client_ids))
        until(lambda: len(watching.events("message")) == 9)
        told = [event["message"] for event in watching.events("message")]
    assert [line["text"] for line in told] == stored(guest)
    assert told[0]["text"] == "of one who left" and sorted(line["id"] for line in told) == [line["id"] for line in told]


@pytest.mark.compiler
def test_what_a_failed_sync_left_is_not_taken_for_stored(shop):
    """Its line lies in the WAL all the same: opened again, SQLite would take it up, and a retry would be a duplicate."""
    guest, client_id, end = shop.guest(), uuid.uuid4(), time.monotonic() + 1.5
    with failing(shop, "fsync", 5):
        while time.monotonic() < end:
            assert codes([post(guest, client_id)]) == {"storage_unavailable"} and stored(guest) == []
    until(lambda: post(guest, client_id).ok)
    assert stored(guest) == [str(client_id)]


@pytest.mark.compiler
def test_what_a_crash_left_is_made_durable_before_the_server_serves(shop):
    guest, client_id, wal = shop.guest(), uuid.uuid4(), shop.file.with_name("replyx.db-wal")
    before = wal.read_bytes()
    with ThreadPoolExecutor(1) as pool:
        with failing(shop, "fsync", 0):
            lost = pool.submit(post, guest, client_id)
            until(lambda: wal.read_bytes() != before)
            shop.served.stop(9)
            assert isinstance(lost.exception(10), requests.ConnectionError)
    with failing(shop, "fsync", 5):
        done = subprocess.run(shop.served.entry, env=shop.served.env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "can't be opened for writing: disk I/O error" in done.stderr
    shop.served.start()
    assert post(guest, client_id).ok and stored(guest) == [str(client_id)]


def test_a_server_says_that_its_file_is_broken(tmp_path):
    (tmp_path / "replyx.db").write_bytes(b"not a database" * 1000)
    server = Served(tmp_path)
    assert "can't be read: file is not a database" in server.command("site", "list", code=2)

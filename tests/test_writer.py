"""The writer: one transaction for many units, each with a fate of its own."""
import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from replyx.errors import Conflict, ReplyXError, StorageUnavailable
from replyx.storage import Trouble
from replyx.writer import Writer
from tests.served import until


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "test.db")) as database:
        database.execute("CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE)")
    return tmp_path / "test.db"


@pytest.fixture
def writer(path):
    made = Writer()
    made.start(path)
    yield made
    made.stop()


def texts(path):
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT text FROM line ORDER BY id")]


def add(text):
    return lambda tx: tx.insert("line", text=text)


def test_a_unit_is_on_disk_when_submit_returns(writer, path):
    assert writer.submit(add("a")) == 1
    assert texts(path) == ["a"]


def test_every_commit_is_durable_and_foreign_keys_count(writer):
    pragmas = writer.submit(lambda tx: [tx.one(f"PRAGMA {name}") for name in ("synchronous", "journal_mode", "foreign_keys")])
    assert pragmas == [{"synchronous": 2}, {"journal_mode": "wal"}, {"foreign_keys": 1}]


def test_a_failing_unit_fails_alone(writer, path):
    def fail(tx):
        tx.insert("line", text="undone")
        raise Conflict("no")
    writer.submit(add("before"))
    with pytest.raises(Conflict):
        writer.submit(fail)
    with pytest.raises(sqlite3.IntegrityError):
        writer.submit(add("before"))
    writer.submit(add("after"))
    assert texts(path) == ["before", "after"]


def in_one_batch(writer, units):
    """Submit units from threads of their own while the writer is held, so that one COMMIT takes them all."""
    holding, release, results = threading.Event(), threading.Event(), {}

    def hold(tx):
        holding.set()
        release.wait(10)

    def submit(name, unit, after):
        try:
            results[name] = writer.submit(unit, after)
        except Exception as error:
            results[name] = error
    threads = [threading.Thread(target=writer.submit, args=(hold,))]
    threads[0].start()
    holding.wait(10)
    for name, unit, after in units:
        threads.append(threading.Thread(target=submit, args=(name, unit, after)))
        threads[-1].start()
        until(lambda: len(writer._queue) == len(threads) - 1)
    release.set()
    for thread in threads:
        thread.join(10)
    return results


def test_effects_come_in_the_order_of_the_ids_after_the_commit(writer, path):
    seen = []

    def after(row_id):
        seen.append((row_id, len(texts(path))))
    in_one_batch(writer, [(name, add(name), after) for name in "abcdef"])
    assert seen == [(number, 6) for number in range(1, 7)]


def test_in_one_batch_a_failing_unit_fails_only_its_own_sender(writer, path, caplog):
    def wrong(tx):
        tx.insert("line", text="undone")
        raise ZeroDivisionError
    results = in_one_batch(writer, [("a", add("a"), None), ("b", wrong, None), ("c", add("c"), None)])
    assert (results["a"], type(results["b"]), results["c"]) == (1, ZeroDivisionError, 2)
    assert texts(path) == ["a", "c"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_wrong_statement_again_and_again_refuses_nobody_else(writer, path):
    for number in range(5):
        with pytest.raises(StorageUnavailable):
            writer.submit(lambda tx: tx.one("SELECT * FROM missing"))
        assert writer.submit(add(str(number))) == number + 1


def test_a_stop_does_not_wait_for_a_disk_that_hangs(path, monkeypatch, caplog):
    monkeypatch.setattr("replyx.writer.STOP_SECONDS", 0.05)
    writer, holding, release = Writer(), threading.Event(), threading.Event()
    writer.start(path)
    thread = writer._thread
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(writer.submit, lambda tx: holding.set() or release.wait(10))
        holding.wait(10)
        writer.stop()
        assert "the disk hangs" in caplog.text
        release.set()
        assert hanging.result(10)
    thread.join(10)
    writer._hold.close()


def test_an_effect_that_fails_is_logged_and_stops_nothing(writer, path, caplog):
    assert writer.submit(add("a"), after=lambda _: 1 / 0) == 1
    assert writer.submit(add("b")) == 2
    assert "effect" in caplog.text


def test_a_lock_of_another_process_is_waited_for(writer, path):
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.1, other.execute, ["COMMIT"])
        timer.start()
        assert writer.submit(add("a")) == 1
        timer.join()


def test_a_lock_that_stays_is_a_clear_refusal_and_passes(writer, path, monkeypatch, caplog):
    monkeypatch.setattr("replyx.writer.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            writer.submit(add("a"))
        other.execute("COMMIT")
    assert writer.submit(add("b")) == 1
    assert texts(path) == ["b"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_those_who_wait_for_a_lock_wait_together(writer, path, monkeypatch):
    """Each batch would wait anew: with a batch to each unit, the last would wait for as many times as there are units."""
    monkeypatch.setattr("replyx.writer.BUSY_SECONDS", 0.3)
    monkeypatch.setattr("replyx.writer.MAX_BATCH", 1)
    began = []
    monkeypatch.setattr("time.sleep", lambda seconds, sleep=time.sleep: (began.append(seconds), sleep(seconds)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(20) as pool:
            refused = [pool.submit(writer.submit, add(str(number))) for number in range(20)]
            assert all(isinstance(unit.exception(10), StorageUnavailable) for unit in refused)
    assert began.count(0.005) < 2 * 0.3 / 0.005


def test_a_batch_that_is_undone_refuses_also_those_whom_its_rules_refused(writer, path):
    def conflict(tx):
        raise Conflict("by what another unit of the batch wrote")

    def end(tx):
        tx.execute("ROLLBACK")
        raise sqlite3.OperationalError("the transaction is gone")
    results = in_one_batch(writer, [("a", add("a"), None), ("b", conflict, None), ("c", end, None), ("d", add("d"), None)])
    assert {type(result) for result in results.values()} == {StorageUnavailable} and len(results) == 4
    assert texts(path) == [] and writer.submit(add("passes")) == 1


def test_what_ends_a_thread_ends_one_unit(writer, path):
    def leave(tx):
        raise SystemExit
    with pytest.raises(ReplyXError):
        writer.submit(leave)
    assert writer.submit(add("a"), after=leave) == 1
    assert writer.submit(add("b")) == 2


def test_a_unit_that_waits_too_long_is_refused_and_not_run(writer, path, monkeypatch, caplog):
    monkeypatch.setattr("replyx.writer.WAIT_SECONDS", 0.05)
    holding, release = threading.Event(), threading.Event()

    def hold(tx):
        holding.set()
        release.wait(10)
        return tx.insert("line", text="in the COMMIT already")
    effects = []
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(writer.submit, hold, effects.append)
        holding.wait(10)
        second = pool.submit(writer.submit, add("waits behind"), effects.append)
        assert isinstance(first.exception(10), StorageUnavailable) and isinstance(second.exception(10), StorageUnavailable)
        release.set()
    until(lambda: effects)
    monkeypatch.undo()
    assert writer.submit(add("after")) == 2
    assert (texts(path), effects) == (["in the COMMIT already", "after"], [1])
    assert len(caplog.records) == 1


def test_too_many_waiting_units_are_refused_at_once(writer, monkeypatch):
    monkeypatch.setattr("replyx.writer.MAX_WAITING", 0)
    with pytest.raises(StorageUnavailable):
        writer.submit(add("a"))


def test_a_file_that_was_replaced_takes_no_acknowledged_unit(writer, path):
    writer.submit(add("before"))
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(StorageUnavailable):
        writer.submit(add("into the file that is away"))
    assert not path.exists()
    away.rename(path)
    until(lambda: accepted(writer, add("after")))
    assert texts(path) == ["before", "after"]


def accepted(writer, unit):
    try:
        return writer.submit(unit)
    except StorageUnavailable:
        return None


def test_what_is_replaced_inside_a_unit_is_not_acknowledged(writer, path):
    def run(tx):
        path.rename(path.with_name("away.db"))
        return tx.insert("line", text="lost")
    with pytest.raises(StorageUnavailable):
        writer.submit(run, after=lambda _: pytest.fail("nobody must hear of it"))


def test_trouble_is_told_once_and_its_end_too(caplog, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("replyx.storage.time.monotonic", lambda: clock[0])
    trouble = Trouble("writes")
    for second in range(90):
        clock[0] = second
        for _ in range(100):
            trouble.report("disk full")
        trouble.over()
    clock[0] = 91
    trouble.over()
    trouble.over()
    assert [record.getMessage() for record in caplog.records] == [
        "storage unavailable, writes are refused: disk full",
        "storage unavailable for 60 s, 6001 writes refused: disk full",
        "storage available again after 91 s, 9000 writes were refused"]


def test_a_full_disk_refuses_the_batch_and_passes(writer, path):
    writer.submit(lambda tx: tx.one("PRAGMA max_page_count = 8"))
    with pytest.raises(StorageUnavailable):
        writer.submit(add("x" * 100_000))
    writer.submit(lambda tx: tx.one("PRAGMA max_page_count = 100000"))
    writer.submit(add("fits again"))
    assert texts(path) == ["fits again"]


class Failing:
    """The writer's connection, with statements that fail."""

    def __init__(self, connection, *statements):
        self._connection, self._statements = connection, statements

    def execute(self, sql, *values):
        if sql in self._statements:
            raise sqlite3.OperationalError(f"{sql} failed")
        return self._connection.execute(sql, *values)

    def __getattr__(self, name):
        return getattr(self._connection, name)


@pytest.mark.parametrize("statements", [["COMMIT"], ["COMMIT", "ROLLBACK"], ["BEGIN IMMEDIATE"]], ids=" and ".join)
def test_a_broken_connection_refuses_its_batch_and_the_next_one_passes(writer, path, statements):
    whole = writer._hold.connection
    writer._hold.connection = Failing(whole, *statements)
    with pytest.raises(StorageUnavailable):
        writer.submit(add("refused"))
    if "ROLLBACK" not in statements:
        writer._hold.connection = whole
    assert writer.submit(add("passes")) == 1
    assert texts(path) == ["passes"]


def test_a_unit_must_not_wait_for_another(writer):
    with pytest.raises(RuntimeError):
        writer.submit(lambda tx: writer.submit(add("inner")))


def test_a_stopped_writer_refuses(path):
    writer = Writer()
    with pytest.raises(StorageUnavailable):
        writer.submit(add("a"))
    writer.start(path)
    writer.stop()
    with pytest.raises(StorageUnavailable):
        writer.submit(add("a"))

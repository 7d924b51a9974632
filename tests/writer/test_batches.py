"""The writer: one transaction for many units, each with a fate of its own."""
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from replyx.errors import Conflict, ReplyXError, StorageUnavailable
from replyx.writer import Writer
from tests.served import until
from tests.writer.lines import add, texts


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

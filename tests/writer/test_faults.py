"""The writer when its file is locked, full, broken or replaced: refusals that are told, and that pass."""
import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from replyx.errors import StorageUnavailable
from replyx.storage import Trouble
from tests.served import until
from tests.writer.lines import add, texts


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

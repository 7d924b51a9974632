"""The one durable write path: every write is a function run by one thread, many to a COMMIT."""
import logging
import queue
import sqlite3
import threading
import time

from .errors import ReplyXError, StorageUnavailable
from .green import in_thread

log = logging.getLogger(__name__)

MAX_BATCH = 200
MAX_WAITING = 10_000
BUSY_SECONDS = 2.0
BUSY_PAUSE = 0.005


class Query:
    """Questions to a SQLite connection whose rows are `sqlite3.Row`; they are given as dicts."""

    def __init__(self, connection):
        self._connection = connection

    def one(self, sql, **values):
        row = self._connection.execute(sql, values).fetchone()
        return dict(row) if row else None

    def all(self, sql, **values):
        return [dict(row) for row in self._connection.execute(sql, values)]

    def page(self, sql, longest, **values):
        """Rows until their `text` adds up to `longest` characters, at least one; and whether all of them fit."""
        rows, length = [], 0
        for row in self._connection.execute(sql, values):
            length += len(row["text"])
            if rows and length > longest:
                return rows, False
            rows.append(dict(row))
        return rows, True


class Transaction(Query):
    """What a unit of writing sees: the writer's connection, inside the unit's own savepoint."""

    def execute(self, sql, **values):
        """Run a statement; the number of rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table, **values):
        """Add a row; its id. `table` and the names come from our own code, never from a request."""
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        return self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", values).lastrowid

    def update(self, table, id, **values):
        """Change the row with this id; the number of rows changed."""
        places = ", ".join(f"{name} = :{name}" for name in values)
        return self.execute(f"UPDATE {table} SET {places} WHERE id = :id", id=id, **values)


class _Unit:
    __slots__ = ("run", "after", "value", "error", "_done")

    def __init__(self, run, after):
        self.run, self.after, self.value, self.error = run, after, None, None
        # A lock taken now and released by the writer: the cheapest wait that both threads and greenlets have.
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self):
        self._done.release()

    def wait(self):
        self._done.acquire()
        if self.error is not None:
            raise self.error
        return self.value


class Writer:
    """Group commit on one SQLite connection (WAL, synchronous=FULL).

    A batch is whatever queued while the last COMMIT ran. Only COMMIT leaves the hub: the statements are microseconds,
    the fsync is not.
    """

    def __init__(self):
        self._units = queue.SimpleQueue()
        self._thread = None
        self._connection = None
        self._path = None

    def start(self, path):
        """Open the database file at `path` for writing and begin to take units."""
        self._path = path
        self._connection = self._open()
        self._units = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="replyx-writer", daemon=True)
        self._thread.start()

    def _open(self):
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def stop(self):
        """Finish what is queued, then close the file. Further units are refused."""
        thread, self._thread = self._thread, None
        if thread:
            self._units.put(None)
            thread.join()
            self._connection.close()

    def submit(self, run, after=None):
        """Run `run(transaction)` in a transaction and return its value once the COMMIT is on disk.

        `after(value)` is called then, before this returns and in the order of the commits: broadcasts belong there.
        What `run` raises is raised here and undoes this unit alone. Raises StorageUnavailable when the database
        can't take it; nothing was stored then.
        """
        if self._thread is None or self._units.qsize() >= MAX_WAITING:
            raise StorageUnavailable()
        if threading.current_thread() is self._thread:
            raise RuntimeError("a unit can't wait for another unit")
        unit = _Unit(run, after)
        self._units.put(unit)
        return unit.wait()

    def _run(self):
        stopping = False
        while not stopping:
            batch = [self._units.get()]
            while len(batch) < MAX_BATCH and not self._units.empty():
                batch.append(self._units.get())
            stopping = None in batch
            self._commit([unit for unit in batch if unit is not None])

    def _commit(self, batch):
        try:
            self._begin()
            for unit in batch:
                self._run_unit(unit)
            in_thread(self._connection.execute, "COMMIT")
        except Exception as error:
            self._give_up(batch, error)
        for unit in batch:
            if unit.error is None and unit.after is not None:
                self._run_after(unit)
            unit.settle()

    def _begin(self):
        """BEGIN IMMEDIATE, waiting for another process's lock with the hub free; SQLite's own wait would hold it."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(BUSY_PAUSE)

    def _run_unit(self, unit):
        self._connection.execute("SAVEPOINT unit")
        try:
            unit.value = unit.run(Transaction(self._connection))
        except Exception as error:
            if not self._connection.in_transaction:
                # SQLite gave up the whole batch (a full disk, an I/O error): no unit of it is stored.
                raise
            self._connection.execute("ROLLBACK TO unit")
            unit.error = self._as_refusal(error)
        self._connection.execute("RELEASE unit")

    def _as_refusal(self, error):
        if isinstance(error, sqlite3.OperationalError):
            log.error("storage refused a write: %s", error)
            return StorageUnavailable()
        if not isinstance(error, ReplyXError):
            log.error("a unit of writing failed", exc_info=error)
        return error

    def _give_up(self, batch, error):
        log.error("storage unavailable, %d writes refused: %s", len(batch), error)
        for unit in batch:
            unit.error = unit.error or StorageUnavailable()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._reopen()

    def _reopen(self):
        """A connection that can't even roll back is of no more use; closing it undoes what it had begun."""
        try:
            self._connection.close()
            self._connection = self._open()
        except sqlite3.Error as error:
            log.error("the database can't be opened again: %s", error)

    def _run_after(self, unit):
        try:
            unit.after(unit.value)
        except Exception:
            log.exception("an effect after a commit failed")

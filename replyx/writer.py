"""The one durable write path: every write is a function run by one thread, many to a COMMIT."""
import logging
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress

from . import storage
from .errors import ReplyXError, StorageUnavailable
from .green import in_thread
from .transaction import Transaction

log = logging.getLogger(__name__)

MAX_BATCH = 200
MAX_WAITING = 10_000
BUSY_SECONDS = 2.0
LEAST_BUSY_SECONDS = 0.01
BUSY_PAUSE = 0.005
# Less than the clients wait for an ack: they hear why.
WAIT_SECONDS = 5.0
WATCH_SECONDS = 0.5
STOP_SECONDS = 10.0


class _Unit:
    __slots__ = ("run", "after", "value", "error", "since", "is_settled", "is_withdrawn", "_done")

    def __init__(self, run, after):
        self.run, self.after, self.value, self.error = run, after, None, None
        self.since, self.is_settled, self.is_withdrawn = time.monotonic(), False, False
        # A lock taken now and released by the writer: the cheapest wait that both threads and greenlets have.
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self):
        if not self.is_settled:
            self.is_settled = True
            # Where threads are real, it may have been withdrawn in this very moment.
            with suppress(RuntimeError):
                self._done.release()

    def withdraw(self):
        """Let the sender go, as the disk hangs. A unit that is in the COMMIT already may be stored all the same, and its
        effects happen in order; the sender's retry is recognised by its client_id."""
        self.is_withdrawn = True
        self.settle()

    def wait(self):
        self._done.acquire()
        if self.is_withdrawn:
            raise StorageUnavailable()
        if self.error is not None:
            raise self.error
        return self.value


class Writer:
    """Group commit on one SQLite connection (WAL, synchronous=FULL).

    A batch is whatever queued while the last COMMIT ran. Only COMMIT leaves the hub: the statements are microseconds,
    the fsync is not.
    """

    def __init__(self):
        # What waits for the next batch, rung in with the bell, and everything whose sender waits, oldest first.
        self._queue, self._bell, self._waiting = deque(), threading.Event(), deque()
        self._thread = None
        self._hold = None
        self._trouble = storage.Trouble("writes")

    def start(self, path, release_others=lambda: None, serving=False):
        """Open the database file at `path` for writing and begin to take units. `release_others()` is called before the
        file is opened again after a failure: it closes this process's other connections. `serving` makes durable first
        what a crash left. Raises sqlite3.Error."""
        self._hold = storage.Hold(path, release_others)
        if serving:
            self._hold.settle()
        self._queue, self._bell, self._waiting = deque(), threading.Event(), deque()
        self._thread = threading.Thread(target=self._run, name="replyx-writer", daemon=True)
        self._thread.start()
        threading.Thread(target=self._watch, args=(self._thread,), name="replyx-writer-watch", daemon=True).start()

    def stop(self):
        """Finish what is queued, if the disk does, then close the file. Further units are refused."""
        thread, self._thread = self._thread, None
        if thread:
            self._put(None)
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                log.error("the disk hangs; what it has not taken is not stored")
            else:
                self._hold.close()

    def submit(self, run, after=None):
        """Run `run(transaction)` in a transaction and return its value once the COMMIT is on disk.

        `after(value)` is called then, before this returns and in the order of the commits: broadcasts belong there.
        What `run` raises is raised here and undoes this unit alone. Raises StorageUnavailable when the database can't take
        it, or has not for WAIT_SECONDS.
        """
        if self._thread is None:
            raise StorageUnavailable()
        if len(self._queue) >= MAX_WAITING:
            self._trouble.report(f"{MAX_WAITING} writes wait for the disk already")
            raise StorageUnavailable()
        if threading.current_thread() is self._thread:
            raise RuntimeError("a unit can't wait for another unit")
        unit = _Unit(run, after)
        self._waiting.append(unit)
        self._put(unit)
        return unit.wait()

    def _put(self, unit):
        self._queue.append(unit)
        if not self._bell.is_set():
            self._bell.set()

    def _run(self):
        stopping = False
        while not stopping:
            self._bell.wait()
            # Before the look into the queue: what comes after it rings again.
            self._bell.clear()
            while self._queue and not stopping:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
                stopping = None in batch
                units = [unit for unit in batch if unit is not None and not unit.is_withdrawn]
                if units:
                    self._commit(units)

    def _watch(self, thread):
        """Let go of senders whose units the disk does not take; one watch costs less than a time-out for each."""
        while thread.is_alive():
            time.sleep(WATCH_SECONDS)
            late = time.monotonic() - WAIT_SECONDS
            while self._waiting and (self._waiting[0].is_settled or self._waiting[0].since <= late):
                unit = self._waiting.popleft()
                if not unit.is_settled:
                    self._trouble.report(f"the disk took none for {WAIT_SECONDS:g} s")
                    unit.withdraw()

    def _commit(self, batch):
        try:
            self._hold.renew()
            self._begin(max(batch[0].since + BUSY_SECONDS, time.monotonic() + LEAST_BUSY_SECONDS))
            for unit in batch:
                self._run_unit(unit)
            in_thread(self._hold.connection.execute, "COMMIT")
            self._hold.check()
            self._trouble.over()
        except Exception as error:
            self._give_up(batch, error)
        for unit in batch:
            if unit.error is None and unit.after is not None:
                self._run_after(unit)
            unit.settle()

    def _begin(self, deadline):
        """BEGIN IMMEDIATE, waiting for another process's lock with the hub free; SQLite's own wait would hold it. The
        deadline is that of the oldest unit: those that queued meanwhile don't each wait anew."""
        while True:
            try:
                self._hold.connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if storage.code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(BUSY_PAUSE)

    def _run_unit(self, unit):
        connection = self._hold.connection
        connection.execute("SAVEPOINT unit")
        try:
            unit.value = unit.run(Transaction(connection))
        # Everything: what ended this thread would leave every sender waiting.
        except BaseException as error:
            if not connection.in_transaction:
                # SQLite gave up the whole batch (a full disk, an I/O error): no unit of it is stored.
                raise error if isinstance(error, Exception) else sqlite3.OperationalError(repr(error)) from error
            connection.execute("ROLLBACK TO unit")
            unit.error = self._as_refusal(error)
        connection.execute("RELEASE unit")

    def _as_refusal(self, error):
        if storage.is_failure(error):
            self._trouble.report(error)
            if storage.code(error) in storage.OF_CONNECTION:
                self._hold.fail(error)
            return StorageUnavailable()
        if not isinstance(error, ReplyXError):
            log.error("a unit of writing failed", exc_info=error)
        return error if isinstance(error, Exception) else ReplyXError()

    def _give_up(self, batch, error):
        """Refuse the batch: also the units whose rules refused them, by what others had written that is undone here."""
        if not storage.is_failure(error):
            log.error("a batch of writing failed", exc_info=error)
        self._trouble.report(error, len(batch))
        if storage.code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
            self._hold.fail(error)
        for unit in batch:
            unit.error = StorageUnavailable()
        try:
            if self._hold.connection is not None and self._hold.connection.in_transaction:
                self._hold.connection.execute("ROLLBACK")
        except sqlite3.Error as worse:
            self._hold.fail(worse)

    def _run_after(self, unit):
        try:
            unit.after(unit.value)
        except BaseException:
            log.exception("an effect after a commit failed")

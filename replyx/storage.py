"""The database file as this process holds it: opening it, knowing it again, and telling the log of trouble once."""
import logging
import os
import sqlite3
import time
from pathlib import Path

from .green import in_thread

log = logging.getLogger(__name__)

REMIND_SECONDS = 60
# A failure that comes back within this belongs to the same trouble: a full queue can clear and fill many times a second.
QUIET_SECONDS = 1.0
# What a new connection may cure. A full disk and a lock are no fault of the connection, nor is a wrong statement.
OF_CONNECTION = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
                 sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL}


def connect(path):
    """A connection that commits by itself and waits for no lock. SQLite would make an empty file where there is none."""
    connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None,
                                 check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def is_failure(error):
    """Whether the storage itself failed, rather than a constraint or a rule: full, locked, unreadable, broken, gone."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def code(error):
    """SQLite's primary result code, 0 where there is none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def identity(path):
    """Which files the database, its WAL and its shared memory are: (device, number) of each, None for a missing one."""
    return tuple(_node(f"{path}{suffix}") for suffix in ("", "-wal", "-shm"))


def _node(name):
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Trouble:
    """One line when `what` begins to fail, one a minute while it does, one when it works again: hundreds of refusals a
    second must not fill the disk that is perhaps full already."""

    def __init__(self, what):
        self._what = what
        self._since = None
        self._last = self._told = self._refused = 0

    def report(self, error, refused=1):
        now = time.monotonic()
        self._last = now
        self._refused += refused
        if self._since is None:
            self._since = self._told = now
            log.error("storage unavailable, %s are refused: %s", self._what, error)
        elif now - self._told >= REMIND_SECONDS:
            self._told = now
            log.error("storage unavailable for %d s, %d %s refused: %s", now - self._since, self._refused, self._what, error)

    def over(self):
        """It works. Cheap: it is called after every success."""
        if self._since is not None and time.monotonic() - self._last >= QUIET_SECONDS:
            log.warning("storage available again after %d s, %d %s were refused", time.monotonic() - self._since,
                        self._refused, self._what)
            self._since, self._refused = None, 0


class Hold:
    """The writer's connection, and which files it leads to.

    A COMMIT into a file that is no longer at its path succeeds, and is lost with the process: `check` tells. A connection
    that failed is opened again by `renew`, at most once a second.
    """

    def __init__(self, path, release_others):
        """`release_others()` closes the process's other connections: SQLite shares the WAL's index between them."""
        self._path, self._release_others = path, release_others
        self._retry_at = 0
        self._failure = None
        self._open()

    def settle(self):
        """Make durable what a crash left: SQLite takes up a WAL that was written and never synced. A retry would find its
        line there, and be acknowledged without anything having reached the disk. Raises sqlite3.OperationalError."""
        deadline = time.monotonic() + QUIET_SECONDS
        while True:
            try:
                _checkpoint(self.connection, "FULL")
                return
            except sqlite3.OperationalError as error:
                if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _open(self):
        self.connection = connection = connect(self._path)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        # The first read opens the WAL.
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        self._identity = identity(self._path)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def fail(self, error):
        """Note that the connection failed in a way that a new one may not."""
        self._failure = error

    def check(self):
        """Raise sqlite3.OperationalError unless the path leads to the files that are open: 3 calls of stat, 5 us."""
        if identity(self._path) != self._identity:
            raise sqlite3.OperationalError("the database file, or its -wal or -shm, was deleted or replaced; put it back")

    def renew(self):
        """Make the connection one to what is at the path. Raises sqlite3.Error when it can't be had now."""
        if self._failure is None:
            try:
                self.check()
                return
            except sqlite3.OperationalError as error:
                self._failure = error
        if time.monotonic() < self._retry_at:
            # Without it, the traceback would grow with each raise.
            raise self._failure.with_traceback(None)
        self._retry_at = time.monotonic() + QUIET_SECONDS
        self._reopen()
        self._failure = None

    def _reopen(self):
        found = identity(self._path)
        if found[0] is None:
            # What is open is all that there is: it is kept until the file is back.
            raise sqlite3.OperationalError("the database file is gone; put it back")
        if self.connection is not None:
            self._rescue(found)
        if found != self._identity:
            log.warning("the database file, its -wal or its -shm was deleted or replaced; what is there is opened")
        self._release_others()
        self.close()
        try:
            self._open()
            self.settle()
        except sqlite3.Error:
            self.close()
            raise

    def _rescue(self, found):
        """Empty the WAL into the database before it is opened again. Only this process may be able to reach it; in another
        database's place it would spoil that one; and it may hold what a failed sync has refused, which would come back."""
        if self.connection.in_transaction:
            # Not even rolled back: it has written nothing that counts, and closing it undoes the rest.
            return
        try:
            _checkpoint(self.connection, "TRUNCATE")
        except sqlite3.DatabaseError as error:
            # A broken file can't take it: it is mended in its place, or gone with all that belonged to it.
            is_broken = code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) and found == self._identity
            if not is_broken and set(found) & set(self._identity) - {None}:
                raise


def _checkpoint(connection, mode):
    """Move the whole WAL into the database, durably. Raises sqlite3.OperationalError when another process is in the way."""
    busy, _, _ = in_thread(connection.execute, f"PRAGMA wal_checkpoint({mode})").fetchone()
    if busy:
        error = sqlite3.OperationalError("database is locked by another process")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

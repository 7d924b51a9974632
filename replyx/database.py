"""The database file: how readers open it, and how its schema is brought up to date."""
import fcntl
import logging
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from . import config, green, storage
from .errors import StorageUnavailable
from .extensions import db, writer
from .transaction import Query
from .version import VERSION

log = logging.getLogger(__name__)

FILE = "replyx.db"
MIGRATIONS = Path(__file__).parent / "migrations"
# The newest migration. Alembic costs 6 MB and a third of a second, so it is imported only when the file is older.
HEAD = "0006"


class SchemaError(Exception):
    """The database's schema is not this version's; the text says what to do."""


class Unreadable(Exception):
    """The database file can't be read as one; the text is SQLite's."""


class Reader:
    """Queries outside the writer, on pooled connections that can't write. Rows are dicts. Raises StorageUnavailable."""

    def __init__(self):
        self._engine = None
        self._trouble = storage.Trouble("reads")

    def init_app(self, app):
        with app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "connect", _prepare)

    def one(self, sql, **values):
        with self._query() as query:
            return query.one(sql, **values)

    def all(self, sql, **values):
        with self._query() as query:
            return query.all(sql, **values)

    def page(self, sql, longest, size, **values):
        with self._query() as query:
            return query.page(sql, longest, size, **values)

    def release(self):
        """Close the pooled connections; the next query opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _query(self):
        pooled = None
        try:
            pooled = self._engine.raw_connection()
            # The driver's connection: SQLAlchemy's way of running text costs ten times what the query does.
            yield Query(pooled.driver_connection)
            self._trouble.over()
        except sqlite3.DatabaseError as error:
            if not storage.is_failure(error):
                raise
            if pooled:
                pooled.invalidate()
            self._trouble.report(error)
            raise StorageUnavailable() from error
        finally:
            if pooled:
                pooled.close()


reader = Reader()


def _prepare(connection, _record):
    for pragma in ("foreign_keys = ON", "query_only = ON"):
        connection.execute(f"PRAGMA {pragma}")


def path(instance):
    return Path(instance) / FILE


def revision(instance):
    """The schema's revision, or None for an instance without a schema."""
    if not path(instance).exists():
        return None
    with closing(sqlite3.connect(path(instance))) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def faults(instance, seconds):
    """What SQLite finds wrong in the file, a few lines; empty when it is sound, None when the time did not suffice.

    Raises Unreadable.
    """
    deadline = time.monotonic() + seconds
    try:
        with closing(sqlite3.connect(f"{path(instance).as_uri()}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return None
        raise Unreadable(str(error)) from None
    return [text for text in found if text != "ok"] + [f"a row of {row[0]} refers to a missing {row[2]}" for row in broken]


def wal_size(instance):
    """The bytes of the write-ahead log beside the file."""
    wal = path(instance).with_name(f"{FILE}-wal")
    return wal.stat().st_size if wal.exists() else 0


def prepare(app, upgrade):
    """Make an empty instance's schema; bring an older one up to date if `upgrade`. Raises SchemaError otherwise."""
    instance = app.config["REPLYX"].instance
    with one_at_a_time(instance):
        try:
            found = revision(instance)
        except sqlite3.Error as error:
            raise SchemaError(f"The database {path(instance)} can't be read: {error}. Close what else uses it, or put back a "
                              "backup of it, without the -wal and -shm beside it.") from None
        if found == HEAD:
            return
        if found is not None and not upgrade:
            raise SchemaError("The database is of another version of ReplyX. Start `replyx run` to bring it up to date.")
        if found is not None and found > HEAD:
            raise SchemaError(f"The database (schema {found}) is newer than this ReplyX {VERSION}. Install the newer one.")
        # Alembic and what it brings would stay in the server's memory: 13 MB.
        complaint = green.in_fork(_bring_up, app, instance, found)
        if complaint:
            raise SchemaError(complaint)


def _bring_up(app, instance, found):
    """Copy an older file, and migrate the file; the text of what is wrong, or None."""
    try:
        if found is not None:
            log.info("copied the database to %s before migrating it", _copy(instance, found))
        _migrate(app, instance)
    except SchemaError as error:
        return str(error)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        # SQLAlchemy adds a line of its own to what SQLite says.
        return (f"The database can't be migrated: {getattr(error, 'orig', error)}. Nothing was changed. Check the disk's space "
                "and the folder's permissions, then start again.")


def start_writer(instance, serving):
    """Open the file for writing. Raises SchemaError."""
    try:
        writer.start(path(instance), reader.release, serving)
    except sqlite3.Error as error:
        raise SchemaError(f"The database {path(instance)} can't be opened for writing: {error}. Check the disk, and that "
                          "nothing else uses the file.") from None


@contextmanager
def one_at_a_time(instance):
    """What processes that start at once do one after the other."""
    with config.usable(instance):
        lock = open(Path(instance) / "migrate.lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        yield


def _copy(instance, found):
    """A copy through SQLite's backup API: copying the file alone would miss what is still in the WAL. It is named by the
    schema it holds: a start that fails again and again writes the same file again, and does not fill the disk."""
    target = instance / f"replyx-schema-{found}.db"
    with closing(sqlite3.connect(path(instance))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target.name


def _migrate(app, instance):
    """Run the migrations on a connection of their own, in one transaction, and undo them if a row went missing."""
    from alembic import command
    from flask_migrate import Migrate

    migrate = Migrate(app, db, directory=str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path(instance)}")
    event.listen(engine, "connect", _prepare_migration)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection, app.app_context():
            before = _counts(connection)
            alembic = migrate.get_config(directory=str(MIGRATIONS))
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
            _check(connection, before)
    finally:
        engine.dispose()


def _prepare_migration(connection, _record):
    # The driver would open transactions of its own around some statements; and SQLite ignores a change of
    # foreign_keys inside a transaction.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = OFF")


def _counts(connection):
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'")
    return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() for name in names.scalars()}


def _check(connection, before):
    after = _counts(connection)
    changed = [name for name, count in before.items() if after.get(name, count) != count]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if changed or broken:
        raise SchemaError(f"The migration would have lost rows of {changed or broken}. Nothing was changed; "
                          "report this with the schema's version.")

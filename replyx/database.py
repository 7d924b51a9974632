"""The database file: how readers open it, and how its schema is brought up to date."""
import fcntl
import logging
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from .extensions import db
from .version import VERSION
from .writer import Query

log = logging.getLogger(__name__)

FILE = "replyx.db"
MIGRATIONS = Path(__file__).parent / "migrations"
# The newest migration. Alembic costs 6 MB and a third of a second, so it is imported only when the file is older.
HEAD = "0002"


class SchemaError(Exception):
    """The database's schema is not this version's; the text says what to do."""


class Reader:
    """Queries outside the writer, on pooled connections that can't write. Rows are dicts."""

    def __init__(self):
        self._engine = None

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

    def page(self, sql, longest, **values):
        with self._query() as query:
            return query.page(sql, longest, **values)

    @contextmanager
    def _query(self):
        # The driver's connection: SQLAlchemy's way of running text costs ten times what the query does.
        with closing(self._engine.raw_connection()) as pooled:
            yield Query(pooled.driver_connection)


reader = Reader()


def _prepare(connection, _record):
    connection.row_factory = sqlite3.Row
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "query_only = ON", "busy_timeout = 0"):
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


def prepare(app, upgrade):
    """Make an empty instance's schema; bring an older one up to date if `upgrade`. Raises SchemaError otherwise."""
    instance = app.config["REPLYX"].instance
    with _one_at_a_time(instance):
        found = revision(instance)
        if found == HEAD:
            return
        if found is not None and not upgrade:
            raise SchemaError("The database is of another version of ReplyX. Start `replyx run` to bring it up to date.")
        if found is not None and found > HEAD:
            raise SchemaError(f"The database (schema {found}) is newer than this ReplyX {VERSION}. Install the newer one.")
        try:
            if found is not None:
                log.info("copied the database to %s before migrating it", _copy(instance, found))
            _migrate(app, instance)
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            raise SchemaError(f"The database can't be migrated: {error}. Nothing was changed. Check the disk's space "
                              "and the folder's permissions, then start again.") from None


@contextmanager
def _one_at_a_time(instance):
    with open(Path(instance) / "migrate.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
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
            config = migrate.get_config(directory=str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
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

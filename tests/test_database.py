"""The database file: migrated from empty and from older, refused when it can't be, never written by readers."""
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from replyx import config, create_app, database
from replyx.errors import StorageUnavailable
from replyx.extensions import db, writer


@pytest.fixture
def settings(tmp_path):
    return config.load({"REPLYX_INSTANCE": str(tmp_path / "instance")})


@pytest.fixture
def app(settings):
    made = create_app(settings)
    yield made
    writer.stop()
    dispose(made)


def dispose(app):
    with app.app_context():
        db.engine.dispose()


def test_the_schema_is_what_the_models_say(app):
    with app.app_context(), db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []


def test_a_database_of_the_first_schema_keeps_its_rows(settings):
    """Made by the first migration alone, as an instance of that version is."""
    settings.instance.mkdir()
    engine = create_engine(f"sqlite:///{database.path(settings.instance)}")
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            ScriptDirectory(str(database.MIGRATIONS)).get_revision("0001").module.upgrade()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
        connection.exec_driver_sql("INSERT INTO site (name, site_token, domains, created_at) VALUES ('S', 't', '[]', '')")
    engine.dispose()
    app = create_app(settings, upgrade=True)
    writer.stop()
    with app.app_context(), db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
    dispose(app)
    assert rows(settings, "SELECT name FROM site") == [("S",)] and rows(settings, "SELECT * FROM delivery") == []


def test_head_is_the_newest_migration():
    script = ScriptDirectory(str(database.MIGRATIONS))
    assert script.get_current_head() == database.HEAD


def test_a_reader_cannot_write(app):
    with pytest.raises(StorageUnavailable) as refusal:
        database.reader.all("INSERT INTO setup_link (token_hash, expires_at) VALUES ('a', 'b') RETURNING id")
    assert "readonly" in str(refusal.value.__cause__)


def test_making_an_instance_twice_changes_nothing(app, settings):
    before = database.path(settings.instance).read_bytes()
    database.prepare(app, upgrade=False)
    assert database.path(settings.instance).read_bytes() == before


def older(settings):
    """An instance of revision 0000: a version before the first, built by hand."""
    settings.instance.mkdir()
    with closing(sqlite3.connect(database.path(settings.instance), isolation_level=None)) as old:
        old.executescript("""
            PRAGMA journal_mode = WAL;
            CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
            INSERT INTO alembic_version VALUES ('0000');
            CREATE TABLE kept (id INTEGER PRIMARY KEY);
            INSERT INTO kept VALUES (1), (2);
        """)


def test_a_command_on_an_older_schema_says_what_to_do(settings):
    older(settings)
    with pytest.raises(database.SchemaError, match="replyx run"):
        create_app(settings)


def test_a_newer_schema_is_refused(settings):
    older(settings)
    with closing(sqlite3.connect(database.path(settings.instance), isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(database.SchemaError, match="newer"):
        create_app(settings, upgrade=True)


@pytest.fixture
def migration(tmp_path, monkeypatch):
    """Put a migration of the test's own between revision 0000 and the head."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name in ("env.py", "alembic.ini", "script.py.mako"):
        (tmp_path / "migrations" / name).write_text((database.MIGRATIONS / name).read_text())
    (versions / "0000_start.py").write_text("revision = '0000'\ndown_revision = None\n\n\ndef upgrade():\n    pass\n")
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path / "migrations")

    def write(body):
        (versions / "0001_step.py").write_text(
            "from alembic import op\nrevision = '0001'\ndown_revision = '0000'\n\n\ndef upgrade():\n"
            + "".join(f"    op.execute({statement!r})\n" for statement in body))
    return write


def rows(settings, sql):
    with closing(sqlite3.connect(database.path(settings.instance))) as file:
        return file.execute(sql).fetchall()


def test_an_older_schema_is_copied_then_migrated(settings, migration):
    older(settings)
    migration(["CREATE TABLE added (id INTEGER PRIMARY KEY)"])
    dispose(create_app(settings, upgrade=True))
    writer.stop()
    assert rows(settings, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert rows(settings, "SELECT count(*) FROM kept") == [(2,)] and rows(settings, "SELECT count(*) FROM added") == [(0,)]
    copy, = settings.instance.glob("replyx-schema-0000.db")
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("SELECT version_num FROM alembic_version").fetchall() == [("0000",)]


@pytest.mark.parametrize("body", [
    ["DELETE FROM kept WHERE id = 1"],
    ["CREATE TABLE child (kept_id INTEGER REFERENCES kept (id))", "INSERT INTO child VALUES (99)"],
    ["DELETE FROM kept WHERE id = 1", "INSERT INTO nowhere VALUES (1)"],
], ids=["rows lost", "a broken reference", "SQLite refuses"])
def test_a_migration_that_harms_is_undone_and_said_in_one_line(settings, migration, body):
    older(settings)
    migration(body)
    with pytest.raises(database.SchemaError, match="^[^\n]*Nothing was changed[^\n]*$"):
        create_app(settings, upgrade=True)
    assert rows(settings, "SELECT version_num FROM alembic_version") == [("0000",)]
    assert rows(settings, "SELECT count(*) FROM kept") == [(2,)]
    assert rows(settings, "SELECT count(*) FROM sqlite_master WHERE name = 'child'") == [(0,)]


# As a server finds it that a shell has begun something beside before it became this: with a child that is not its own.
PATCHED = """
import eventlet
eventlet.monkey_patch()
import json, os
from replyx import green, server
"""
BESIDE_ANOTHER = PATCHED + """
def beside(program, function):
    other = os.posix_spawnp(program, [program], {})
    os.waitid(os.P_PID, other, os.WEXITED | os.WNOWAIT)
    said = green.in_fork(function)
    return [said, os.waitpid(other, 0)[0] == other]
def fail():
    os._exit(1)
print(json.dumps([beside("false", lambda: None), beside("false", lambda: "complaint"), beside("true", fail)]))
"""
NO_MORE_PROCESSES = PATCHED + """
def fork():
    raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = fork
server.make_app()
"""


def run(code, instance=""):
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code], env={**os.environ, "REPLYX_INSTANCE": str(instance)},
                          capture_output=True, text=True, timeout=30)


def test_a_migration_is_judged_by_its_own_process_alone():
    well, refused, ended = json.loads(run(BESIDE_ANOTHER).stdout)
    assert well == ["", True] and refused == ["complaint", True]
    assert "The process that was to do it ended" in ended[0] and ended[1]


def test_a_machine_without_room_for_a_process_is_named_as_the_reason(tmp_path):
    done = run(NO_MORE_PROCESSES, tmp_path / "instance")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "Resource temporarily unavailable" in done.stderr and "REPLYX_INSTANCE" not in done.stderr


def test_a_database_without_mail_gets_it(settings):
    """From schema 0001 as it was: rows stay, managers are mailed unless they say no, nobody is told of old lines."""
    settings.instance.mkdir()
    with closing(sqlite3.connect(database.path(settings.instance), isolation_level=None)) as old:
        old.executescript("PRAGMA journal_mode = WAL;" + Path(__file__).with_name("schema_0001.sql").read_text() + """
            INSERT INTO alembic_version VALUES ('0001');
            INSERT INTO site VALUES (1, 'Shop', 'st_a', NULL, NULL, '["shop.example"]', '2026-01-01T00:00:00.000Z');
            INSERT INTO assistant VALUES (3, 1, 'Assistant', '2026-01-01T00:00:00.000Z');
            INSERT INTO guest VALUES (5, 1, 'hash', '2026-01-01T00:00:00.000Z');
            INSERT INTO manager VALUES (2, 'anna@shop.example', 'Anna', 'owner', 'x', 1, NULL, NULL, NULL,
                                        '2026-01-01T00:00:00.000Z');
            INSERT INTO dialog VALUES (7, 1, 5, 3, 'open', 'waiting', NULL, 9, 9, 9, 0, '2026-01-01T00:00:00.000Z', NULL);
            INSERT INTO message VALUES (9, 7, 'guest', 'hello', 'a', NULL, NULL, '2026-01-01T00:00:00.000Z');
        """)
    dispose(create_app(settings, upgrade=True))
    writer.stop()
    assert rows(settings, "SELECT version_num FROM alembic_version") == [(database.HEAD,)]
    assert rows(settings, "SELECT id, email, lang FROM guest") == [(5, None, None)]
    assert rows(settings, "SELECT id, lang, wants_mail FROM manager") == [(2, None, 1)]
    assert rows(settings, "SELECT last_message_id, manager_told_id, guest_told_id FROM dialog") == [(9, 0, 0)]
    assert rows(settings, "SELECT count(*) FROM outbox") == [(0,)]
    assert rows(settings, "SELECT text FROM message") == [("hello",)]


def upgrade_from(settings, last, *statements):
    """Make a database of schema `last` with a site and what these statements put there, and start with it."""
    settings.instance.mkdir()
    engine = create_engine(f"sqlite:///{database.path(settings.instance)}")
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for number in range(1, int(last) + 1):
                ScriptDirectory(str(database.MIGRATIONS)).get_revision(f"{number:04}").module.upgrade()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (last,))
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("INSERT INTO site (id, name, site_token, domains, created_at) VALUES (1, 'S', 't', '[]', '')")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    dispose(create_app(settings, upgrade=True))
    writer.stop()


def test_who_was_verified_before_stays_so_until_the_next_signature(settings):
    """From schema 0004: when its last signature ends was not kept, so that the next one counts, whatever its end."""
    upgrade_from(settings, "0004", "INSERT INTO guest (id, site_id, guest_hash, name, user_id, is_verified, created_at) "
                                   "VALUES (1, 1, 'h', 'Gina', '7', 1, '')")
    assert rows(settings, "SELECT name, user_id, is_verified, identity_exp FROM guest") == [("Gina", "7", 1, None)]


def test_a_file_of_an_api_key_is_that_keys_and_no_guests(settings):
    """From schema 0004, where the key's number stood in a guest's place; one of the keys is gone."""
    def file(number, sender, manager_id="NULL"):
        return ("INSERT INTO file (id, file_id, site_id, guest_hash, manager_id, name, type, size, created_at) "
                f"VALUES ({number}, 'f{number}', 1, {sender}, {manager_id}, 'a', 'b', 1, '')")
    upgrade_from(
        settings, "0004",
        "INSERT INTO api_key (id, name, role, all_sites, key_hash, created_at) VALUES (31, 'Shop', 'owner', 1, 'h', '')",
        "INSERT INTO manager (id, email, name, role, password_hash, all_sites, created_at) "
        "VALUES (2, 'a', 'A', 'owner', 'x', 1, '')",
        file(1, "'hash'"), file(2, "NULL", 2), file(3, "'api_key:31'"), file(4, "'api_key:9'"))
    assert rows(settings, "SELECT id, guest_hash, manager_id, api_key_id FROM file") == [
        (1, "hash", None, None), (2, None, 2, None), (3, None, None, 31), (4, None, None, None)]


def test_an_outbox_of_before_keeps_its_letters_and_takes_transcripts(settings):
    """Its table is made anew for the sake of a rule: rows, numbers and indexes go along."""
    upgrade_from(
        settings, "0003",
        "INSERT INTO assistant (id, site_id, name, created_at) VALUES (1, 1, 'A', '')",
        "INSERT INTO guest (id, site_id, guest_hash, created_at) VALUES (1, 1, 'h', '')",
        "INSERT INTO dialog (id, site_id, guest_id, assistant_id, status, handler, last_message_id, "
        "last_guest_message_id, guest_read_id, manager_read_id, created_at) "
        "VALUES (1, 1, 1, 1, 'open', 'waiting', 0, 0, 0, 0, '')",
        "INSERT INTO outbox (id, kind, dialog_id, due_at, created_at) VALUES (7, 'tell_guest', 1, '9', '')")
    assert rows(settings, "SELECT id, kind, attempts FROM outbox") == [(7, "tell_guest", 0)]
    sql, = rows(settings, "SELECT sql FROM sqlite_master WHERE name = 'outbox'")[0]
    assert "'transcript'" in sql and "AUTOINCREMENT" in sql
    assert len(rows(settings, "SELECT 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = 'outbox' "
                              "AND name LIKE 'outbox_%'")) == 4

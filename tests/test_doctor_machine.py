"""The doctor looks at the machine: the database, the files, the disk, the clock and the running server."""
import os
import resource
import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from replyx.doctor import machine, web
from replyx.doctor.report import Doubt, Fault
from tests.doctored import a_visit, check, look, states
from tests.served import Served
from tests.test_cli import NOBODY


def test_an_instance_without_a_database(tmp_path):
    (tmp_path / "empty").mkdir()
    for name, failing in (("empty", "database"), ("missing", "files")):
        seen = look(Served(tmp_path / name).env)
        assert failing in states(seen, "failed") and "REPLYX_INSTANCE" in check(seen, failing)["fix"]["settings"]
        assert "systemctl start replyx" in check(seen, "server")["fix"]["shell"]


def test_a_damaged_database(tmp_path):
    instance = Served(tmp_path)
    instance.command("site", "add", "Shop", "--domain", "shop.example")
    file = tmp_path / "replyx.db"
    file.write_bytes(file.read_bytes()[:8192] + b"\x55" * (file.stat().st_size - 8192))
    seen = look(instance.env)
    assert "Backing up" in check(seen, "database")["fix"]["shell"]
    file.write_bytes(b"no database" * 1000)
    assert "can't be read" in check(look(instance.env), "database")["text"]


def test_a_row_that_refers_to_a_missing_one(tmp_path):
    instance = Served(tmp_path)
    instance.command("site", "add", "Shop", "--domain", "shop.example")
    with closing(sqlite3.connect(tmp_path / "replyx.db")) as connection, connection:
        connection.execute("DELETE FROM site")
    assert "a row of assistant refers to a missing site" in check(look(instance.env), "database")["text"]


def test_an_older_schema(tmp_path):
    instance = Served(tmp_path)
    instance.command("site", "list")
    with closing(sqlite3.connect(tmp_path / "replyx.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert check(look(instance.env), "database")["fix"] == {"shell": "systemctl restart replyx"}


def test_files_of_somebody_else(tmp_path):
    (tmp_path / "replyx.db").touch(0o600)
    assert machine.files(a_visit(tmp_path))
    (tmp_path / "replyx.db").chmod(0o644)
    with pytest.raises(Doubt, match="can read"):
        machine.files(a_visit(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_owner(tmp_path):
    (tmp_path / "replyx.db-wal").touch()
    os.chown(tmp_path / "replyx.db-wal", NOBODY, NOBODY)
    with pytest.raises(Fault, match="replyx.db-wal") as error:
        machine.files(a_visit(tmp_path))
    assert error.value.fix["shell"].startswith("chown -R ")


@pytest.mark.parametrize("name, error", [("NEEDED_MB", Fault), ("SCARCE_MB", Doubt)])
def test_a_full_disk(tmp_path, monkeypatch, name, error):
    assert machine.disk(a_visit(tmp_path))
    monkeypatch.setattr(machine, name, 10**12)
    with pytest.raises(error, match="disk"):
        machine.disk(a_visit(tmp_path))


@pytest.mark.parametrize("seconds, told", [(3600, "ahead of"), (-3600, "behind")])
def test_a_clock_that_is_wrong(tmp_path, seconds, told):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response_only(200)
            self.send_header("Date", format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True))
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        with pytest.raises(Fault, match=told):
            web.clock(a_visit(tmp_path, f"http://127.0.0.1:{server.server_port}"))
        answering.join()


def test_a_server_that_was_not_restarted(served, monkeypatch):
    assert web.health(a_visit(served.instance, served.url))
    monkeypatch.setattr(web, "VERSION", "999")
    with pytest.raises(Doubt, match="999 is installed") as error:
        web.health(a_visit(served.instance, served.url))
    assert error.value.fix == {"shell": "systemctl restart replyx"}


def test_a_server_that_may_open_few_files(tmp_path):
    with Served(tmp_path) as server:
        visit = a_visit(tmp_path, server.url, REPLYX_PORT=str(server.port))
        assert machine.server(visit)
        # This server has its rate limits on.
        assert look(server.env)["ok"]
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (1000, 1000))
        with pytest.raises(Doubt, match="1000 files") as error:
            machine.server(visit)
    assert "LimitNOFILE" in error.value.fix["shell"]

"""`replyx doctor` without a proxy: what it prints, what it leaves behind, and faults of the machine, the name and the mail."""
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from types import SimpleNamespace

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from replyx import config
from replyx.doctor import checks, machine, mail, network, visit, web
from replyx.doctor.report import Doubt, Fault
from replyx.doctor.visit import Visit
from tests.cast import connect
from tests.doctored import check, look, make_certificate, require_no_secret, states
from tests.served import REPLYX, Served, free_port, until
from tests.test_cli import NOBODY


def doctor(served, *arguments, code=0):
    """What the command printed."""
    done = subprocess.run([REPLYX, "doctor", "--wait", "0.1", *arguments], env=served.env, capture_output=True, text=True,
                          timeout=60, cwd="/")
    assert done.returncode == code, done.stdout + done.stderr
    require_no_secret(done.stdout + done.stderr)
    return done.stdout + done.stderr


def rows(served):
    """Every row of every table."""
    with closing(sqlite3.connect(served.instance / "replyx.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names if name != "sqlite_sequence"}


def is_seeing(served):
    return any(row[1] == "ReplyX doctor" for row in rows(served)["site"])


@contextmanager
def running(served, wait="60"):
    """A doctor of its own process, in the middle of its visit."""
    process = subprocess.Popen([REPLYX, "doctor", "--wait", wait], env=served.env, cwd="/", text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        # The silence is watched last, so this holds until it is ended.
        until(lambda: process.poll() is None and len(rows(served)["message"]) and is_seeing(served), 20, "the visit")
        yield process
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def key(served):
    """A program's key that sees every site, as an owner does."""
    return served.command("apikey", "add", "bot", "--role", "owner", "--json")["key"]


@pytest.fixture
def well(served, key):
    """The rows before, which must be there after, and no others."""
    before = rows(served)
    yield served
    assert rows(served) == before


def test_a_server_without_a_proxy_is_well(well):
    said = doctor(well)
    lines = said.splitlines()
    assert lines[-1] == f"All is well: {len(lines) - 2} checks."
    assert all(re.match(r"ok       [a-z]+ +\S", line) for line in lines[:-2])
    for name in ("database", "loader", "frame", "http", "websocket", "polling"):
        assert f"ok       {name:<10} " in said


def test_the_report_as_json(well):
    report = json.loads(doctor(well, "--json"))
    assert set(report) == {"ok", "url", "checks"} and report["ok"] is True and report["url"] == well.url
    assert all(set(check) == {"name", "state", "text", "fix", "causes"} for check in report["checks"])


def test_open_consoles_see_the_test_dialog_closed(well, key):
    with connect(well, {"api_key": key}) as desk:
        look(well.env)
        seen = [event["dialog"] for event in desk.events("dialog")]
        assert seen and {dialog["site"]["name"] for dialog in seen} == {"ReplyX doctor"}
        assert seen[-1]["status"] == "closed" and [dialog["status"] for dialog in seen].count("closed") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_nothing(well, number):
    with running(well) as process:
        process.send_signal(number)
        assert process.wait(20) == 1
    assert not is_seeing(well)


def test_what_a_killed_run_left_goes_with_the_next(well):
    with running(well) as process:
        process.kill()
    assert is_seeing(well)
    assert look(well.env)["ok"]
    assert not is_seeing(well)


def test_two_at_once_do_not_disturb_each_other(well):
    with running(well) as process:
        seen = look(well.env)
        assert states(seen, "failed") == ["instance"] and "Another `replyx doctor`" in check(seen, "instance")["text"]
        assert is_seeing(well)
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_a_site_of_the_same_name_is_the_owners(served):
    site = served.command("site", "add", "ReplyX doctor", "--domain", "doctor.example", "--json")
    served.command("apikey", "add", "ReplyX doctor", "--site", site["id"])
    shown = {"Replyx-Site-Token": site["site_token"]}
    requests.post(f"{served.url}/api/site/dialogs", headers=shown, json={"message": {"text": "I am real"}}, timeout=10)
    until(lambda: rows(served)["delivery"], what="the count of the owner's line")
    before = rows(served)
    assert before["message"] and look(served.env)["ok"]
    assert rows(served) == before


def test_a_manager_is_told_how_the_own_request_arrived(served, key):
    shown = {"X-Forwarded-For": "198.51.100.7", "Host": "chat.example.com", "Authorization": f"Bearer {key}"}
    answer = requests.get(f"{served.url}/api/manager/arrival", headers=shown, timeout=10)
    assert answer.json() == {"ok": True, "address": "198.51.100.7", "peer": "127.0.0.1", "forwarded_for": "198.51.100.7",
                             "own_origin": "http://chat.example.com"}
    assert requests.get(f"{served.url}/api/manager/arrival", timeout=10).status_code == 401
    assert requests.get(f"{served.url}/api/site/arrival", timeout=10).status_code == 404


def test_a_name_that_does_not_exist(served):
    seen = look(served.env, "https://chat.invalid")
    assert states(seen, "failed") == ["dns"] and "chat.invalid" in check(seen, "dns")["fix"]["dns"]
    assert check(seen, "websocket")["causes"] == ["dns"]


def test_a_port_that_is_closed(served):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        seen = look(served.env, f"https://127.0.0.1:{bound.getsockname()[1]}")
    assert states(seen, "failed") == ["connect"] and "listen" in check(seen, "connect")["fix"]["nginx"]


def test_one_of_two_addresses_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(network, "_addresses", lambda visit: ["127.0.0.1", "127.0.0.2"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(Doubt, match=r"127\.0\.0\.2 \(refused\)") as error:
            network.connect(a_visit(tmp_path, f"https://127.0.0.1:{server.getsockname()[1]}"))
    assert "listen [::]:" in error.value.fix["nginx"]


def test_a_host_that_never_answers(served, monkeypatch):
    monkeypatch.setattr(visit, "STEP_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = look(served.env, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert states(seen, "failed") == ["health"] and "no answer" in check(seen, "health")["text"]


def test_a_check_that_takes_too_long(served, monkeypatch):
    monkeypatch.setattr(checks, "CHECK_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = look(served.env, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert states(seen, "failed") == ["health"] and "takes more than" in check(seen, "health")["text"]


def test_when_the_time_is_up_the_rest_is_skipped(served, monkeypatch):
    monkeypatch.setattr(checks, "ALL_SECONDS", -1)
    seen = look(served.env)
    assert not states(seen, "ok") and "the time is up" in check(seen, "settings")["text"]


@pytest.mark.parametrize("arguments", [["chat.example.com"], ["https://chat.example.com/path"], ["--wait", "0"], ["a", "b"]])
def test_bad_usage_is_exit_code_2(served, arguments):
    doctor(served, *arguments, code=2)


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


def a_visit(instance, url="http://127.0.0.1:9", **env):
    return Visit(config.load({"REPLYX_INSTANCE": str(instance), **env}), url, url, 1)


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


class MailServer(Controller):
    """A real SMTP server with one user, whose password is `right`; `tls` as in the settings."""

    def __init__(self, tls, certificate=None):
        self._tls, self._context = tls, None
        if tls:
            self._context = SSLContext(PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
        super().__init__(object(), hostname="127.0.0.1", port=free_port(),
                         ssl_context=self._context if tls == "implicit" else None)

    def factory(self):
        return SMTP(self.handler, auth_require_tls=False, tls_context=self._context if self._tls == "starttls" else None,
                    authenticator=lambda *call: AuthResult(success=call[4].password == b"right", handled=False))

    def setting(self, user="anna", password="right", tls=None):
        return SimpleNamespace(host="127.0.0.1", port=self.port, user=user, password=password,
                               tls=self._tls if tls is None else tls)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"), "mail", "IP:127.0.0.1")


@pytest.mark.parametrize("tls, told", [("", "answers, and lets us in."), ("starttls", "encrypted"), ("implicit", "encrypted")])
@pytest.mark.openssl
def test_a_mail_server_that_works(certificate, monkeypatch, tls, told):
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.pem")
    with MailServer(tls, certificate) as server:
        assert told in mail.check(server.setting())
        assert mail.check(server.setting(user="")).count("lets us in") == 0
        with pytest.raises(Fault, match="refuses the user or the password") as error:
            mail.check(server.setting(password="wrong-secret"))
        assert "wrong-secret" not in f"{error.value}{error.value.fix}" and "REPLYX_SMTP_URL=" in error.value.fix["settings"]


def test_the_mail_server_of_the_settings_is_looked_at(served):
    with MailServer("") as server:
        assert check(look(served.env, smtp_url=server.setting()), "mail")["state"] == "ok"
        assert states(look(served.env, smtp_url=server.setting(password="wrong-secret")), "failed") == ["mail"]


@pytest.mark.openssl
def test_a_mail_server_with_a_bad_certificate(certificate):
    with MailServer("implicit", certificate) as server, pytest.raises(Fault, match="self-signed certificate"):
        mail.check(server.setting())


def test_a_mail_server_without_tls_on_this_port():
    with MailServer("") as server, pytest.raises(Fault, match="speaks no TLS on this port") as error:
        mail.check(server.setting(tls="implicit"))
    assert "openssl s_client" in error.value.fix["shell"]


def test_a_mail_server_without_encryption():
    with MailServer("") as server, pytest.raises(Fault, match="no encryption"):
        mail.check(server.setting(tls="starttls"))


def test_no_mail_server():
    with pytest.raises(Fault, match="can.t be reached") as error:
        mail.check(SimpleNamespace(host="127.0.0.1", port=free_port(), user="", password="", tls=""))
    assert "nc -v" in error.value.fix["shell"]

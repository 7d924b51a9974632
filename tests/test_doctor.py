"""`replyx doctor` without a proxy: what it prints, what it leaves behind, and faults of the name and the way."""
import json
import re
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing, contextmanager

import pytest
import requests

from replyx.doctor import checks, network, visit
from replyx.doctor.report import Doubt
from tests.cast import connect
from tests.doctored import a_visit, check, look, require_no_secret, states
from tests.served import REPLYX, until


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

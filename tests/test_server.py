"""Starting and stopping: one clear line and exit code 2 for what is wrong, and a stop that loses nothing."""
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
import requests

from replyx import config
from tests import commands
from tests.served import REPLYX, Served, free_port, until


class Run(Served):
    entry = REPLYX, "run"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Run(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="off") as server:
        yield server


@pytest.fixture
def restarted(served):
    """The module's server, which the test stops."""
    yield served
    if served.process.poll() is not None:
        served.start()


def fails(instance, *arguments, run=commands.run, **env):
    """Start a server that should not start: its one line, after exit code 2."""
    environ = {**os.environ, "REPLYX_INSTANCE": str(instance), "REPLYX_PORT": str(free_port()), **env}
    code, _, said = run(["run", *arguments], environ)
    assert code == 2, (code, said)
    assert said.count("\n") == 1 and said.startswith("replyx: "), said
    return said


def test_a_second_server_on_the_instance(served):
    assert "already" in fails(served.instance)


def test_a_port_in_use(served, tmp_path):
    assert str(served.port) in fails(tmp_path, "--port", str(served.port))


def test_an_unwritable_instance_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert "REPLYX_INSTANCE" in fails(tmp_path / "file" / "folder")


def test_a_database_that_cannot_be_made(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "replyx.db")) as somebodys:
        somebodys.execute("CREATE TABLE site (name TEXT)")
    assert "table site already exists. Nothing was changed." in fails(tmp_path)


@pytest.mark.parametrize("name, spoil", [("lock", Path.mkdir), ("migrate.lock", Path.mkdir), ("secret_key", Path.mkdir),
                                         ("uploads", Path.touch)])
def test_a_part_of_the_instance_that_cannot_be_used(tmp_path, name, spoil):
    spoil(tmp_path / name)
    assert f"REPLYX_INSTANCE: {tmp_path / name} can't be used" in fails(tmp_path)


@pytest.mark.parametrize("env, named", [
    ({"REPLYX_COLOUR": "red"}, "REPLYX_COLOUR"), ({"REPLYX_PORT": "0"}, "REPLYX_PORT"), ({"REPLYX_PORT": "web"}, "REPLYX_PORT"),
    ({"REPLYX_URL": "chat.example.com"}, "REPLYX_URL"), ({"REPLYX_URL": "https://x.example/path"}, "REPLYX_URL"),
    ({"REPLYX_TRUSTED_PROXIES": "all"}, "REPLYX_TRUSTED_PROXIES"), ({"REPLYX_RATE_LIMITS": "-1"}, "REPLYX_RATE_LIMITS"),
    ({"REPLYX_RATE_LIMITS": "nan"}, "REPLYX_RATE_LIMITS"), ({"REPLYX_LOG_LEVEL": "loud"}, "REPLYX_LOG_LEVEL"),
    ({"REPLYX_DATABASE_URL": "postgresql://x"}, "REPLYX_DATABASE_URL"), ({"REPLYX_HOST": ""}, "REPLYX_HOST"),
    ({"REPLYX_MESSAGE_QUEUE": "redis://x"}, "REPLYX_MESSAGE_QUEUE"), ({"REPLYX_HOST": "shop..example"}, "REPLYX_HOST"),
])
def test_an_unknown_setting_or_a_bad_value(tmp_path, env, named):
    assert named in fails(tmp_path, **env)


@pytest.mark.parametrize("arguments, named", [(["--port", "80000"], "(--port): '80000'"), (["--host", ""], "(--host): ''")])
def test_a_bad_option_is_named_as_it_was_given(tmp_path, arguments, named):
    assert named in fails(tmp_path, *arguments)


def test_a_bad_value_is_named_by_the_other_entry_too(tmp_path):
    def run(_, env):
        done = subprocess.run([sys.executable, config.ROOT / "wsgi.py"], env=env, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr
    assert "REPLYX_PORT" in fails(tmp_path, run=run, REPLYX_PORT="web")


def test_a_bad_settings_file(tmp_path):
    (tmp_path / "config.toml").write_text("colour = 'red'")
    assert "colour" in fails(tmp_path)
    (tmp_path / "config.toml").write_text("port = ")
    assert "config.toml" in fails(tmp_path)


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path):
    (tmp_path / "config.toml").write_text("log_level = 'error'\nport = 1234\n")
    settings = config.load({"REPLYX_INSTANCE": str(tmp_path), "REPLYX_LOG_LEVEL": "debug"})
    assert (settings.log_level, settings.port) == ("debug", 1234)
    assert settings.sources["log_level"] == "environment REPLYX_LOG_LEVEL" and "config.toml" in settings.sources["port"]


def test_the_secret_key_is_for_its_owner_alone_and_stays(tmp_path):
    with Served(tmp_path) as server:
        key = tmp_path / "secret_key"
        before = key.read_bytes()
        assert key.stat().st_mode & 0o777 == (tmp_path / "replyx.db").stat().st_mode & 0o777 == 0o600
        assert len(before) == 64
        server.stop()
        server.start()
        assert key.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_stop_drains_and_exits_0_with_sockets_open(restarted, cast, number):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    acked, stopping = [], threading.Event()

    def write():
        while not stopping.is_set():
            client_id = str(uuid.uuid4())
            try:
                answer = guest.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "x", "client_id": client_id})
                acked.extend([client_id] if answer.status_code == 201 else [])
            except (requests.ConnectionError, requests.Timeout):
                return
    writer = threading.Thread(target=write)
    with guest.socket() as tab, guest.socket():
        writer.start()
        until(lambda: len(acked) > 20)
        assert restarted.stop(number) == 0
        until(lambda: not tab.connected, 5)
    stopping.set()
    writer.join()
    restarted.start()
    stored = {line["client_id"] for line in every_line(guest, dialog["id"])}
    assert set(acked) <= stored


def every_line(guest, dialog_id):
    lines, after, more = [], 0, True
    while more:
        page = guest.http("GET", f"/dialogs/{dialog_id}/messages", params={"after": after, "limit": 200}).json()
        lines, more = lines + page["messages"], page["more"]
        after = lines[-1]["id"]
    return lines


def test_what_was_acked_survives_a_kill(restarted, cast):
    guest = cast.guest()
    opened = guest.open("kept")
    restarted.stop(signal.SIGKILL)
    restarted.start()
    assert guest.http("POST", "/dialogs", {}).json()["messages"] == [opened["message"]]


def test_python_wsgi_py_serves_the_same(tmp_path):
    port = free_port()
    env = {**os.environ, "REPLYX_INSTANCE": str(tmp_path), "REPLYX_PORT": str(port)}
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, str(config.ROOT / "wsgi.py")], env=env, stderr=log)
    try:
        def answers():
            try:
                return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).json()
            except requests.ConnectionError:
                return None
        assert until(answers, 20)["ok"] is True
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_the_first_message_is_stored_soon_and_in_little_memory(tmp_path):
    """From nothing: the start makes the database. The memory is a bound; the time, without that of the command that adds the
    site in between, is printed, for a timed test would be a flaky one."""
    began = time.monotonic()
    with Served(tmp_path) as server:
        took = time.monotonic() - began
        site = server.command("site", "add", "Shop", "--domain", "shop.example", "--json")
        began = time.monotonic()
        answer = requests.post(f"{server.url}/api/site/dialogs", json={"message": {"text": "first"}}, timeout=10,
                               params={"site_token": site["site_token"], "guest_id": str(uuid.uuid4())})
        took += time.monotonic() - began
        assert answer.status_code == 201
        status = Path(f"/proc/{server.process.pid}/status").read_text()
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    print(f"start to first stored message {took:.2f} s, {memory / 1024:.0f} MB")
    assert memory < 90 * 1024


def test_sockets_are_plain_and_many(served, cast):
    """No compression, whatever a browser offers: it would cost 100 KiB more for each socket. Files for all of them."""
    offer = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" \
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port)) as wire:
        wire.sendall(offer.encode())
        answer = wire.recv(4096).lower()
    assert answer.startswith(b"http/1.1 101") and b"sec-websocket-extensions" not in answer
    soft, hard = Path(f"/proc/{served.process.pid}/limits").read_text().split("Max open files")[1].split()[:2]
    assert soft == hard


def test_a_client_that_reads_nothing_does_not_hold_the_stop(restarted, cast):
    with socket.create_connection(("127.0.0.1", restarted.port)) as wire:
        wire.sendall(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in wire.recv(4096)
        cast.guest().open()
        assert restarted.stop() == 0

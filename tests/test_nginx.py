"""What ships in deploy/: ReplyX behind a real nginx on the shipped configuration, and what the other files must keep."""
import http.client
import re
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from tests.conftest import find
from tests.served import Served, free_port, until

pytestmark = pytest.mark.nginx

DEPLOY = Path(__file__).parent.parent / "deploy"
AROUND = """
user root; daemon off; worker_processes 1; pid nginx.pid; error_log nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log default.log;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {site}
}}
"""
FORGED = "198.51.100.7"
NAMES = ("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded")
# An address for each case: of what is refused again to the same one, the log has no second line.
ABROAD = {("through nginx", name): f"127.0.0.{number}" for number, name in enumerate(NAMES, 2)}
ABROAD |= {("directly", name): f"127.0.1.{number}" for number, name in enumerate(NAMES, 2)}
TOKEN = "WzEsMV0.aaaaaa.bbbb"


class Nginx:
    """`with Nginx(folder, port, upstream)`: the shipped site, without TLS, under names and ports of this test."""

    def __init__(self, folder, port, upstream):
        self.folder, self.port, self.plain_port = folder, port, free_port()
        changes = (
            (r"\n +(ssl_\w+ [^;]+|listen \[::\][^;]+);", ""), (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
            (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"), (r"127\.0\.0\.1:5000", f"127.0.0.1:{upstream}"),
            (r"chat\.example\.com", "127.0.0.1"), (r"/var/log/nginx", str(folder)))
        site = (DEPLOY / "nginx.conf").read_text()
        for pattern, new in changes:
            site, count = re.subn(pattern, new, site)
            assert count, f"deploy/nginx.conf has no {pattern} any more"
        (folder / "nginx.conf").write_text(AROUND.format(site=site))

    def __enter__(self):
        program = [find("nginx"), "-p", self.folder, "-c", "nginx.conf", "-e", "nginx.log"]
        self.process = subprocess.Popen(program, stderr=subprocess.DEVNULL)
        until(self._is_up, what="nginx")
        return self

    def _is_up(self):
        assert self.process.poll() is None, self.logs
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    @property
    def access_log(self):
        return (self.folder / "replyx.access.log").read_text()

    @property
    def logs(self):
        return "".join(file.read_text() for file in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """nginx in front of a server that believes one proxy, 127.0.0.1; the cast speaks to nginx."""
    port = free_port()
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_URL=f"http://127.0.0.1:{port}", REPLYX_RATE_LIMITS="off",
                REPLYX_TRUSTED_PROXIES="127.0.0.1/32") as server:
        with Nginx(tmp_path_factory.mktemp("nginx"), port, server.port) as nginx:
            server.url = f"http://127.0.0.1:{port}"
            yield nginx, server


@pytest.fixture(scope="module")
def nginx(proxied):
    return proxied[0]


@pytest.fixture(scope="module")
def served(proxied):
    return proxied[1]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_chat_works_through_the_proxy(cast, transport):
    guest = cast.guest()
    with guest.socket(transports=[transport]) as tab, cast.manager.socket() as desk:
        assert tab.client.transport() == transport
        dialog = guest.open("hello")["dialog"]
        assert desk.call("message_post", {"dialog_id": dialog["id"], "text": "Hi"})["ok"]
        assert tab.call("message_post", {"dialog_id": dialog["id"], "text": "Thanks"})["ok"]
        said = ["hello", "Hi", "Thanks"]
        until(lambda: [event["message"]["text"] for event in tab.events("message")] == said)
        until(lambda: [event["message"]["text"] for event in desk.events("message")] == said)


def test_the_longest_message_passes_over_both_transports(cast):
    text, guest = "\N{WAVING HAND SIGN}" * 10_000, cast.guest()
    assert guest.open(text)["message"]["text"] == text
    with guest.socket(transports=["polling"]) as tab:
        assert tab.call("message_post", {"dialog_id": guest.open()["dialog"]["id"], "text": text})["message"]["text"] == text


@pytest.mark.parametrize("size", [257 * 1024, 20_000_000])
def test_too_large_a_body_is_refused_in_the_one_shape(cast, size):
    answer = cast.guest().http("POST", "/dialogs", {"message": {"text": "x" * size}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert answer.json()["error"]["message"] == "This is too large. Send less than 256 KiB at once."
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_file_passes_as_it_comes_up_to_its_limit(cast, nginx):
    guest = cast.guest()
    file = guest.upload(b"a" * 10 * 2**20, "a.txt").json()["file"]
    assert requests.get(cast.served.url + file["url"], timeout=10).content == b"a" * file["size"]
    assert not any((nginx.folder / "body").rglob("*.*")) and "buffered to a temporary file" not in nginx.logs
    for size in (10 * 2**20 + 1, 12 * 2**20):
        answer = guest.upload(b"a" * size, "a.txt")
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert answer.json()["error"]["message"] == "This file is too large. Send one of at most 10 MB."
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert file["id"] not in nginx.logs and "GET /files/... 200" in nginx.access_log


def test_http_is_sent_on_to_https(nginx):
    answer = requests.get(f"http://127.0.0.1:{nginx.plain_port}/frame?assistant_id=1", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://127.0.0.1/frame?assistant_id=1")


def test_a_chain_of_trusted_proxies_is_believed(cast, served):
    with cast.guest().socket(headers={"X-Forwarded-For": FORGED}):
        until(lambda: f"connection accepted address={FORGED}\n" in served.log)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["through nginx", "directly"])
def test_a_client_cannot_choose_its_address(served, nginx, way, name):
    abroad = ABROAD[way, name]
    assert refused_address(served, nginx.port if way == "through nginx" else served.port, abroad, {name: FORGED}) == abroad


def refused_address(served, port, abroad, headers):
    """The address that ReplyX logs for a request without credentials, sent from abroad."""
    before = len(served.log)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(abroad, 0))
    connection.request("GET", "/api/site/dialogs/1/sync", headers=headers)
    assert connection.getresponse().status == 401
    connection.close()
    return until(lambda: re.search(r"refused: unauthorized transport=http address=(\S+) ", served.log[before:]))[1]


def test_no_secret_gets_into_any_log(cast, nginx, served):
    guest = cast.guest()
    old = {"params": guest.auth, "headers": {"Referer": "https://shop.example/?code=1"}, "timeout": 10}
    assert requests.post(f"{served.url}/api/site/dialogs", **old).status_code == 200
    assert requests.post(f"{served.url}/api/site/dialogs", data="x" * 400_000, **old).status_code == 413
    requests.get(f"http://127.0.0.1:{nginx.plain_port}/api/site/old", allow_redirects=False, **old)
    assert requests.get(f"{served.url}/unsubscribe/{TOKEN}", **old).status_code == 404
    served.stop()
    try:
        assert requests.get(f"{served.url}/api/site/down", **old).status_code == 502
    finally:
        served.start()
    lines = ("POST /api/site/dialogs 200", "POST /api/site/dialogs 413", "GET /api/site/old 301", "GET /api/site/down 502",
             "GET /unsubscribe/... 404")
    until(lambda: all(line in nginx.access_log for line in lines), what="the access log")
    for secret in (guest.guest_id, guest.site["site_token"], TOKEN, "?", "shop.example/"):
        assert secret not in nginx.logs
        assert secret not in served.log


def test_the_proxy_keeps_a_quiet_socket_longer_than_the_ping_interval():
    site = (DEPLOY / "nginx.conf").read_text()
    assert int(re.search(r"location /socket\.io/ {.*?proxy_read_timeout (\d+)s;", site, re.S)[1]) > 25 + 20


def test_caddy_logs_neither_queries_nor_headers():
    text = (DEPLOY / "Caddyfile").read_text()
    pattern, new = re.search(r'request>uri regexp "(.*)" "(.*)"', text).groups()
    uris = ("/api/site/sync?guest_id=1", f"/unsubscribe/{TOKEN}", f"/unsubscribe/{TOKEN}?x", f"/files/{TOKEN}/1/x")
    assert [re.sub(pattern, new, uri) for uri in uris] == ["/api/site/sync", "", "", ""]
    for rule in (f'request>uri regexp "{pattern}" "{new}"', "request>headers delete", "resp_headers delete"):
        assert f"{rule}\n" in text
    # The global logger writes the errors too; a site's own would leave them out of its rules.
    assert text.index("\n{\n") < text.index(rule) < text.index("\n}\n") < text.index("chat.example.com {\n\tlog\n")


def test_the_unit_keeps_connections_and_secrets():
    lines = (DEPLOY / "replyx.service").read_text().splitlines()
    for line in ("User=replyx", "Environment=REPLYX_INSTANCE=/var/lib/replyx", "StateDirectory=replyx", "UMask=0077",
                 "LimitNOFILE=65536", "Restart=always", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert line in lines
    assert "TimeoutStopSec=45" in lines, "a stop takes up to 40 s"

"""`replyx doctor` behind a real nginx: well on the shipped configuration, and naming each fault that is planted into it."""
import json
import time

import pytest

from replyx.doctor import checks
from tests.doctored import check, look, make_certificate, states
from tests.served import Served, free_port, until
from tests.test_nginx import AROUND, DEPLOY, Nginx

pytestmark = pytest.mark.nginx


class Https(Nginx):
    """The shipped site with TLS, changed: `edits` maps what it says to what it says instead; `http` goes above it."""

    def __init__(self, folder, ports, upstream, certificate, edits=None, http=""):
        self.folder, (self.port, self.plain_port) = folder, ports
        site = (DEPLOY / "nginx.conf").read_text()
        here = {"    listen [::]:443 ssl http2;\n": "", "    listen [::]:80;\n": "", "listen 443": f"listen 127.0.0.1:{self.port}",
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};", "127.0.0.1:5000": f"127.0.0.1:{upstream}",
                "/etc/letsencrypt/live/chat.example.com/fullchain.pem": f"{certificate}.pem",
                "/etc/letsencrypt/live/chat.example.com/privkey.pem": f"{certificate}.key",
                "chat.example.com": "127.0.0.1", "/var/log/nginx": str(folder)}
        for old, new in {**(edits or {}), **here}.items():
            assert old in site, f"deploy/nginx.conf has no {old} any more"
            site = site.replace(old, new)
        (folder / "password").write_text("")
        (folder / "nginx.conf").write_text(AROUND.format(site=f"{http}\n{site}"))


class Clinic:
    """A server whose REPLYX_URL is the proxy's, one that has none, certificates; and the doctor to look at them."""

    def __init__(self, folder, server, nameless, ports):
        self.server, self.nameless, self.ports = server, nameless, ports
        self.authority = make_certificate(folder, "authority", "DNS:authority.test")
        self.good = make_certificate(folder, "good", "IP:127.0.0.1", self.authority)
        # OpenSSL 3.5 makes none that ends before it begins: this one ends at once, to the second.
        self.expired = make_certificate(folder, "expired", "IP:127.0.0.1", self.authority, days=0)
        self.made = time.time()
        self.stranger = make_certificate(folder, "stranger", "DNS:chat.example.com", self.authority)
        self.own = make_certificate(folder, "own", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    ports = free_port(), free_port()
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_URL=f"https://127.0.0.1:{ports[0]}",
                REPLYX_RATE_LIMITS="off") as server:
        with Served(tmp_path_factory.mktemp("nameless"), REPLYX_RATE_LIMITS="off") as nameless:
            yield Clinic(tmp_path_factory.mktemp("certificates"), server, nameless, ports)


@pytest.fixture
def behind(clinic, tmp_path, monkeypatch):
    """`behind(edits, ...)`: nginx with these edits in front of the server, and what the doctor finds there."""
    def seen(edits=None, http="", certificate=None, upstream=None, server=None, url=None, trusted=None, wait=0.1, **env):
        server = server or clinic.server
        monkeypatch.setenv("SSL_CERT_FILE", f"{trusted or clinic.authority}.pem")
        with Https(tmp_path, clinic.ports, upstream or server.port, certificate or clinic.good, edits, http):
            return look({**server.env, **env}, url or f"https://127.0.0.1:{clinic.ports[0]}", wait)
    return seen


def test_the_shipped_configuration_is_well(clinic, behind):
    seen = behind()
    assert seen["ok"] and set(states(seen, "ok")) == {check["name"] for check in seen["checks"]}, seen
    assert seen["url"] == f"https://127.0.0.1:{clinic.ports[0]}"


def test_buffering_harms_nothing(behind):
    assert behind({"proxy_buffering off;": "proxy_buffering on;"})["ok"]


HOST, SOCKETS = "proxy_set_header Host $http_host;", "location /socket.io/ {\n        proxy_pass http://replyx;"
ALL = "    location / {\n        proxy_pass http://replyx;\n    }"
XFF = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
CACHES = ("proxy_cache_path {} keys_zone=kept:1m; proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1m; "
          "proxy_cache_key {}; proxy_cache kept;")


@pytest.mark.parametrize("edits, http, failing, fix", [
    pytest.param({"proxy_set_header Upgrade $http_upgrade;": "", "proxy_set_header Connection $replyx_connection;": ""}, "",
                 ["websocket"], "proxy_set_header Upgrade $http_upgrade;", id="no upgrade"),
    pytest.param({"client_max_body_size 300k;": "client_max_body_size 100k;"}, "", ["body"], "client_max_body_size 300k;",
                 id="small body limit"),
    pytest.param({XFF: ""}, "", ["address"], XFF, id="X-Forwarded-For as the visitor sent it"),
    pytest.param({XFF: 'proxy_set_header X-Forwarded-For "";'}, "", ["address"], XFF, id="no X-Forwarded-For"),
    pytest.param({}, CACHES.format("all", "$request_uri"), ["cache"], "proxy_cache off;", id="a cache for everything"),
    pytest.param({ALL: ALL + "location = /replyx.js { proxy_pass http://replyx; proxy_cache kept; proxy_cache_key $uri; }"},
                 "proxy_cache_path js keys_zone=kept:1m;", ["cache"], "proxy_cache off;", id="a cache without the query"),
    pytest.param({HOST: HOST + "add_header Access-Control-Allow-Origin * always;"}, "", ["cors"], "add_header", id="doubled CORS"),
    pytest.param({HOST: HOST + "proxy_hide_header Access-Control-Allow-Origin;"}, "", ["cors"], "proxy_hide_header",
                 id="stripped CORS"),
    pytest.param({HOST: HOST + "add_header X-Frame-Options SAMEORIGIN;"}, "", ["frame"], "add_header", id="X-Frame-Options"),
    pytest.param({HOST: HOST + "add_header Content-Security-Policy \"frame-ancestors 'self'\";"}, "", ["frame"], "add_header",
                 id="a second policy"),
    pytest.param({HOST: HOST + "proxy_hide_header Content-Security-Policy; add_header Content-Security-Policy "
                  "\"default-src 'self'; frame-ancestors 'self'\";"}, "", ["frame"], "proxy_hide_header", id="another policy"),
    pytest.param({HOST: HOST + "add_header Cross-Origin-Resource-Policy same-origin;"}, "", ["loader"], "add_header",
                 id="a resource policy"),
    pytest.param({ALL: f"{ALL} location /api/ {{ proxy_hide_header Cache-Control; proxy_pass http://replyx; }}"}, "", ["cache"],
                 "proxy_hide_header", id="no no-store"),
    pytest.param({SOCKETS: "location /socket.io/ {\n return 404;"}, "", ["websocket", "polling"], "location / {",
                 id="a path that is not passed"),
    pytest.param({ALL: "location / { return 404; } location = /replyx.js { proxy_pass http://replyx; }"}, "", ["health"],
                 "location / {", id="the loader alone is passed"),
    pytest.param({HOST: HOST + "sub_filter_types *; sub_filter ReplyX Chat;"}, "", ["loader", "http", "polling"], "sub_filter",
                 id="rewriting"),
    pytest.param({ALL: f"{ALL} location = /replyx.js {{ proxy_pass http://replyx; proxy_hide_header Content-Type; "
                  "add_header Content-Type text/plain; }"}, "", ["loader"], "proxy_hide_header", id="wrong type"),
    pytest.param({HOST: HOST + "auth_basic chat; auth_basic_user_file password;"}, "", ["health"], "auth_basic off;",
                 id="a password"),
    pytest.param({HOST: HOST + 'proxy_set_header Authorization "";'}, "", ["origin"], "proxy_set_header Authorization",
                 id="no Authorization"),
    pytest.param({HOST: HOST + "location ~ ^/api/ { limit_except GET { deny all; } proxy_pass http://replyx; }"}, "",
                 ["instance"], "limit_except", id="no POST"),
])
def test_a_fault_of_the_proxy_is_named(behind, edits, http, failing, fix):
    seen = behind(edits, http)
    assert states(seen, "failed") == failing, seen
    for name in failing:
        found = check(seen, name)
        assert fix in found["fix"]["nginx"] and found["fix"]["caddy"]
    assert states(seen, "warning") == []
    for skipped in states(seen, "skipped"):
        assert set(check(seen, skipped)["causes"]) <= set(failing)


def test_a_short_timeout_is_seen_by_waiting(behind):
    seen = behind({"proxy_read_timeout 90s;": "proxy_read_timeout 1s;"}, wait=3)
    assert states(seen, "failed") == ["silence"]
    assert "proxy_read_timeout 90s;" in check(seen, "silence")["fix"]["nginx"]


def test_a_loader_that_is_loaded_too_often_is_told(behind):
    seen = behind({ALL: f"{ALL} location = /replyx.js {{ proxy_hide_header ETag; proxy_pass http://replyx; }}"})
    assert seen["ok"] and states(seen, "warning") == ["loader"]


def test_what_holds_answers_back_is_named(behind):
    slow = "limit_req zone=slow burst=100;"
    seen = behind({SOCKETS: SOCKETS + slow}, "limit_req_zone $server_name zone=slow:1m rate=5r/s;")
    assert seen["ok"] and states(seen, "warning") == ["polling"]
    assert "limit_req" in check(seen, "polling")["fix"]["nginx"]


def test_an_answer_that_trickles_is_not_waited_for(behind, monkeypatch):
    monkeypatch.setattr(checks, "CHECK_SECONDS", 3)
    seen = behind({ALL: f"{ALL} location = /healthz {{ limit_rate 1; proxy_pass http://replyx; }}"})
    assert states(seen, "failed") == ["health"] and "takes more than 3 s" in check(seen, "health")["text"]
    assert "limit_rate" in check(seen, "health")["fix"]["nginx"]


def test_too_strict_a_limit_of_the_proxy_is_named(behind):
    strict = "location /api/ { limit_req zone=strict; proxy_pass http://replyx; }"
    seen = behind({ALL: ALL + strict}, "limit_req_zone $server_name zone=strict:1m rate=1r/m;")
    assert states(seen, "failed") == ["origin", "cors"]
    assert all("limit_req" in check(seen, name)["fix"]["nginx"] for name in ("origin", "cors"))


def test_a_wrong_host_is_named(clinic, behind):
    seen = behind({HOST: ""}, server=clinic.nameless)
    assert states(seen, "failed") == ["origin"]
    fix = check(seen, "origin")["fix"]
    assert HOST in fix["nginx"] and fix["settings"] == f"REPLYX_URL={seen['url']}"


def test_https_without_the_setting_is_named(clinic, behind):
    seen = behind(server=clinic.nameless)
    assert states(seen, "failed") == ["origin"]
    assert check(seen, "origin")["fix"] == {"settings": f"REPLYX_URL={seen['url']}"}


def test_an_address_that_redirects_is_named(clinic, behind):
    seen = behind(url=f"http://127.0.0.1:{clinic.ports[1]}")
    assert states(seen, "failed") == ["health"]
    assert check(seen, "health")["fix"] == {"settings": "REPLYX_URL=https://127.0.0.1"}


def test_http_for_https_is_named(behind):
    seen = behind({"listen 443 ssl http2;": "listen 443;"})
    assert states(seen, "failed") == ["tls"] and "plain http" in check(seen, "tls")["text"]
    assert "ssl;" in check(seen, "tls")["fix"]["nginx"]
    assert set(states(seen, "skipped")) > {"health", "loader", "websocket", "silence"}


@pytest.mark.parametrize("certificate, said, line", [
    ("expired", "expired", "certbot renew"), ("stranger", "another name", "certbot certonly"),
    ("own", "self-signed", "fullchain.pem")])
def test_a_bad_certificate_is_named(clinic, behind, certificate, said, line):
    until(lambda: time.time() > clinic.made + 1)
    seen = behind(certificate=getattr(clinic, certificate))
    found = check(seen, "tls")
    assert states(seen, "failed") == ["tls"] and said in found["text"] and line in json.dumps(found["fix"])


def test_an_unknown_issuer_is_named(clinic, behind):
    seen = behind(trusted=clinic.own)
    assert "chain" in check(seen, "tls")["text"] and "fullchain.pem" in check(seen, "tls")["fix"]["nginx"]


def test_a_proxy_that_does_not_find_the_server_is_named(clinic, behind):
    seen = behind(upstream=free_port())
    found = check(seen, "health")
    assert states(seen, "failed") == ["health"] and "the proxy's fault" in found["text"]
    assert found["fix"]["nginx"] == f"proxy_pass http://127.0.0.1:{clinic.server.port};"


def test_a_server_that_is_down_is_not_the_proxys_fault(clinic, behind):
    clinic.nameless.stop()
    try:
        seen = behind(server=clinic.nameless)
    finally:
        clinic.nameless.start()
    assert states(seen, "failed") == ["server", "health"]
    assert "systemctl start replyx" in check(seen, "server")["fix"]["shell"]
    assert "Not the proxy's fault" in check(seen, "health")["text"] and "nginx" not in check(seen, "health")["fix"]


def test_a_proxy_that_is_not_trusted_is_named(behind):
    seen = behind(REPLYX_TRUSTED_PROXIES="192.0.2.0/24")
    assert states(seen, "failed") == ["address"]
    assert check(seen, "address")["fix"] == {"settings": "REPLYX_TRUSTED_PROXIES=192.0.2.0/24,127.0.0.1"}


def test_a_proxy_before_the_proxy_that_is_not_trusted_is_named(behind):
    seen = behind({XFF: 'proxy_set_header X-Forwarded-For "$proxy_add_x_forwarded_for, 203.0.113.9";'})
    assert states(seen, "failed") == ["address"]
    assert check(seen, "address")["fix"] == {"settings": "REPLYX_TRUSTED_PROXIES=127.0.0.0/8,::1/128,203.0.113.9"}


def test_another_instance_is_named(clinic, behind):
    seen = behind(REPLYX_INSTANCE=str(clinic.nameless.instance))
    assert states(seen, "failed") == ["instance"]
    assert "REPLYX_INSTANCE" in check(seen, "instance")["fix"]["settings"]

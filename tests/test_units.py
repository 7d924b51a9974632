"""The small rules by their cases: domains, addresses, limits, settings' texts, one-time codes."""
import re
import traceback
from functools import partial

import pyotp
import pytest

from replyx import clock, config, origins, parsing, passwords, refusals, schemas, tokens, values
from replyx.errors import Invalid, RateLimited
from replyx.gateway import Gateway
from replyx.limits import LIMITS, Limiter

OWN = "http://127.0.0.1:5000"


@pytest.mark.parametrize("given, kept", [
    ("Example.COM", "example.com"), ("example.com.", "example.com"), ("example.com:8080", "example.com:8080"),
    ("example.com:08080", "example.com:8080"),
    ("пример.рф", "xn--e1afmkfd.xn--p1ai"), ("BÜCHER.example", "xn--bcher-kva.example"), ("localhost", "localhost"),
    (" a.b ", "a.b"), ("127.0.0.1", "127.0.0.1"),
])
def test_a_domain_is_kept_as_browsers_write_it(given, kept):
    assert origins.normalise(given) == kept


@pytest.mark.parametrize("given, kept", [("*.example.com", "example.com"), (" *.Пример.рф ", "xn--e1afmkfd.xn--p1ai"),
                                         ("*.example.com:8080", "example.com:8080"), ("example.com", "example.com")])
def test_a_star_before_a_sites_domain_says_what_holds_anyway(given, kept):
    assert origins.of_site(given) == kept


@pytest.mark.parametrize("given", ["*", "*.", "*.*.example.com", "a.*.com", "http://x", "x/y", "a b", "*example.com", "x@y", ""])
def test_what_is_no_domain_is_not_a_sites(given):
    with pytest.raises(ValueError, match=re.escape(f"{given!r} is not a domain")):
        origins.of_site(given)


@pytest.mark.parametrize("given", ["", "https://example.com", "example.com/path", "*.example.com", "a b", "-a.example",
                                   "x.example:٣", "x.example:８０８０", "x.example:+80", "x.example:8_0", "x.example: 80",
                                   "example.com:0", "example.com:http", "a" * 64 + ".example", "exa'mple.com", "é..example"])
def test_what_is_no_domain_is_refused(given):
    with pytest.raises(ValueError, match="not a domain"):
        origins.normalise(given)


@pytest.mark.parametrize("origin, domain, matches", [
    ("https://example.com", "example.com", True), ("http://a.b.example.com", "example.com", True),
    ("https://example.com:444", "example.com", False), ("https://example.com:444", "example.com:444", True),
    ("https://example.com", "example.com:444", False), ("http://localhost:3000", "localhost", True),
    ("http://127.0.0.1:3000", "127.0.0.1", True), ("https://badexample.com", "example.com", False),
    ("file://example.com", "example.com", False), ("null", "example.com", False), ("https://example.com:x", "example.com", False),
    (OWN, "example.com", True), ("", "example.com", True),
])
def test_an_origin_is_one_of_the_domains_or_not(origin, domain, matches):
    assert origins.allowed(origin, [domain], OWN) is matches


def test_the_frames_ancestors_follow_the_same_rule():
    assert origins.frame_ancestors(["example.com", "localhost", "x.example:81"]) == (
        "'self' http://example.com https://example.com http://*.example.com https://*.example.com "
        "http://localhost:* https://localhost:* http://*.localhost:* https://*.localhost:* "
        "http://x.example:81 https://x.example:81 http://*.x.example:81 https://*.x.example:81")


@pytest.mark.parametrize("peer, forwarded, address", [
    ("203.0.113.9", "", "203.0.113.9"), ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ("127.0.0.1", "198.51.100.1", "198.51.100.1"), ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
    ("127.0.0.1", "6.6.6.6, 198.51.100.1, 127.0.0.2", "198.51.100.1"), ("127.0.0.1", "rubbish", "127.0.0.1"),
    ("127.0.0.1", "198.51.100.1, rubbish", "127.0.0.1"), ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
    ("::ffff:203.0.113.9", "", "203.0.113.9"), ("", "", "unknown"), ("127.0.0.1", "fe80::1%eth0", "fe80::/64"),
])
def test_the_clients_address_is_the_rightmost_hop_that_is_no_trusted_proxy(peer, forwarded, address):
    seen = []
    gateway = Gateway(lambda environ, _: seen.append(environ), config.load({}).trusted_proxies)
    gateway({"PATH_INFO": "/", "REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded,
             "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate"}, None)
    assert seen[0]["replyx.address"] == address and "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in seen[0]


class FakeApp:
    def __init__(self, factor):
        self.config = {"REPLYX": config.load({"REPLYX_RATE_LIMITS": factor})}


def used_up_after(factor, scope="identity", most=1000):
    limiter = Limiter()
    limiter.init_app(FakeApp(factor))
    for count in range(most):
        try:
            limiter.hit("message", scope, "somebody")
        except RateLimited as error:
            assert 1 <= error.retry_after <= LIMITS["message"][1]
            limiter.hit("message", scope, "somebody else")
            return count
    return None


@pytest.mark.parametrize("factor, scope, count", [("1", "identity", 30), ("1", "address", 300), ("2", "identity", 60),
                                                  ("0.001", "identity", 1), ("off", "identity", None)])
def test_a_limit_counts_each_one_by_itself(factor, scope, count):
    assert used_up_after(factor, scope) == count


def test_a_limit_begins_anew_and_leaves_nothing_behind(monkeypatch):
    limiter = Limiter()
    limiter.init_app(FakeApp("1"))
    for _ in range(30):
        limiter.hit("message", "identity", "somebody")
    with pytest.raises(RateLimited):
        limiter.check("message", "identity", "somebody")
    later = clock.seconds() + LIMITS["message"][1] + 1
    monkeypatch.setattr(clock, "seconds", lambda: later)
    limiter.hit("message", "identity", "somebody")
    monkeypatch.setattr(clock, "seconds", lambda: later + 60)
    limiter._storage.sweep()
    assert limiter._storage._windows == {}


def test_limits_that_count_together_count_all_or_none():
    limiter = Limiter()
    limiter.init_app(FakeApp("0.1"))
    one, other, many = ("message", "identity", "one"), ("message", "identity", "other"), ("upload_mb", "identity", "one", 6)
    limiter.hit_all([one, other, many])
    for uses in ([one, many], [many, one]):
        with pytest.raises(RateLimited):
            limiter.hit_all(uses)
    limiter.check_all([one, other])
    limiter.hit_all([one])
    limiter.hit_all([one, (*many[:3], 4)])
    for use in (one, (*many[:3], 1)):
        with pytest.raises(RateLimited):
            limiter.check_all([other, use])


@pytest.mark.parametrize("given, kept", [
    ("https://Chat.Example.com/", "https://chat.example.com"), ("https://chat.example.com:443", "https://chat.example.com"),
    ("http://chat.example.com:8080", "http://chat.example.com:8080"), ("https://чат.рф", "https://xn--80ab2bw.xn--p1ai"),
])
def test_the_public_address_is_kept_as_browsers_write_it(given, kept):
    assert config.load({"REPLYX_URL": given}).url.startswith(kept[:8]) and config.load({"REPLYX_URL": given}).url.isascii()
    if given.isascii():
        assert config.load({"REPLYX_URL": given}).url == kept


@pytest.mark.parametrize("given", ["https://h:abc", "https://u:p@h.example", "https://h.example/#x", "https://h.example/?x",
                                   "ftp://h"])
def test_what_is_no_public_address_is_refused(given):
    with pytest.raises(config.ConfigError):
        config.load({"REPLYX_URL": given})


MAIL = {"REPLYX_URL": "https://h.example", "REPLYX_SMTP_URL": "smtp://127.0.0.1:25", "REPLYX_MAIL_FROM": "Shop <a@h.example>"}


@pytest.mark.parametrize("url, server", [
    ("smtp://127.0.0.1:25", ("127.0.0.1", 25, "", "", "")), ("smtp://localhost", ("localhost", 587, "", "", "")),
    ("smtp://mail.example", ("mail.example", 587, "", "", "starttls")),
    ("smtp://u:p@localhost:25", ("localhost", 25, "u", "p", "starttls")),
    ("smtp://[::1]:25", ("::1", 25, "", "", "")), ("smtps://BÜCHER.example", ("xn--bcher-kva.example", 465, "", "", "implicit")),
    ("smtps://a%40b.example:p%3A%2F@mail.example", ("mail.example", 465, "a@b.example", "p:/", "implicit")),
])
def test_mail_is_encrypted_unless_it_stays_on_this_machine_without_a_password(url, server):
    assert config.load({**MAIL, "REPLYX_SMTP_URL": url}).smtp_url == parsing.Smtp(*server)


@pytest.mark.parametrize("url", [
    "smtps://user:hunter2\uff03x@mail.example", "smtps://user:hunter2\u2488x@[mail.example", "smtps://user:hunter2@mail..example",
    "smtps://user:hunter2é@mail.example", "smtps://user:hunter2%C3%A9@mail.example", "smtps://us\u00e9r:hunter2@mail.example",
    "smtps://user:hunter2@[mail.example", "smtps://user:hunter2@mail.example:port", "smtps://user:hunter2%FF@mail.example",
])
def test_a_wrong_address_of_the_mail_server_is_told_without_its_password(url):
    with pytest.raises(config.ConfigError, match="REPLYX_SMTP_URL .*is not an address like") as error:
        config.load({**MAIL, "REPLYX_SMTP_URL": url})
    assert "hunter2" not in "".join(traceback.format_exception(error.value))


def test_no_way_of_printing_the_mail_server_shows_its_password():
    smtp = config.load({**MAIL, "REPLYX_SMTP_URL": "smtps://user:hunter2@mail.example"}).smtp_url
    assert smtp.password == "hunter2" and "hunter2" not in f"{smtp} {smtp!r}"


@pytest.mark.parametrize("name, value", [
    ("REPLYX_SMTP_URL", "mail.example"), ("REPLYX_SMTP_URL", "http://mail.example"), ("REPLYX_SMTP_URL", "smtp://u:a#b@h"),
    ("REPLYX_SMTP_URL", "smtp://h:99999"), ("REPLYX_SMTP_URL", "smtp://h/path"), ("REPLYX_MAIL_FROM", "Shop"),
    ("REPLYX_MAIL_FROM", "é@h.example"), ("REPLYX_MAIL_FROM", "a@h.example\nBcc: b@h.example"), ("REPLYX_MAIL_AFTER", "0"),
    ("REPLYX_MAIL_AFTER", "soon"), ("REPLYX_MAIL_AFTER", "1441"), ("REPLYX_URL", ""), ("REPLYX_MAIL_FROM", ""),
])
def test_mail_settings_that_cannot_work_are_named(name, value):
    with pytest.raises(config.ConfigError, match=name):
        config.load({**MAIL, name: value})


def test_a_password_is_known_again_and_a_short_one_refused():
    stored = passwords.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$") and passwords.is_password(stored, "correct horse battery")
    assert not passwords.is_password(stored, "another") and not passwords.is_password(None, "another")
    with pytest.raises(Invalid):
        passwords.hash_password("short")


def test_a_one_time_code_counts_a_step_either_way(monkeypatch):
    secret = passwords.new_totp_secret()
    monkeypatch.setattr(clock, "seconds", lambda: 1_800_000_000.0)
    codes = [pyotp.TOTP(secret).at(1_800_000_000 + shift * 30) for shift in (-2, -1, 0, 1, 2)]
    assert [passwords.totp_step(secret, code) for code in codes] == [None, 59_999_999, 60_000_000, 60_000_001, None]
    assert passwords.totp_step(secret, "") is None and passwords.totp_step(secret, "abcdef") is None


def test_what_is_kept_of_a_secret_is_its_hash():
    assert tokens.digest("secret") == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    assert len(tokens.new("st_")) > 40 and tokens.new("st_") != tokens.new("st_")


@pytest.mark.parametrize("make", [values.Id, values.Email, values.Uuid, *(
    partial(kind, 9) for kind in (values.Text, values.Line, values.Said))])
def test_a_field_that_looks_at_everything_itself_takes_no_validator_which_would_never_run(make):
    assert isinstance(make(), values.Checked)
    with pytest.raises(TypeError, match="validate"):
        make(validate=bool)


@pytest.mark.parametrize("author", [None, "Anna"])
def test_a_message_on_the_wire_is_what_its_schema_says(author):
    row = {"id": 7, "dialog_id": 3, "sender": "manager", "text": "hello", "created_at": "2026-01-31T09:30:00.000Z",
           "client_id": "89b7360b-c925-43a8-8773-f4718e0b8254", "author_name": author,
           "author_avatar": "ab.webp", "attachments": None}
    wire = schemas.dump_message(row)
    assert set(wire) == set(schemas.Message().fields) - {"html"} and schemas.Message().dump(wire) == wire
    assert wire["author"] == (author and {"name": author, "avatar": "/avatars/ab.webp"})
    wire = schemas.dump_message({**row, "text": "*hello*"})
    assert wire["html"] == "<p><em>hello</em></p>" and schemas.Message().dump(wire) == wire
    assert "html" not in schemas.dump_message({**row, "text": "*hello*", "sender": "guest"})


@pytest.fixture
def log(caplog, monkeypatch):
    """Refusals with a clock in the test's hand, and the lines that they leave."""
    moment = [1000.0]
    monkeypatch.setattr(clock, "seconds", lambda: moment[0])
    caplog.set_level("INFO", "replyx.refusals")

    def told(seconds=0):
        moment[0] += seconds
        found.sweep()
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines
    found = refusals.Refusals()
    found.told = told
    return found


KIND = "Site", "file.upload", "rate_limited", "203.0.113.9"


def test_of_refusals_that_repeat_one_has_a_line_and_then_their_number_each_minute(log):
    assert [log.is_new(*KIND) for _ in range(4)] == [True, False, False, False]
    assert log.is_new(*KIND[:3], "203.0.113.10") and log.is_new("Site", "file.upload", "invalid", KIND[3])
    assert log.told(59) == []
    assert log.told(1) == ["[Site] file.upload refused 3 times more: rate_limited address=203.0.113.9"]
    assert not log.is_new(*KIND) and log.is_known("Site", "file.upload", ("invalid", "rate_limited"), KIND[3])
    assert log.told(60) == ["[Site] file.upload refused 1 times more: rate_limited address=203.0.113.9"]
    assert log.told(60) == [] and log._kinds == {} and log.is_new(*KIND)


def test_a_flood_from_everywhere_takes_so_much_memory_and_no_more(log, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_KINDS", 3)
    assert [log.is_new(*KIND[:3], str(number)) for number in range(6)] == [True] * 3 + [False] * 3
    assert len(log._kinds) == 4
    assert log.told(60) == ["[Other] requests refused 3 times more: all codes address=various"]

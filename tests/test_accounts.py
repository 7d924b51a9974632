"""Accounts: the one-time link, signing in with a second factor, and what a session tells."""
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path

import pyotp
import pytest
import requests

from replyx import accounts, config, create_app, passwords
from replyx.actions import Context
from replyx.errors import RateLimited, Unauthorized
from replyx.extensions import writer
from tests.cast import PASSWORD
from tests.served import Served, until


@pytest.fixture
def post(served):
    def send(path, session=requests, **body):
        return session.post(f"{served.url}/api/manager{path}", json=body, headers={"Origin": served.url}, timeout=10)
    return send


def new_link(served):
    return served.command("manager", "setup-link", "--json")["link"]


def set_up(post, link, address, **changes):
    return post("/setup", **{"token": link.partition("#")[2], "email": address, "name": "Eve", "password": PASSWORD, **changes})


def test_a_setup_link_makes_an_owner_and_dies_with_its_first_use(cast, served, post):
    link = new_link(served)
    assert link.startswith(f"{served.url}/console/setup#su_")
    answer = set_up(post, link, "Eve@Shop.example")
    assert answer.status_code == 201
    assert answer.json()["manager"] | {"id": 0} == {
        "id": 0, "name": "Eve", "email": "eve@shop.example", "role": "owner", "two_factor": False, "avatar": None}
    assert {site["name"] for site in answer.json()["sites"]} >= {"Shop", "Club"}
    assert "replyx_session=" in answer.headers["Set-Cookie"] and "HttpOnly" in answer.headers["Set-Cookie"]
    assert set_up(post, link, "mallory@shop.example").json()["error"]["code"] == "unauthorized"


def test_a_link_outlives_a_mistake_in_the_form(served, cast, post):
    link = new_link(served)
    for change, place in (({"password": "short"}, "password"), ({"email": "no address"}, "email"), ({"name": " "}, "name"),
                          ({"email": cast.owner.email}, "email")):
        assert place in set_up(post, link, "frank@shop.example", **change).json()["error"]["fields"]
    assert set_up(post, link, "frank@shop.example").status_code == 201


def test_an_address_counts_however_it_is_typed_and_older_ones_too(served, post):
    def add(address, **options):
        return served.command("manager", "add", address, "--name", "Nina", "--password-stdin", stdin=PASSWORD, **options)

    def signs_in(address):
        return post("/session", email=address, password=PASSWORD).status_code == 201

    for address in ("nina@localhost", "nína@shop.example", "nina@shop..example"):
        assert "Must be an email address" in add(address, code=1)
    add("Nina@BÜCHER.example", code=0)
    assert signs_in("nina@xn--bcher-kva.example") and signs_in("nina@bücher.example") and not signs_in("nina@localhost")
    for older in ("nina@localhost", "nína@bücher.example"):
        with closing(sqlite3.connect(served.instance / "replyx.db", isolation_level=None)) as database:
            database.execute("UPDATE manager SET email = ? WHERE name = 'Nina'", [older])
        assert signs_in(older)
        served.command("manager", "reset-2fa", older)


def test_a_new_link_ends_the_one_before_and_a_day_ends_any(served, cast, post):
    first, second = new_link(served), new_link(served)
    assert set_up(post, first, "gina@shop.example").status_code == 401
    with closing(sqlite3.connect(served.instance / "replyx.db", isolation_level=None)) as database:
        database.execute("UPDATE setup_link SET expires_at = '2026-01-01T00:00:00.000Z'")
    assert set_up(post, second, "gina@shop.example").status_code == 401


def test_a_second_factor_is_asked_for_once_it_is_on_and_a_code_counts_once(served, cast, post):
    session = cast.colleague.session
    begun = post("/two-factor", session=session).json()
    assert begun["ok"], begun
    assert begun["uri"].startswith("otpauth://totp/ReplyX:boris")
    totp = pyotp.TOTP(begun["secret"])
    assert post("/two-factor/confirm", session=session, secret=begun["secret"], code="000000").status_code == 400
    code = totp.now()
    assert post("/two-factor/confirm", session=session, secret=begun["secret"], code=code).json() == {"ok": True}

    def sign_in(**extra):
        return post("/session", email=cast.colleague.email, password=PASSWORD, **extra)
    assert sign_in().json()["error"]["fields"] == {"code": ["Needed."]}
    assert sign_in(code=code).status_code == 401
    later = totp.at(int(time.time()) + 30)
    assert sign_in(code=later).status_code == 201
    assert sign_in(code=later).status_code == 401
    assert post("/two-factor", session=session).json()["error"]["code"] == "conflict"
    served.command("manager", "reset-2fa", cast.colleague.email)
    assert sign_in().status_code == 201


def test_guessing_a_password_is_limited_by_account_too(tmp_path):
    with Served(tmp_path) as server:
        server.command("manager", "add", "anna@shop.example", "--name", "Anna", "--password-stdin", stdin=PASSWORD)

        def guess(number):
            return requests.post(f"{server.url}/api/manager/session", timeout=10, json={
                "email": "anna@shop.example", "password": "wrong"}, headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
        assert [guess(number) for number in range(31)] == [401] * 30 + [429]
        memory = next(int(line.split()[1]) for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
                      if line.startswith("VmRSS"))
        assert memory < 130 * 1024


def test_hashing_for_strangers_holds_up_nobody_who_is_known_and_ends_when_many_wait(monkeypatch):
    """As when a thousand machines try a password each."""
    stored = passwords.hash_password(PASSWORD)
    monkeypatch.setattr(passwords, "MOST_WAITING", 2)
    with passwords._strangers, ThreadPoolExecutor() as pool:
        waiting = [pool.submit(passwords.is_password, stored, PASSWORD) for _ in range(2)]
        until(lambda: passwords._waiting == 2)
        with pytest.raises(RateLimited):
            passwords.is_password(stored, PASSWORD)
        assert passwords.is_password(stored, PASSWORD, is_known=True)
        assert not passwords.is_password(stored, "wrong", is_known=True)
        passwords._strangers.release()
        assert [one.result(timeout=10) for one in waiting] == [True] * 2
        passwords._strangers.acquire()
    assert passwords._waiting == 0


def test_a_wrong_setup_link_costs_no_hashing(tmp_path, monkeypatch):
    create_app(config.load({"REPLYX_INSTANCE": str(tmp_path)}))
    monkeypatch.setattr(passwords, "hash_password", lambda password: pytest.fail("a stranger had a password hashed"))
    try:
        with pytest.raises(Unauthorized, match="setup-link"):
            accounts.set_up(None, {"email": "eve@shop.example", "name": "Eve", "password": PASSWORD, "token": "su_x"}, None)
    finally:
        writer.stop()


@pytest.mark.parametrize("change, refused", [
    ({"lang": "ru"}, False), ({"totp_step": 9}, False), ({"password_hash": "another"}, True), ({"disabled_at": "2026"}, True),
    ({"totp_secret": "A" * 32}, True)])
def test_what_changes_while_a_password_is_checked_counts_if_it_was_checked(tmp_path, monkeypatch, change, refused):
    """The other of two sign-ins at the same moment may be in another language, which changes nothing here."""
    create_app(config.load({"REPLYX_INSTANCE": str(tmp_path)}))

    def change_and_check(*arguments, is_password=passwords.is_password, **options):
        writer.submit(lambda tx: accounts.store.update_manager(tx, manager["id"], **change))
        return is_password(*arguments, **options)
    try:
        manager = accounts.add_manager("eve@shop.example", "Eve", "owner", PASSWORD)
        monkeypatch.setattr(passwords, "is_password", change_and_check)
        with pytest.raises(Unauthorized, match="meanwhile") if refused else nullcontext():
            accounts.sign_in(None, {"email": manager["email"], "password": PASSWORD}, Context("http", "10.0.0.1"))
    finally:
        writer.stop()


def test_a_session_says_who_is_signed_in_and_which_sites_they_see(cast):
    body = cast.manager.http("GET", "/session").json()
    assert body["manager"]["name"] == "Anna" and [site["name"] for site in body["sites"]] == ["Shop"]
    with cast.manager.socket() as desk:
        assert desk.call("session_get", {}) == body


def test_a_session_and_a_password_lie_on_disk_as_hashes(cast, served):
    token = cast.owner.session.cookies["replyx_session"]
    served.command("site", "list")
    for name in ("replyx.db", "replyx.db-wal"):
        content = (served.instance / name).read_bytes()
        assert token.encode() not in content and PASSWORD.encode() not in content


def test_a_guest_id_lies_on_disk_as_a_hash(cast, served):
    guest = cast.guest()
    guest.open()
    assert all(guest.guest_id.encode() not in (served.instance / name).read_bytes() for name in ("replyx.db", "replyx.db-wal"))

"""Sign-in under attack: who guesses elsewhere keeps nobody out of a browser in which they have signed in before."""
import sqlite3
import time
from contextlib import closing
from http.cookies import SimpleCookie
from types import SimpleNamespace

import pyotp
import pytest
import requests
from itsdangerous import TimestampSigner

from replyx import passwords, tokens
from replyx.links import DEVICE_SECONDS, MOST_ACCOUNTS, Links
from tests.cast import PASSWORD
from tests.served import Served

URL = "https://chat.shop.example"
PEOPLE = ANNA, BORIS, DORA, EMIL, FRANK, GITA, HANS, KARL, LENA, MAX = [
    f"{name}@shop.example" for name in "anna boris dora emil frank gita hans karl lena max".split()]
IVO = "ivo@shop.example"
NOBODY = "nobody@shop.example"
DEVICE = "__Secure-replyx_device"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two sign-ins from an address or a browser, six for an account, four wrong codes."""
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="0.2", REPLYX_URL=URL) as server:
        for email in PEOPLE:
            run(server, """INSERT INTO manager (email, name, role, password_hash, all_sites, created_at)
                VALUES (?, 'A manager', 'owner', ?, 1, '2026-01-01T00:00:00.000Z')""", email, passwords.hash_password(PASSWORD))
        yield server


def run(served, statement, *values):
    """What the command line does in the database, faster."""
    with closing(sqlite3.connect(served.instance / "replyx.db", isolation_level=None, timeout=10)) as database:
        database.execute(statement, values)


class Browser:
    """Somebody's browser at an address of its own: it sends the cookies that it was given last, each where it belongs."""
    count = 0

    def __init__(self, served, device=""):
        Browser.count += 1
        self.served, self.address, self.cookies = served, f"10.7.0.{Browser.count}", SimpleCookie()
        if device:
            self.cookies[DEVICE] = device

    @property
    def device(self):
        return self.cookies[DEVICE].value

    def post(self, path, **body):
        path = f"/api/manager{path}"
        sent = [f"{name}={cookie.value}" for name, cookie in self.cookies.items() if path.startswith(cookie["path"])]
        answer = requests.post(f"{self.served.url}{path}", timeout=10, json=body, headers={
            "Origin": URL, "X-Forwarded-For": self.address, "Cookie": "; ".join(sent)})
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.cookies.load(line)
        return answer

    def sign_in(self, email, password=PASSWORD, **body):
        """The status, and what a refusal says."""
        answer = self.post("/session", email=email, password=password, **body)
        return answer.status_code, answer.json().get("error", {}).get("message")

    def status(self, *arguments, **body):
        return self.sign_in(*arguments, **body)[0]

    def turn_on_second_factor(self):
        """Its secret; the code of this moment is used up."""
        secret = self.post("/two-factor").json()["secret"]
        assert self.post("/two-factor/confirm", secret=secret, code=pyotp.TOTP(secret).now()).json()["ok"]
        return secret


def statuses(served, email, count):
    """Wrong passwords, each from an address of its own."""
    return [Browser(served).status(email, "wrong") for _ in range(count)]


def test_guesses_from_elsewhere_lock_strangers_out_and_not_the_managers_own_browser(served):
    own = Browser(served)
    assert own.status(ANNA) == 201
    cookie = own.cookies[DEVICE]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict"
    assert cookie["path"] == "/api/manager" and int(cookie["max-age"]) > 300 * 24 * 3600
    assert "anna" not in cookie.value and own.cookies["__Host-replyx_session"]["samesite"] == "Lax"
    assert statuses(served, ANNA, 6) == [401] * 5 + [429] and Browser(served).status(ANNA) == 429
    assert statuses(served, NOBODY, 7) == [401] * 6 + [429]
    neighbour = Browser(served)
    neighbour.address = own.address
    assert [neighbour.status("else@shop.example", "wrong") for _ in range(2)] == [401, 429]
    assert own.status(ANNA) == 201
    assert Browser(served, own.device[:-1] + "~").status(ANNA) == 429


def test_a_browser_has_a_budget_of_its_own_and_for_its_own_accounts_alone(served):
    own = Browser(served)
    assert own.status(BORIS) == 201
    thief, twin = Browser(served, own.device), Browser(served, own.device)
    assert [thief.status(BORIS, "wrong") for _ in range(3)] == [401, 401, 429] and twin.status(BORIS) == 429
    assert Browser(served).status(BORIS) == 201
    other = Browser(served)
    assert other.status(BORIS) == 201
    # To its own account alone: another counts for it as for any stranger.
    statuses(served, "else@shop.example", 6)
    assert other.status("else@shop.example") == 429
    statuses(served, BORIS, 4)
    assert Browser(served).status(BORIS) == 429 and other.status(BORIS) == 201


def test_signing_in_often_makes_no_new_room_for_guesses(served):
    own = Browser(served)
    assert [own.status(LENA) for _ in range(4)] == [201, 201, 201, 429]


def test_a_browser_that_others_know_counts_by_its_address_like_any_stranger(served):
    own = Browser(served)
    assert own.status(MAX) == 201
    neighbour = Browser(served)
    neighbour.address = own.address
    assert [neighbour.status(f"{number}{NOBODY}", "wrong") for number in "xy"] == [401, 429]
    assert own.status(f"z{NOBODY}", "wrong") == 429 and own.status(MAX) == 201


def test_a_browser_knows_so_many_accounts_for_a_year(monkeypatch):
    signer = Links()
    signer.init_app(SimpleNamespace(config={"SECRET_KEY": "x"}))
    device = None
    for number in range(MOST_ACCOUNTS + 2):
        device = signer.read_device(signer.device(device, str(number)))
    assert device.accounts == tuple(str(number) for number in range(MOST_ACCOUNTS + 1, 1, -1))
    for age, is_known in ((DEVICE_SECONDS - 60, True), (DEVICE_SECONDS + 60, False)):
        with monkeypatch.context() as patch:
            patch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) - age)
            cookie = signer.device(None, "a")
        assert bool(signer.read_device(cookie)) is is_known


def test_a_browser_of_two_managers_knows_both_until_one_has_a_new_password(served):
    shared, own = Browser(served), Browser(served)
    assert [shared.status(DORA), shared.status(EMIL), own.status(DORA)] == [201] * 3
    statuses(served, DORA, 6)
    assert Browser(served).status(DORA) == 429 and shared.status(DORA) == 201
    run(served, "UPDATE manager SET password_hash = ? WHERE email = ?", passwords.hash_password(PASSWORD), DORA)
    assert own.status(DORA) == 429


def test_wrong_codes_end_for_a_day_what_strangers_with_the_password_may_try(served):
    own = Browser(served)
    assert own.status(FRANK) == 201
    secret = own.turn_on_second_factor()
    # What a known browser guesses wrong is its own, and takes nothing from the others.
    assert own.status(FRANK, code="000000") == 401
    assert [Browser(served).status(FRANK, code="000000") for _ in range(4)] == [401] * 4
    status, message = Browser(served).sign_in(FRANK, code=pyotp.TOTP(secret).at(time.time() + 30))
    assert status == 429 and "tomorrow" in message
    assert own.status(FRANK, code=pyotp.TOTP(secret).at(time.time() + 30)) == 201


def test_browsers_made_known_before_the_second_factor_have_no_codes_of_their_own(served):
    """Who has the password alone can sign in as often as they like, until the manager turns on the second factor."""
    own, thief = Browser(served), Browser(served)
    assert own.status(GITA) == thief.status(GITA) == 201
    secret = own.turn_on_second_factor()
    statuses(served, GITA, 4)
    assert thief.status(GITA, code="000000") == 429
    assert own.status(GITA, code=pyotp.TOTP(secret).at(time.time() + 30)) == 201


def test_a_set_up_link_leaves_those_known_whom_the_browser_knew(served):
    own = Browser(served)
    assert own.status(HANS) == 201
    run(served, "INSERT INTO setup_link (token_hash, expires_at) VALUES (?, '2099-01-01T00:00:00.000Z')", tokens.digest("su_x"))
    assert own.post("/setup", email=IVO, name="Ivo", password=PASSWORD, token="su_x").status_code == 201
    for email in (HANS, IVO):
        statuses(served, email, 6)
        assert Browser(served).status(email) == 429 and own.status(email) == 201


@pytest.mark.parametrize("value", ['"\\377\\376"', "a" * 3000, "..", "\xff", ".eJw.a.b"])
def test_a_cookie_that_says_nothing_makes_a_stranger(served, value):
    assert Browser(served, value).status(f"{len(value)}{NOBODY}", "wrong") == 401


def test_cookies_of_other_programs_on_the_host_hide_none_of_ours(served):
    own = Browser(served)
    own.cookies["theirs"] = "\xff"
    assert [own.status(KARL) for _ in range(3)] == [201] * 3
    # By its session, and as known as before: it has used up the room of its own.
    assert own.post("/two-factor").status_code == 200 and own.status(KARL) == 429

"""Rate limits of a served process: who is refused, and what that takes from others at the same address."""
import uuid

import pytest
import requests

from tests.cast import PASSWORD, Cast
from tests.served import Served

FOREIGN = {"Origin": "https://elsewhere.example"}


@pytest.fixture(scope="module")
def cast(tmp_path_factory):
    """Half of each limit: 50 refusals in a minute, 15 messages and 50 readings in 10 s, 5 sign-ins in 5 minutes."""
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="0.5") as server:
        yield Cast(server)


@pytest.fixture(scope="module")
def dialog_id(cast):
    return cast.guest().open()["dialog"]["id"]


@pytest.fixture
def ask(cast):
    """Ask for something as nobody in particular, from the address that the test's number names."""
    with requests.Session() as session:
        yield lambda method, path, **options: _code(session.request(method, f"{cast.served.url}/api{path}", timeout=10, **options))


def _code(answer):
    return "ok" if answer.ok else answer.json()["error"]["code"]


def test_who_shows_good_credentials_is_not_refused_for_what_others_at_the_address_got_wrong(cast, dialog_id, ask):
    guest = cast.guest()
    query = {**guest.auth, "site_token": cast.site["site_token"]}
    with guest.socket() as tab, cast.owner.socket() as desk:
        codes = [ask("GET", "/site/dialogs", params=query, headers=FOREIGN) for _ in range(60)]
        assert set(codes[:50]) == {"forbidden_origin"} and set(codes[50:]) == {"rate_limited"}
        assert ask("GET", "/site/dialogs", params={"site_token": "st_guess"}) == "rate_limited"
        assert guest.open()["ok"] and tab.call("history", {})["ok"] and desk.call("session_get", {})["ok"]
        assert cast.owner.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "Hello"}).ok
    with cast.guest().socket() as tab, cast.owner.socket() as desk:
        assert tab.connected and desk.connected


def test_refusals_and_requests_without_credentials_take_nothing_from_who_is_signed_in_or_signs_in(cast, dialog_id, ask):
    told = [ask("POST", "/manager/trial", json={"key": "n", "step": "online"}, headers=FOREIGN) for _ in range(20)]
    assert told == ["not_found"] * 15 + ["rate_limited"] * 5
    for _ in range(20):
        assert ask("POST", "/manager/session", json={}, headers=FOREIGN) in ("forbidden_origin", "rate_limited")
    assert ask("POST", "/manager/session", headers={"Origin": cast.origin}, json={
        "email": cast.manager.email, "password": PASSWORD}) == "ok"
    assert cast.owner.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "Hello"}).ok


def test_guests_use_up_the_guests_share_of_an_address_and_one_alone_does_not(cast, dialog_id, ask):
    def post(guest_id):
        return ask("POST", "/site/dialogs/1/typing", json={"typing": True}, headers={
            "Replyx-Site-Token": cast.site["site_token"], "Replyx-Guest-Id": guest_id})
    one = str(uuid.uuid4())
    assert "rate_limited" in [post(one) for _ in range(160)]
    assert post(str(uuid.uuid4())) == "not_found"
    assert "rate_limited" in [post(str(uuid.uuid4())) for _ in range(320)]
    assert cast.owner.http("POST", f"/dialogs/{dialog_id}/typing", {"typing": True}).ok

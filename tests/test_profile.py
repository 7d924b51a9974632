"""Who a guest is said to be by claims and forms; what can only be signed is in test_signatures."""
import json
import subprocess
import uuid

import pytest

from replyx.guest_schemas import MOST_ATTRIBUTES
from tests.conftest import find
from tests.profiles import code, open_with, seen, tell, who, with_secret
from tests.served import until
from tests.test_clients import NODE


@pytest.fixture(scope="module")
def cast(cast):
    return with_secret(cast)


@pytest.fixture
def guest(cast):
    return cast.guest()


def test_a_claim_comes_with_the_first_line_and_is_not_verified(cast, guest):
    with cast.manager.socket() as desk:
        opened = open_with(guest, profile={"name": "Gina", "user_id": "7",
                                           "attributes": {"plan": "pro", "visits": 3, "trial": False}})
        assert opened["ok"] and "guest" not in opened["dialog"] and "form" not in opened["dialog"]
        until(lambda: desk.events("message"))
        [told] = desk.events("dialog")
    assert told["dialog"]["guest"] == seen(guest)["guest"] == {
        "id": told["dialog"]["guest"]["id"], "name": "Gina", "user_id": "7", "verified": False,
        "attributes": {"plan": "pro", "visits": 3, "trial": False}}


def test_a_claimed_address_is_shown_and_never_written_to(guest):
    open_with(guest, profile={"email": "victim@mail.example"})
    assert who(guest)["email"] is None and seen(guest)["guest"]["attributes"] == {"email": "victim@mail.example"}


def test_attributes_are_joined_and_the_newest_stay(guest):
    open_with(guest, profile={"attributes": {f"name {number}": number for number in range(MOST_ATTRIBUTES)}})
    tell(guest, attributes={"name 0": "again", "new": True})
    kept = seen(guest)["guest"]["attributes"]
    assert len(kept) == MOST_ATTRIBUTES and kept["name 0"] == "again" and kept["new"] is True and "name 1" not in kept


@pytest.mark.parametrize("profile, place", [
    ({"name": ""}, "name"), ({"name": "x" * 201}, "name"), ({"name": "a\nb"}, "name"), ({"user_id": "7\n8"}, "user_id"),
    ({"user_id": "7\u2028"}, "user_id"), ({"user_id": 7}, "user_id"), ({"email": "no address"}, "email"),
    ({"email": "a@b.example\nx"}, "email"), ({"exp": "soon"}, "exp"), ({"exp": 1.5}, "exp"), ({"signature": "00"}, "exp"),
    ({"signature": "00", "exp": 1}, "user_id"), ({"attributes": []}, "attributes"), ({"attributes": {"x": None}}, "attributes"),
    ({"attributes": {"x": {}}}, "attributes"), ({"attributes": {"x": "y" * 501}}, "attributes"),
    ({"attributes": {"x": 10**400}}, ""), ({"attributes": {"x": 2**63}}, "attributes"), ({"attributes": {"": 1}}, "attributes"),
    ({"attributes": {"x" * 41: 1}}, "attributes"), ({"attributes": {str(n): n for n in range(21)}}, "attributes"),
    ({"is_verified": True}, "is_verified"), ({"verified": True}, "verified"),
])
def test_what_is_no_profile_is_refused(guest, profile, place):
    refused = tell(guest, **profile)
    assert code(refused) == "invalid" and place in (refused["error"].get("fields") or [""])
    assert code(open_with(guest, profile=profile)) == "invalid"


def test_a_forms_answers_come_with_the_dialog_and_an_address_typed_there_is_written_to(guest):
    open_with(guest, lang="ru", form={"agreed": True, "mail": " Gina@SHOP.example ", "who": " Gina \n G. ", "topic": "Order"})
    row = seen(guest)
    assert row["form"] == [
        {"label": "Your name", "kind": "name", "value": "Gina G."},
        {"label": "E-mail", "kind": "email", "value": "Gina@shop.example"},
        {"label": "Topic", "kind": "choice", "value": "Order"}, {"label": "I agree", "kind": "consent", "value": True}]
    assert who(guest) == {"name": "Gina G.", "user_id": None, "verified": False, "email": "Gina@shop.example"}


def test_a_form_never_keeps_a_line_back(guest):
    form = {"who": 5, "mail": "no address", "topic": "Neither", "agreed": "yes", "unknown": "x", "": None, "more": "y"}
    assert open_with(guest, form=form)["ok"] and seen(guest)["form"] is None


def test_the_other_forms_answers_are_taken_too_and_join_those_before(guest):
    open_with(guest, form={"who": "Gina"})
    client_id = str(uuid.uuid4())
    for _ in range(2):
        guest.http("POST", "/dialogs", {"message": {"text": "again", "client_id": client_id},
                                        "form": {"mail": "a@b.example", "more": "<script>\n" + "x" * 3000}})
    assert seen(guest)["form"] == [
        {"label": "Your name", "kind": "name", "value": "Gina"}, {"label": "Where to?", "kind": "email", "value": "a@b.example"},
        {"label": "Anything else?", "kind": "text", "value": ("<script>\n" + "x" * 3000)[:2000]}]


def test_a_site_without_forms_takes_none(cast):
    guest = cast.guest(site=cast.other_site)
    assert open_with(guest, form={"who": "Gina"})["ok"]
    assert cast.owner.http("GET", f"/dialogs/{guest.http('POST', '/dialogs', {}).json()['dialog']['id']}").json()["dialog"][
        "form"] is None


@pytest.mark.node
def test_the_widgets_chat_tells_and_asks_all_of_it(cast, served):
    desk = {"Cookie": cast.manager.cookie, "Origin": cast.origin}
    done = subprocess.run([find("node"), NODE / "guest.mjs", served.url, json.dumps(cast.guest().name), json.dumps(desk)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    first = seen["first"]
    assert [answer["value"] for answer in first["form"]] == ["Gina", "gina@mail.example"] and first["email"] == "gina@mail.example"
    assert first["guest"]["attributes"] == {"plan": "pro", "visits": 1} and first["guest"]["user_id"] == "7"
    assert (seen["rated"]["rating"], seen["rated"]["rating_text"]) == (4, "quick")
    assert seen["transcript"] == "conflict" and seen["history"] == [1, 0]
    assert seen["errors"] == ["forbidden", "forbidden"] and seen["refused"]["guest"]["user_id"] is None
    assert seen["early"] == ["forbidden"] and seen["unsaid"]["guest"]["user_id"] == "7"

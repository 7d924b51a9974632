"""Who a guest is said to be: claims, signatures, forms; and that no claim passes for a proof."""
import json
import sqlite3
import subprocess
import time
import uuid
from contextlib import closing

import pytest

from replyx import identity
from replyx.guest_schemas import MOST_ATTRIBUTES
from tests.conftest import find
from tests.served import until
from tests.test_clients import NODE

SECRET = "s3cret"
FIELDS = [{"name": "who", "kind": "name", "label": "Your name", "required": True},
          {"name": "mail", "kind": "email", "label": "E-mail", "required": True},
          {"name": "topic", "kind": "choice", "label": "Topic", "required": False, "choices": ["Order", "Other"]},
          {"name": "agreed", "kind": "consent", "label": "I agree", "required": True}]
OFFLINE = [{"name": "mail", "kind": "email", "label": "Where to?", "required": True},
           {"name": "more", "kind": "text", "label": "Anything else?", "required": False}]


@pytest.fixture(scope="module")
def cast(cast):
    settings = {"prechat": {"on": True, "fields": FIELDS}, "offline": {"on": True, "fields": OFFLINE}}
    with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE site SET identity_secret = ?, settings = ? WHERE id = ?",
                         [SECRET, json.dumps(settings), cast.site["id"]])
    return cast


@pytest.fixture
def guest(cast):
    return cast.guest()


def signed(secret=SECRET, lasts=3600, **profile):
    profile = {"exp": int(time.time()) + lasts, **profile}
    texts = [profile.get(name, "") for name in ("user_id", "name", "email", "exp")]
    return {**profile, "signature": identity.sign(secret, *texts)}


def open_with(guest, **more):
    return guest.http("POST", "/dialogs", {"message": {"text": "hello", "client_id": str(uuid.uuid4())}, **more}).json()


def tell(guest, **profile):
    return guest.http("POST", "/guest", profile).json()


def seen(guest):
    """The guest's dialog as managers see it."""
    number = guest.http("POST", "/dialogs", {}).json()["dialog"]["id"]
    return guest.cast.manager.http("GET", f"/dialogs/{number}").json()["dialog"]


def who(guest):
    row = seen(guest)
    return {**{name: row["guest"][name] for name in ("name", "user_id", "verified")}, "email": row["email"]}


def code(answer):
    return answer["error"]["code"]


def test_the_signature_is_what_a_sites_server_makes():
    """HMAC-SHA256 of four lines; by hand: printf '7\\nGina\\ng@shop.example\\n1800000000' | openssl dgst -sha256 -hmac s3cret"""
    assert identity.sign(SECRET, "7", "Gina", "g@shop.example", 1_800_000_000) == \
        "ea8d275a2e70adfd627d170cad522bfceac0a6561341c68260388ccb8b04576a"


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


def test_a_signed_identity_is_verified_and_tells_both_sides_live(cast, guest):
    open_with(guest)
    with cast.manager.socket() as desk, guest.socket() as tab:
        profile = signed(user_id="7", name="Gina", email="Gina@BÜCHER.example")
        assert tell(guest, **profile) == {"ok": True, "verified": True}
        assert tell(guest, **profile) == {"ok": True, "verified": True}
        until(lambda: desk.events("dialog") and tab.events("dialog"))
        tab.call("typing", {"dialog_id": seen(guest)["id"], "typing": False})
        until(lambda: desk.events("typing_stop"))
        assert [event["dialog"]["guest"]["verified"] for event in desk.events("dialog")] == [True]
        assert tab.events("dialog")[0]["dialog"]["email"] == "Gina@xn--bcher-kva.example"
    assert who(guest) == {"name": "Gina", "user_id": "7", "verified": True, "email": "Gina@xn--bcher-kva.example"}


def test_before_the_first_line_the_signature_is_checked_and_nothing_stored(guest):
    assert tell(guest, name="Gina") == {"ok": True, "verified": False}
    assert tell(guest, **signed(user_id="7")) == {"ok": True, "verified": True}
    assert code(tell(guest, **signed("wrong", user_id="7"))) == "forbidden"
    assert code(guest.http("POST", "/dialogs", {"profile": signed("wrong", user_id="7")}).json()) == "forbidden"
    assert guest.http("POST", "/dialogs", {"profile": signed(user_id="7"), "form": {"who": "G"}}).json()["dialog"] is None
    open_with(guest)
    assert who(guest) == {"name": None, "user_id": None, "verified": False, "email": None}


@pytest.mark.parametrize("change", [
    {"user_id": "8"}, {"name": "Boss"}, {"email": "boss@shop.example"}, {"exp": int(time.time()) + 7200}, {"signature": "0" * 64},
    {"signature": "é"}, {"signature": "x"}, {"name": None}], ids=lambda change: " ".join(change))
def test_a_signature_is_good_for_nothing_else(guest, change):
    profile = {**signed(user_id="7", name="Gina", email="g@shop.example"), **change}
    profile = {name: value for name, value in profile.items() if value is not None}
    assert code(tell(guest, **profile)) == "forbidden"
    refused = open_with(guest, profile=profile)
    assert code(refused) == "forbidden" and guest.http("POST", "/dialogs", {}).json()["dialog"] is None


@pytest.mark.parametrize("lasts", [-1, 0, 32 * 24 * 3600, 2**40])
def test_a_signature_ends_and_not_in_years(guest, lasts):
    answer = tell(guest, **signed(lasts=lasts, user_id="7"))
    assert code(answer) == "forbidden" and "exp" in answer["error"]["message"]


def test_a_site_without_a_secret_verifies_nobody(cast):
    answer = tell(cast.guest(site=cast.other_site), **signed("None", user_id="7"))
    assert code(answer) == "forbidden" and "secret" in answer["error"]["message"]
    assert code(tell(cast.guest(site=cast.other_site), **signed("", user_id="7"))) == "forbidden"


def test_a_claim_overwrites_nothing_of_a_verified_person(cast, guest):
    proven = {"name": "Gina", "user_id": "7", "verified": True, "email": "g@shop.example"}
    open_with(guest, profile=signed(user_id="7", name="Gina", email="g@shop.example"))
    assert who(guest) == proven
    assert tell(guest, name="Boss", user_id="1", email="boss@shop.example", attributes={"plan": "free"}) == {
        "ok": True, "verified": True}
    open_with(guest, profile={"name": "Boss"}, form={"who": "Boss", "mail": "boss@shop.example"})
    refused = guest.http("POST", f"/dialogs/{seen(guest)['id']}/contact", {"email": "boss@shop.example"}).json()
    assert code(refused) == "conflict" and who(guest) == proven
    assert seen(guest)["guest"]["attributes"] == {"plan": "free"}


def test_a_verified_person_without_an_address_may_leave_one(guest):
    open_with(guest, profile=signed(user_id="7", name="Gina"), form={"who": "Boss", "mail": "gina@mail.example"})
    assert who(guest) == {"name": "Gina", "user_id": "7", "verified": True, "email": "gina@mail.example"}


def test_another_verified_person_is_a_conflict_and_the_same_one_may_change_their_name(guest):
    open_with(guest, profile=signed(user_id="7", name="Gina", email="g@shop.example"))
    assert code(tell(guest, **signed(user_id="8", name="Boss"))) == "conflict"
    refused = open_with(guest, profile=signed(user_id="8"))
    assert code(refused) == "conflict" and len(guest.http("POST", "/dialogs", {}).json()["messages"]) == 1
    tell(guest, **signed(user_id="7", name="Gina G.", email="gina@shop.example"))
    assert who(guest) == {"name": "Gina G.", "user_id": "7", "verified": True, "email": "gina@shop.example"}
    tell(guest, **signed(user_id="7"))
    assert who(guest)["name"] == "Gina G."


def test_a_name_that_was_a_claim_does_not_come_under_the_mark(guest):
    open_with(guest, profile={"name": "Boss", "user_id": "1"})
    tell(guest, **signed(user_id="7"))
    assert who(guest) == {"name": None, "user_id": "7", "verified": True, "email": None}


def test_an_older_signature_puts_nothing_back(cast, guest):
    """A tab that was opened before, or a page that a cache has kept, comes with what was true then."""
    older, newer = (signed(lasts=lasts, user_id="7", name=name, email=f"{name}@shop.example")
                    for lasts, name in ((3600, "Old"), (7200, "New")))
    open_with(guest, profile=older)
    tell(guest, **newer)
    assert tell(guest, **older, attributes={"plan": "pro"}) == {"ok": True, "verified": True}
    open_with(guest, profile=older)
    assert who(guest) == {"name": "New", "user_id": "7", "verified": True, "email": "New@shop.example"}
    assert seen(guest)["guest"]["attributes"] == {"plan": "pro"}
    assert code(tell(guest, **signed(lasts=60, user_id="8"))) == "conflict"
    # Signed anew, and nothing else: managers need not hear of it.
    with cast.manager.socket() as desk:
        tell(guest, **signed(lasts=18_000, user_id="7", name="New", email="New@shop.example"))
        tell(guest, **signed(lasts=15_000, user_id="7", name="Between"))
        tell(guest, **signed(lasts=20_000, user_id="7", name="Newest"))
        until(lambda: desk.events("dialog"))
        assert [event["dialog"]["guest"]["name"] for event in desk.events("dialog")] == ["Newest"]


def test_a_page_that_signs_anew_each_time_has_it_written_once_an_hour(cast, guest):
    def ends():
        with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database:
            [[stored]] = database.execute("SELECT identity_exp FROM guest WHERE user_id = 'anew'")
            return stored
    first, soon, later, renamed = (signed(lasts=3600 + more, user_id="anew", name=name) for more, name in
                                   ((0, "Gina"), (3590, "Gina"), (3610, "Gina"), (3650, "Gina G.")))
    open_with(guest, profile=first)
    assert tell(guest, **soon) == {"ok": True, "verified": True} and ends() == first["exp"]
    tell(guest, **later)
    assert ends() == later["exp"]
    tell(guest, **renamed)
    assert ends() == renamed["exp"] and who(guest)["name"] == "Gina G."


def test_the_owner_is_told_of_refused_identities_apart(cast, served):
    """They are the page's mistakes, and nobody else can mend them."""
    site = served.command("site", "add", "signing", "--domain", "localhost", "--json")
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE site SET identity_secret = ? WHERE id = ?", [SECRET, site["id"]])
    guest = cast.guest(site=site)
    tell(guest, **signed("wrong", user_id="7"))
    open_with(guest, profile=signed("wrong", user_id="7"))
    open_with(guest, profile=signed(user_id="7"))
    tell(guest, **signed(user_id="8"))

    def counted():
        sites = cast.owner.http("GET", "/delivery").json()["sites"]
        refused = next(found["refused"] for found in sites if found["site"]["id"] == site["id"])
        return {row["code"]: row["count"] for row in refused}
    until(lambda: counted() == {"identity": 2, "other_user": 1}, what=counted())


def test_who_wanted_no_more_mails_gets_none_by_being_verified_again(cast, guest):
    profile = signed(user_id="7", email="g@shop.example")
    open_with(guest, profile=profile)
    with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE guest SET email = NULL WHERE email = 'g@shop.example'")
    tell(guest, **profile)
    assert who(guest)["email"] is None


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
    assert row["form"] == [{"label": "Your name", "value": "Gina G."}, {"label": "E-mail", "value": "Gina@shop.example"},
                           {"label": "Topic", "value": "Order"}, {"label": "I agree", "value": True}]
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
    assert seen(guest)["form"] == [{"label": "Your name", "value": "Gina"}, {"label": "Where to?", "value": "a@b.example"},
                                   {"label": "Anything else?", "value": ("<script>\n" + "x" * 3000)[:2000]}]


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

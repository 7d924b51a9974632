"""Who a guest is proven to be: signatures, and that no claim passes for one."""
import sqlite3
import time
from contextlib import closing

import pytest

from replyx import identity
from tests.profiles import SECRET, code, open_with, seen, signed, tell, who, with_secret
from tests.served import until


@pytest.fixture(scope="module")
def cast(cast):
    return with_secret(cast)


@pytest.fixture
def guest(cast):
    return cast.guest()


def test_the_signature_is_what_a_sites_server_makes():
    """HMAC-SHA256 of four lines; by hand: printf '7\\nGina\\ng@shop.example\\n1800000000' | openssl dgst -sha256 -hmac s3cret"""
    assert identity.sign(SECRET, "7", "Gina", "g@shop.example", 1_800_000_000) == \
        "ea8d275a2e70adfd627d170cad522bfceac0a6561341c68260388ccb8b04576a"


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

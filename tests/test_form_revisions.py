"""What a visitor was shown is what is recorded, whatever the owner makes of the site's forms meanwhile."""
import json
import sqlite3
from contextlib import closing

import pytest

from tests.profiles import open_with, seen, who
from tests.test_site_settings import Panel, page

CONSENT = {"name": "consent", "kind": "consent", "label": "I agree to the privacy notice", "required": True, "choices": []}
TOPIC = {"name": "choice", "kind": "choice", "label": "Topic", "required": True, "choices": ["Order", "Return"]}
NAME = {"name": "name", "kind": "name", "label": "Your name", "required": True, "choices": []}
# As the console made it: the kind was changed, the name stayed.
WRONG = {"name": "name", "kind": "email", "label": "Where to?", "required": True, "choices": []}
OFF = {"on": False, "fields": []}


@pytest.fixture
def guest(cast):
    return cast.guest()


def ask(cast, **forms):
    """Have the site ask this, and give the revisions that its panel shows since."""
    answer = cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": {"prechat": OFF, "offline": OFF} | forms})
    assert answer.status_code == 200, answer.text
    return Panel(page(cast).text).settings["revisions"]


def kept(cast):
    with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database:
        return [(form, json.loads(fields)) for form, fields in database.execute(
            "SELECT form, fields FROM form_revision WHERE site_id = ? ORDER BY rowid", [cast.site["id"]])]


def test_answers_are_recorded_as_they_were_asked(cast, guest):
    shown = ask(cast, prechat={"on": True, "fields": [CONSENT, TOPIC]})["prechat"]
    other_words = CONSENT | {"label": "I agree to get advertising every day"}
    ask(cast, prechat={"on": True, "fields": [other_words, TOPIC | {"choices": ["Order"]}]})
    ask(cast)
    assert open_with(guest, form={"consent": True, "choice": "Return", "more": "made up"}, form_revision=shown)["ok"]
    assert seen(guest)["form"] == [{"label": CONSENT["label"], "kind": "consent", "value": True},
                                   {"label": "Topic", "kind": "choice", "value": "Return"}]
    assert seen(guest)["left_message_id"] is None


def test_a_change_keeps_one_row_and_only_of_what_it_ends(cast):
    ask(cast)
    before = len(kept(cast))
    for _ in range(3):
        ask(cast, prechat={"on": True, "fields": [NAME | {"label": "One"}]})
        ask(cast, prechat={"on": False, "fields": [NAME | {"label": "One"}]})
        ask(cast, prechat={"on": True, "fields": [NAME | {"label": "Two"}]})
    labels = [fields[0]["label"] for form, fields in kept(cast)[before:] if fields]
    assert sorted(labels) == ["One", "Two"]


@pytest.mark.parametrize("revision", ["0" * 16, "x" * 64, "' OR 1"])
def test_a_revision_that_nobody_knows_is_as_none(cast, guest, revision):
    ask(cast, prechat={"on": True, "fields": [NAME, CONSENT]})
    assert open_with(guest, form={"name": "Otto", "consent": True, "label": "mine"}, form_revision=revision)["ok"]
    answers = [(answer["label"], answer["value"]) for answer in seen(guest)["form"]]
    assert answers == [("Your name", "Otto"), (CONSENT["label"], True)]


def test_another_sites_revision_is_not_known(cast, guest):
    shown = ask(cast, prechat={"on": True, "fields": [NAME | {"label": "Elsewhere"}]})["prechat"]
    ask(cast)
    stranger = cast.guest(site=cast.other_site)
    assert open_with(stranger, form={"name": "Otto"}, form_revision=shown)["ok"]
    number = stranger.http("POST", "/dialogs", {}).json()["dialog"]["id"]
    assert cast.owner.http("GET", f"/dialogs/{number}").json()["dialog"]["form"] is None


@pytest.mark.parametrize("is_named", [True, False], ids=["with the revision", "an older page"])
def test_an_address_in_the_form_that_is_on_is_no_name_of_the_one_that_is_off(cast, guest, is_named):
    shown = ask(cast, prechat={"on": False, "fields": [NAME]}, offline={"on": True, "fields": [WRONG]})
    named = {"form_revision": shown["offline"]} if is_named else {}
    opened = open_with(guest, form={"name": "otto@mail.example"}, **named)
    assert who(guest)["email"] == "otto@mail.example" and who(guest)["name"] is None
    row = seen(guest)
    assert row["form"] == [{"label": "Where to?", "kind": "email", "value": "otto@mail.example"}]
    assert row["left_message_id"] == (opened["message"]["id"] if is_named else None)


def test_a_message_that_is_left_without_any_answer_is_known_as_such(cast, guest):
    shown = ask(cast, offline={"on": True, "fields": []})["offline"]
    with cast.manager.socket() as desk:
        opened = open_with(guest, form={}, form_revision=shown)
        assert seen(guest)["left_message_id"] == opened["message"]["id"] and seen(guest)["form"] is None
        assert [told["dialog"]["left_message_id"] for told in desk.events("dialog")] in ([], [opened["message"]["id"]])


def test_of_two_addresses_the_first_is_the_guests_own(cast, guest):
    friend = {"name": "email_2", "kind": "email", "label": "A friend's", "required": False, "choices": []}
    shown = ask(cast, prechat={"on": True, "fields": [WRONG | {"name": "email"}, friend]})["prechat"]
    open_with(guest, form={"email": "otto@mail.example", "email_2": "fred@mail.example"}, form_revision=shown)
    assert who(guest)["email"] == "otto@mail.example"

"""What guests do beside writing: asking for a person, rating, looking back, and what waits for them unread."""
import sqlite3
from contextlib import closing

import pytest

from tests.cast import Guest
from tests.served import until
from tests.test_access import link_to


@pytest.fixture
def guest(cast):
    return cast.guest()


@pytest.fixture
def dialog(guest):
    return guest.open()["dialog"]


def ask(guest, dialog, place, body=None):
    return guest.http("POST", f"/dialogs/{dialog['id']}/{place}", body or {}).json()


def close(cast, dialog):
    assert cast.manager.http("POST", f"/dialogs/{dialog['id']}/close").json()["ok"]


def code(answer):
    return answer["error"]["code"]


def change(cast, sql, *values):
    with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database, database:
        return database.execute(sql, values).fetchall()


@pytest.mark.parametrize("place, body", [("handoff", {}), ("rating", {"rating": 5}), ("transcript", {"email": "a@b.example"})])
def test_only_the_guest_of_a_dialog_asks_for_anything_there(cast, dialog, place, body):
    close(cast, dialog)
    foreign, missing = ask(cast.guest(), dialog, place, body), ask(cast.guest(), {"id": 10**9}, place, body)
    assert foreign == missing and code(foreign) == "not_found"
    other_site = Guest(cast, guest_id=cast.guest().guest_id, site=cast.other_site)
    assert code(ask(other_site, dialog, place, body)) == "not_found"
    as_manager = cast.manager.http("POST", f"/dialogs/{dialog['id']}/{place}", body)
    assert code(as_manager.json()) == "not_found"


@pytest.mark.parametrize("event", ["handoff_request", "rate", "transcript_request", "history", "unread", "guest_set"])
def test_a_manager_is_no_guest(cast, dialog, event):
    with cast.manager.socket() as desk:
        assert code(desk.call(event, {"dialog_id": dialog["id"]})) == "unauthorized"


def test_a_guest_whom_the_assistant_answers_is_handed_to_a_person(cast, guest, dialog):
    change(cast, "UPDATE dialog SET handler = 'assistant' WHERE id = ?", dialog["id"])
    with guest.socket() as tab, cast.manager.socket() as desk:
        assert ask(guest, dialog, "handoff")["dialog"]["handler"] == "waiting"
        for listener in (tab, desk):
            until(lambda: listener.events("dialog"))
            assert listener.events("dialog")[-1]["dialog"]["handler"] == "waiting"


@pytest.mark.parametrize("handler", ["waiting", "manager"])
def test_who_waits_or_has_a_person_already_changes_nothing_by_asking(cast, guest, dialog, handler):
    if handler == "manager":
        cast.manager.http("POST", f"/dialogs/{dialog['id']}/takeover")
    with guest.socket() as tab:
        assert ask(guest, dialog, "handoff")["dialog"]["handler"] == handler
        tab.call("message_post", {"dialog_id": dialog["id"], "text": "after"})
        until(lambda: tab.events("message"))
        assert tab.events("dialog") == []


def test_asking_for_a_person_opens_a_closed_dialog_or_goes_to_the_newer_one(cast, guest, dialog):
    close(cast, dialog)
    assert ask(guest, dialog, "handoff")["dialog"]["status"] == "open"
    close(cast, dialog)
    newer = guest.open("a new matter")["dialog"]
    change(cast, "UPDATE dialog SET handler = 'assistant' WHERE id = ?", newer["id"])
    answer = ask(guest, dialog, "handoff")["dialog"]
    assert (answer["id"], answer["handler"]) == (newer["id"], "waiting")


def test_a_closed_dialog_is_rated_and_rated_anew(cast, guest, dialog):
    assert code(ask(guest, dialog, "rating", {"rating": 5})) == "conflict"
    close(cast, dialog)
    with cast.manager.socket() as desk:
        for body, kept in (({"rating": 2}, None), ({"rating": 2, "text": "slow"}, "slow"), ({"rating": 5}, "slow"),
                           ({"rating": 5, "text": " "}, None), ({"rating": 5, "text": ""}, None)):
            rated = ask(guest, dialog, "rating", body)["dialog"]
            assert rated["rating"] == body["rating"] and "rating_text" not in rated
            seen = cast.manager.http("GET", f"/dialogs/{dialog['id']}").json()["dialog"]
            assert (seen["rating"], seen["rating_text"]) == (body["rating"], kept)
        guest.http("POST", f"/dialogs/{dialog['id']}/typing", {"typing": False})
        until(lambda: desk.events("typing_stop"))
        # The last changed nothing.
        assert [(event["dialog"]["rating"], event["dialog"]["rating_text"]) for event in desk.events("dialog")] == [
            (2, None), (2, "slow"), (5, "slow"), (5, None)]


@pytest.mark.parametrize("body", [{}, {"rating": 0}, {"rating": 6}, {"rating": "5"}, {"rating": 4.5}, {"rating": True},
                                  {"rating": 5, "text": "x" * 1001}, {"rating": 5, "stars": 5}])
def test_what_is_no_rating_is_refused(cast, guest, dialog, body):
    close(cast, dialog)
    assert code(ask(guest, dialog, "rating", body)) == "invalid"
    assert cast.manager.http("GET", f"/dialogs/{dialog['id']}").json()["dialog"]["rating"] is None


def test_the_history_pages_through_the_guests_own_dialogs(cast, guest):
    ids = []
    for number in range(3):
        ids.append(guest.open(f"matter {number} " + "x" * 300)["dialog"]["id"])
        close(cast, {"id": ids[-1]})
    cast.guest().open("somebody else's")
    page = guest.http("GET", "/dialogs", params={"limit": 2}).json()
    assert [dialog["id"] for dialog in page["dialogs"]] == [ids[2], ids[1]] and page["cursor"] == ids[1]
    newest = page["dialogs"][0]
    assert set(newest) == {"id", "status", "created_at", "closed_at", "last_message"}
    assert (newest["status"], newest["last_message"]["sender"]) == ("closed", "guest") and newest["closed_at"]
    assert newest["last_message"]["text"] == ("matter 2 " + "x" * 300)[:200]
    with guest.on("widget").socket() as tab:
        rest = tab.call("history", {"cursor": page["cursor"]})
    assert [dialog["id"] for dialog in rest["dialogs"]] == [ids[0]] and rest["cursor"] is None
    assert cast.guest().http("GET", "/dialogs").json() == {"ok": True, "dialogs": [], "cursor": None}
    assert code(guest.http("GET", "/dialogs", params={"limit": 101}).json()) == "invalid"


def test_who_came_by_a_link_sees_their_own_dialogs_alone(cast, guest, dialog):
    cast.guest().open("somebody else's")
    headers = {"Replyx-Guest-Id": "", "Replyx-Guest-Link": link_to(cast, dialog)}
    listed = guest.http("GET", "/dialogs", headers=headers).json()["dialogs"]
    assert [row["id"] for row in listed] == [dialog["id"]]
    assert guest.http("GET", "/unread", headers=headers).json()["dialog_id"] == dialog["id"]


def test_unread_counts_what_others_wrote_since_the_guest_looked(cast, guest):
    assert guest.http("GET", "/unread").json() == {"ok": True, "dialog_id": None, "unread": 0, "message": None}
    assert change(cast, "SELECT count(*) FROM guest WHERE guest_hash = ?", guest.guest_id) == [(0,)]
    dialog = guest.open()["dialog"]
    path = f"/dialogs/{dialog['id']}"
    assert guest.http("GET", "/unread").json() == {"ok": True, "dialog_id": dialog["id"], "unread": 0, "message": None}
    for text in ("one", "t" * 200):
        last = cast.manager.http("POST", f"{path}/messages", {"text": text}).json()["message"]
    answer = guest.http("GET", "/unread").json()
    assert answer["unread"] == 2 and answer["message"] == {"sender": "manager", "author": last["author"], "text": "t" * 100,
                                                           "created_at": last["created_at"]}
    change(cast, "UPDATE message SET text = '', attachments = ? WHERE id = ?", '[{"name": "bill.pdf"}]', last["id"])
    assert guest.http("GET", "/unread").json()["message"]["text"] == "bill.pdf"
    [past] = guest.http("GET", "/dialogs").json()["dialogs"]
    assert past["last_message"]["text"] == "bill.pdf"
    change(cast, "UPDATE message SET attachments = NULL WHERE id = ?", last["id"])
    close(cast, dialog)
    assert guest.http("GET", "/unread").json()["unread"] == 2
    guest.http("POST", f"{path}/read", {"message_id": last["id"]})
    assert guest.http("GET", "/unread").json()["unread"] == 0


def test_a_line_that_leaves_by_itself_reads_nothing(cast, guest):
    """A line written without a connection goes out from a page whose chat is closed: what came meanwhile was not seen."""
    opened = guest.open()
    dialog, read_id = opened["dialog"], opened["message"]["id"]
    path = f"/dialogs/{dialog['id']}"
    answer = cast.manager.http("POST", f"{path}/messages", {"text": "an answer"}).json()["message"]
    for text in ("written before it", "and another"):
        assert guest.http("POST", f"{path}/messages", {"text": text, "read_id": read_id}).status_code == 201
    assert guest.http("GET", "/unread").json()["unread"] == 1
    assert cast.manager.http("GET", path).json()["dialog"]["guest_read_id"] < answer["id"]
    guest.http("POST", f"{path}/messages", {"text": "after it", "read_id": answer["id"]})
    assert guest.http("GET", "/unread").json()["unread"] == 0


def test_unread_counts_no_further_than_99(cast, guest, dialog):
    change(cast, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) INSERT INTO message "
           "(dialog_id, sender, text, client_id, created_at) SELECT ?, 'assistant', 'x', 'c' || i, '2026-01-01' FROM n",
           dialog["id"])
    assert guest.http("GET", "/unread").json()["unread"] == 99


def test_unread_and_history_need_a_guest_id(cast):
    for path in ("/unread", "/dialogs"):
        assert code(cast.guest().http("GET", path, headers={"Replyx-Guest-Id": ""}).json()) == "unauthorized"
    assert code(cast.guest().http("POST", "/guest", {}, headers={"Replyx-Guest-Id": ""}).json()) == "unauthorized"


def test_a_dialog_that_was_opened_again_comes_before_a_newer_one(cast, guest, dialog):
    close(cast, dialog)
    newer = guest.open("a new matter")["dialog"]
    close(cast, newer)
    assert guest.http("GET", "/unread").json()["dialog_id"] == newer["id"]
    assert cast.manager.http("POST", f"/dialogs/{dialog['id']}/reopen").json()["ok"]
    assert guest.http("GET", "/unread").json()["dialog_id"] == dialog["id"]
    assert guest.http("POST", "/dialogs", {}).json()["dialog"]["id"] == dialog["id"]

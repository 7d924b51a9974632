"""Opening a dialog and posting into it: a retry over any way makes neither a second dialog nor a second message."""
import socket
import sqlite3
import threading
import uuid
from contextlib import closing

import pytest

from tests.served import until


def lines_of(cast, client_id):
    with closing(sqlite3.connect(cast.served.instance / "replyx.db")) as database:
        return database.execute("SELECT dialog_id FROM message WHERE client_id = ?", [client_id]).fetchall()


def dialogs_of(guest):
    desk = guest.cast.owner
    listed = desk.http("GET", "/dialogs", params={"view": "all", "limit": 100}).json()["dialogs"]
    mine = guest.http("POST", "/dialogs", {}).json()["dialog"]
    return [dialog for dialog in listed if dialog["id"] == mine["id"]]


def test_without_a_message_nothing_is_stored(cast):
    guest = cast.guest()
    answer = guest.http("POST", "/dialogs", {})
    assert (answer.status_code, answer.json()["dialog"], answer.json()["messages"]) == (200, None, [])
    assert answer.json()["guest_id"] == guest.guest_id


def test_the_first_line_makes_the_dialog_and_the_second_goes_into_it(cast):
    guest = cast.guest()
    first, second = guest.open("one"), guest.open("two")
    assert first["dialog"]["id"] == second["dialog"]["id"]
    assert [line["text"] for line in second["messages"]] == ["one", "two"]
    assert second["message"]["text"] == "two"


def test_a_new_dialog_waits_for_a_person(cast):
    assert cast.guest().open()["dialog"]["handler"] == "waiting"


def test_the_server_makes_a_guest_id_for_a_caller_without_one(cast):
    guest = cast.guest()
    headers = {"Replyx-Site-Token": guest.site["site_token"], "Replyx-Guest-Id": ""}
    answer = guest.http("POST", "/dialogs", {"message": {"text": "hi"}}, headers=headers)
    assert answer.status_code == 201
    known = cast.guest()
    known.guest_id = answer.json()["guest_id"]
    assert known.http("POST", "/dialogs", {}).json()["messages"][0]["text"] == "hi"


def test_a_reply_that_was_cut_and_sent_again_makes_one_dialog_and_one_message(cast):
    guest, client_id = cast.guest(), str(uuid.uuid4())
    body = b'{"message": {"text": "cut", "client_id": "%s"}}' % client_id.encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in guest.headers.items())
    with socket.create_connection(("127.0.0.1", cast.served.port)) as wire:
        wire.sendall(f"POST /api/site/dialogs HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    until(lambda: lines_of(cast, client_id), what="the cut request's message")
    answer = guest.http("POST", "/dialogs", {"message": {"text": "cut", "client_id": client_id}})
    assert answer.status_code == 200 and answer.json()["duplicate"] is True
    assert lines_of(cast, client_id) == [(answer.json()["dialog"]["id"],)]


@pytest.mark.parametrize("same_line", [True, False], ids=["one line retried", "two tabs with a line each"])
def test_many_at_once_make_one_dialog(cast, same_line):
    guest, shared = cast.guest(), str(uuid.uuid4())
    answers, ids = [], [shared if same_line else str(uuid.uuid4()) for _ in range(8)]
    threads = [threading.Thread(target=lambda one=one: answers.append(guest.open("at once", one))) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["dialog"]["id"] for answer in answers}) == 1
    assert len({answer["message"]["id"] for answer in answers}) == (1 if same_line else 8)
    assert sum("duplicate" not in answer for answer in answers) == (1 if same_line else 8)


def test_a_duplicate_is_recognised_over_the_other_transport_and_told_to_nobody(cast):
    guest, client_id = cast.guest(), str(uuid.uuid4())
    dialog = guest.open()["dialog"]
    line = {"text": "once", "client_id": client_id}
    with guest.socket() as tab:
        first = tab.call("message_post", {"dialog_id": dialog["id"], **line})
        again = guest.http("POST", f"/dialogs/{dialog['id']}/messages", line)
        assert (again.status_code, again.json()["duplicate"]) == (200, True)
        assert again.json()["message"] == first["message"]
        tab.call("message_post", {"dialog_id": dialog["id"], "text": "after"})
        until(lambda: len(tab.events("message")) >= 2)
        assert [event["message"]["text"] for event in tab.events("message")] == ["once", "after"]


def test_a_client_id_of_somebody_else_in_the_dialog_is_a_conflict(cast):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    line = {"text": "mine", "client_id": str(uuid.uuid4())}
    path = f"/dialogs/{dialog['id']}/messages"
    assert cast.manager.http("POST", path, line).status_code == 201
    assert guest.http("POST", path, line).status_code == 409


def test_a_post_to_a_closed_dialog_reopens_it(cast):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    cast.manager.http("POST", f"/dialogs/{dialog['id']}/close")
    with cast.manager.socket() as desk:
        answer = guest.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "one more thing"})
        assert answer.status_code == 201 and answer.json()["dialog_id"] == dialog["id"]
        until(lambda: desk.events("message"))
        assert desk.events("dialog")[-1]["dialog"]["status"] == "open"


def test_a_post_to_a_closed_dialog_goes_to_the_guests_newer_open_one(cast):
    guest = cast.guest()
    old = guest.open()["dialog"]
    cast.manager.http("POST", f"/dialogs/{old['id']}/close")
    new = guest.open("a new matter")["dialog"]
    line = {"text": "late", "client_id": str(uuid.uuid4())}
    answer = guest.http("POST", f"/dialogs/{old['id']}/messages", line)
    assert answer.json()["dialog_id"] == new["id"] != old["id"]
    cast.manager.http("POST", f"/dialogs/{new['id']}/close")
    again = guest.http("POST", f"/dialogs/{old['id']}/messages", line)
    assert (again.json()["dialog_id"], again.json()["duplicate"]) == (new["id"], True)
    assert cast.manager.http("POST", f"/dialogs/{old['id']}/reopen").status_code == 200
    assert cast.manager.http("POST", f"/dialogs/{new['id']}/reopen").json()["error"]["code"] == "conflict"


def test_every_tab_of_the_guest_hears_of_a_dialog_made_in_one(cast):
    guest = cast.guest()
    with guest.socket() as tab, guest.on("widget").socket() as other_tab:
        guest.open("from nowhere")
        for listener in (tab, other_tab):
            until(lambda: listener.events("message"))
            assert [event for event, _ in listener.received] == ["dialog", "message"]


def test_pages_are_ascending_and_say_if_there_is_more(cast):
    guest = cast.guest()
    opened = guest.open("line 0")
    first, path = opened["message"]["id"], f"/dialogs/{opened['dialog']['id']}/messages"
    for number in range(1, 6):
        guest.http("POST", path, {"text": f"line {number}"})

    def page(**query):
        body = guest.http("GET", path, params=query).json()
        return [line["text"][-1] for line in body["messages"]], body["more"]
    assert page(after=first, limit=3) == (["1", "2", "3"], True)
    assert page(after=first, limit=5) == (["1", "2", "3", "4", "5"], False)
    assert page(limit=2) == (["4", "5"], True)
    last = guest.http("GET", path, params={"limit": 1}).json()["messages"][0]["id"]
    assert page(before=last, limit=2) == (["3", "4"], True)
    assert page(after=last) == ([], False)

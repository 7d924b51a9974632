"""What managers do with a dialog: who may, in which state, and what both sides hear."""
import pytest

from tests.served import until


@pytest.fixture
def guest(cast):
    return cast.guest()


@pytest.fixture
def dialog(guest):
    return guest.open()["dialog"]


def act(manager, action, dialog):
    return manager.http("POST", f"/dialogs/{dialog['id']}/{action}").json()


def code(answer):
    return answer["error"]["code"]


def test_a_takeover_tells_both_sides_who_answers(cast, guest, dialog):
    with guest.socket() as tab, cast.owner.socket() as desk:
        taken = act(cast.manager, "takeover", dialog)["dialog"]
        assert (taken["handler"], taken["manager"]["name"]) == ("manager", "Anna")
        for listener in (tab, desk):
            until(lambda: listener.events("dialog"))
            assert listener.events("dialog")[-1]["dialog"]["manager"]["name"] == "Anna"


def test_a_dialog_that_a_colleague_answers_is_not_taken_over(cast, dialog):
    act(cast.manager, "takeover", dialog)
    assert code(act(cast.colleague, "takeover", dialog)) == "conflict"
    assert act(cast.owner, "takeover", dialog)["dialog"]["manager"]["name"] == cast.owner.name
    assert code(act(cast.manager, "takeover", dialog)) == "conflict"


def test_a_second_takeover_of_ones_own_changes_nothing(cast, guest, dialog):
    act(cast.manager, "takeover", dialog)
    with guest.socket() as tab:
        assert act(cast.manager, "takeover", dialog)["ok"]
        act(cast.manager, "release", dialog)
        until(lambda: tab.events("dialog"))
        assert [event["dialog"]["handler"] for event in tab.events("dialog")] == ["waiting"]


def test_only_who_answers_or_an_owner_releases(cast, dialog):
    act(cast.manager, "takeover", dialog)
    assert code(act(cast.colleague, "release", dialog)) == "forbidden"
    assert act(cast.owner, "release", dialog)["dialog"]["handler"] == "waiting"
    assert act(cast.owner, "release", dialog)["dialog"]["handler"] == "waiting"


def test_a_reply_takes_over_unless_a_colleague_answers(cast, dialog):
    path = f"/dialogs/{dialog['id']}/messages"
    cast.manager.http("POST", path, {"text": "mine"})
    cast.colleague.http("POST", path, {"text": "may I add"})
    state = cast.manager.http("GET", f"/dialogs/{dialog['id']}").json()["dialog"]
    assert (state["handler"], state["manager"]["name"]) == ("manager", "Anna")


def test_a_closed_dialog_is_neither_taken_over_nor_written_to_by_managers(cast, guest, dialog):
    with guest.socket() as tab:
        assert act(cast.manager, "close", dialog)["dialog"]["status"] == "closed"
        until(lambda: tab.events("dialog"))
        assert tab.events("dialog")[-1]["dialog"]["status"] == "closed"
    assert code(act(cast.manager, "takeover", dialog)) == "conflict"
    assert code(cast.manager.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "x"}).json()) == "conflict"
    assert act(cast.manager, "close", dialog)["dialog"]["closed_at"] == act(cast.manager, "close", dialog)["dialog"]["closed_at"]


def test_a_reopened_dialog_waits(cast, dialog):
    act(cast.manager, "takeover", dialog)
    act(cast.manager, "close", dialog)
    reopened = act(cast.colleague, "reopen", dialog)["dialog"]
    assert (reopened["status"], reopened["handler"], reopened["manager"]) == ("open", "waiting", None)


def test_the_list_pages_by_activity_and_filters(cast):
    first, second, third = (cast.guest().open(f"list {number}")["dialog"]["id"] for number in range(3))
    elsewhere = cast.guest(site=cast.other_site).open("elsewhere")["dialog"]["id"]

    def listed(who, **query):
        body = who.http("GET", "/dialogs", params=query).json()
        return [row["id"] for row in body["dialogs"]], body["cursor"]
    page, cursor = listed(cast.manager, limit=2)
    assert page == [third, second]
    assert listed(cast.manager, limit=1, cursor=cursor)[0] == [first]
    assert listed(cast.owner, limit=1)[0] == [elsewhere]
    assert listed(cast.owner, site_id=cast.site["id"], limit=1)[0] == [third]
    act(cast.manager, "takeover", {"id": second})
    assert listed(cast.manager, view="mine")[0][0] == second
    assert second not in listed(cast.manager, view="waiting", limit=100)[0]
    act(cast.manager, "close", {"id": second})
    assert listed(cast.manager, view="closed", limit=1)[0] == [second]


def test_reading_moves_a_mark_forward_only_and_never_past_the_end(cast, guest, dialog):
    last = cast.manager.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "hi"}).json()["message"]["id"]
    with cast.manager.socket() as desk:
        for mark in (2**53 - 1, last, 1):
            guest.http("POST", f"/dialogs/{dialog['id']}/read", {"message_id": mark})
        guest.http("POST", f"/dialogs/{dialog['id']}/typing", {"typing": False})
        until(lambda: desk.events("typing_stop"))
        assert desk.events("read") == [{"dialog_id": dialog["id"], "sender": "guest", "message_id": last}]


def test_a_page_is_bounded_by_its_text(guest, dialog):
    path = f"/dialogs/{dialog['id']}/messages"
    for _ in range(12):
        guest.http("POST", path, {"text": "x" * 10_000})
    newest = guest.http("GET", path, params={"limit": 200}).json()
    assert len(newest["messages"]) == 10 and newest["more"] is True
    older = guest.http("GET", path, params={"before": newest["messages"][0]["id"]}).json()
    assert len(older["messages"]) == 3 and older["more"] is False

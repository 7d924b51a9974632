"""Every action, over both transports and channels: the same answer, the same row, the same broadcast."""
import re
import sqlite3
import uuid
from contextlib import closing

import pytest
import requests

from replyx.errors import CODES
from replyx.intake import ACTIONS
from tests.served import until

HTTP_ONLY = {"session.create", "session.delete", "setup.create", "two_factor.begin", "two_factor.confirm", "arrival.get",
             "unsubscribe", "site.secret", "trial.begin", "trial.get", "trial.report", "trial.tell", "file.upload", "avatar.set"}
BOTH = [action for action in ACTIONS.values() if not action.http_only]
WAYS = [(action.name, channel) for action in BOTH
        for channel in (["site", "widget"] if "guest" in action.who else []) + (["manager"] if "manager" in action.who else [])]
# What must be true before the action makes sense, as manager's actions on the dialog.
BEFORE = {"release": ["takeover"], "reopen": ["close"], "rate": ["close"], "handoff.request": ["close"]}
PAYLOADS = {
    "dialog.open": lambda dialog: {"message": {"text": "once more", "client_id": str(uuid.uuid4())}, "lang": "ru",
                                   "profile": {"name": "Gina", "attributes": {"plan": "pro"}}, "form": {"no": "such field"}},
    "message.list": lambda dialog: {"after": 0, "limit": 10},
    "message.post": lambda dialog: {"text": "a line", "client_id": str(uuid.uuid4())},
    "typing": lambda dialog: {"typing": True},
    "read": lambda dialog: {"message_id": dialog["last_message_id"]},
    "dialog.list": lambda dialog: {"view": "all", "limit": 1},
    "delivery.report": lambda dialog: {"failures": [{"transport": "socket", "code": "no_ack", "count": 2}], "retried": 1},
    "contact": lambda dialog: {"email": "guest@mail.example", "lang": "en"},
    "guest.set": lambda dialog: {"name": "Gina", "user_id": "7", "attributes": {"plan": "pro", "visits": 3, "trial": False}},
    "rate": lambda dialog: {"rating": 4, "text": "quick"},
    "transcript.request": lambda dialog: {"email": "guest@mail.example", "lang": "ru"},
    "history": lambda dialog: {"limit": 10},
    "mail.set": lambda dialog: {"wanted": True},
    "outbox.retry": lambda dialog: {"letter_id": dialog["letter_id"]},
    "site.set": lambda dialog: {"name": "Shop", "settings": {"greeting": "Hi", "look": {"corner": "left"}}},
}
OWNERS = {"outbox.list", "outbox.retry", "site.get", "site.set"}
# What a server without mail refuses, in one way too; test_mail.py has the other.
REFUSED = {"transcript.request": "conflict"}


def test_only_these_actions_are_http_only():
    assert {action.name for action in ACTIONS.values() if action.http_only} == HTTP_ONLY


# Counted over all stages, and written every few seconds.
COUNTS = {"socket", "http", "retried", "duplicates", "refused", "failed"}
MESSAGE_IDS = {"last_message_id", "last_guest_message_id", "guest_read_id", "manager_read_id", "message_id", "cursor"}


class Stage:
    """One dialog, its guest's tab and its manager's desk listening, and a way to run an action in it."""

    def __init__(self, cast, channel, transport):
        self.cast, self.channel, self.transport = cast, channel, transport
        self.guest = cast.guest()
        opened = self.guest.open("first")
        self.dialog, self.first_id = opened["dialog"], opened["message"]["id"]
        self.desk, self.tab = cast.manager.socket(), self.guest.socket()
        self.manager_writes()
        self.dialog["letter_id"] = self.a_letter_was_given_up()

    def a_letter_was_given_up(self):
        with closing(sqlite3.connect(self.cast.served.instance / "replyx.db", timeout=10)) as database, database:
            database.execute("DELETE FROM outbox")
            return database.execute(
                "INSERT INTO outbox (kind, dialog_id, lines, due_at, dead_at, error, created_at) VALUES ('mail', ?, '{}', "
                "'2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'refused 550', '2026-01-01T00:00:00.000Z')",
                [self.dialog["id"]]).lastrowid

    def manager_writes(self):
        answer = self.desk.call("message_post", {"dialog_id": self.dialog["id"], "text": "from the desk"})
        self.dialog["last_message_id"] = answer["message"]["id"]
        self.desk.call("release", {"dialog_id": self.dialog["id"]})

    def run(self, action, payload):
        """The answer's status (200 over a socket) and body; and what tab and desk heard of it."""
        for name in BEFORE.get(action.name, []):
            self.desk.call(name, {"dialog_id": self.dialog["id"]})
        before = self._heard()
        body = self._socket(action, payload) if self.transport == "socket" else self._http(action, payload)
        after = self._heard()
        return body, self.tab.received[before[0]:after[0] - 1], self.desk.received[before[1]:after[1] - 1]

    def _heard(self):
        """How much tab and desk have received, up to a mark: what was sent before it has arrived when it has."""
        marks = [len(listener.events("typing_stop")) for listener in (self.tab, self.desk)]
        self.desk.call("typing", {"dialog_id": self.dialog["id"], "typing": False})
        for listener, seen in zip((self.tab, self.desk), marks):
            until(lambda: len(listener.events("typing_stop")) > seen, what="the mark")
        return len(self.tab.received), len(self.desk.received)

    def _socket(self, action, payload):
        if "<dialog_id>" in action.route:
            payload = {"dialog_id": self.dialog["id"], **payload}
        if "<letter_id>" in action.route:
            payload = {"letter_id": self.dialog["letter_id"]}
        if "<site_id>" in action.route:
            payload = {"site_id": self.cast.site["id"], **payload}
        if action.name in OWNERS:
            with self.cast.owner.socket() as desk:
                return desk.call(action.event, payload)
        if self.channel == "manager":
            return self.desk.call(action.event, payload)
        with self.guest.on(self.channel).socket() as tab:
            return tab.call(action.event, payload)

    def _http(self, action, payload):
        path = action.route.replace("<dialog_id>", str(self.dialog["id"])).replace("<site_id>", str(self.cast.site["id"]))
        if "<letter_id>" in path:
            path = path.replace("<letter_id>", str(payload["letter_id"]))
            payload = {}
        manager = self.cast.owner if action.name in OWNERS else self.cast.manager
        who = manager if self.channel == "manager" else self.guest.on(self.channel)
        query = {"params": payload} if action.method == "GET" else {"json": payload}
        return who.http(action.method, path, **query).json()

    def rows(self):
        """The dialog's row and its lines, as they lie on the disk."""
        with closing(sqlite3.connect(self.cast.served.instance / "replyx.db")) as database:
            database.row_factory = sqlite3.Row
            return [[dict(row) for row in database.execute(f"SELECT {columns} WHERE {key} = ? ORDER BY 1", [self.dialog["id"]])]
                    for columns, key in (("* FROM dialog", "id"), ("* FROM message", "dialog_id"),
                                         ("settings FROM site JOIN dialog ON site.id = site_id", "dialog.id"),
                                         ("kind, dead_at, attempts FROM outbox", "dialog_id"),
                                         ("email, lang, name, user_id, is_verified, attributes FROM guest "
                                          "JOIN dialog ON guest.id = guest_id", "dialog.id"))]

    def close(self):
        self.desk.close()
        self.tab.close()


def plain(value, first_id, key=None, parent=None):
    """The value without what differs from stage to stage by its nature: times, UUIDs and hashes go; the ids of dialog
    and guest become their names, those of messages their distance from the stage's first."""
    if key in COUNTS:
        return "COUNTED"
    if isinstance(value, dict):
        return {name: plain(item, first_id, name, {**value, "of": key}) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, first_id, key, parent) for item in value]
    if isinstance(value, str):
        return re.sub(r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z)$", "VARIES", value)
    if isinstance(value, int) and not isinstance(value, bool):
        is_own = "dead_at" in parent or "status" in parent or parent["of"] == "guest"
        if key in ("dialog_id", "guest_id") or (key == "id" and is_own):
            return "OWN"
        if key in MESSAGE_IDS or (key == "id" and "sender" in parent):
            return value and value - first_id
    return value


@pytest.mark.parametrize("name, channel", WAYS)
def test_both_transports_answer_store_and_tell_the_same(cast, name, channel):
    action, outcomes = ACTIONS[name], []
    for transport in ("socket", "http"):
        stage = Stage(cast, channel, transport)
        payload = PAYLOADS.get(name, lambda dialog: {})(stage.dialog)
        body, heard_by_guest, heard_by_manager = stage.run(action, payload)
        assert body["ok"] or body["error"]["code"] == REFUSED[name], body
        action.output.load({field: value for field, value in body.items() if field not in ("ok", "error")})
        outcome = {"answer": body, "guest": heard_by_guest, "manager": heard_by_manager, "rows": stage.rows()}
        outcomes.append(plain(outcome, stage.first_id))
        stage.close()
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("channel", ["site", "widget"])
@pytest.mark.parametrize("transport", ["socket", "http"])
def test_every_way_of_posting_reaches_everybody_in_the_dialog(cast, channel, transport):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    line = {"text": f"{channel} over {transport}", "client_id": str(uuid.uuid4())}
    with guest.socket() as by_token, guest.on("widget").socket() as by_assistant, cast.manager.socket() as desk:
        if transport == "socket":
            answer = (by_token if channel == "site" else by_assistant).call("message_post", {"dialog_id": dialog["id"], **line})
        else:
            answer = guest.on(channel).http("POST", f"/dialogs/{dialog['id']}/messages", line).json()
        assert answer["ok"] and answer["message"]["client_id"] == line["client_id"]
        for listener in (by_token, by_assistant, desk):
            until(lambda: listener.events("message"))
            assert listener.events("message") == [{"message": answer["message"]}]


@pytest.mark.parametrize("channel", ["site", "widget"])
def test_a_request_with_everything_in_its_query_is_stored_and_broadcast(cast, served, channel):
    """`POST /api/widget/dialogs/{id}/messages?assistant_id=..&guest_id=..`, and the same with a site token."""
    guest = cast.guest(channel)
    dialog = guest.open()["dialog"]
    with guest.socket() as tab, guest.socket() as second_tab:
        answer = requests.post(f"{served.url}/api/{channel}/dialogs/{dialog['id']}/messages", params=guest.auth,
                               json={"text": "hi"}, timeout=10)
        assert answer.status_code == 201
        for listener in (tab, second_tab):
            until(lambda: listener.events("message"))
            assert listener.events("message")[0]["message"]["text"] == "hi"


def test_a_manager_sees_only_the_managers_view_and_a_guest_only_the_guests(cast):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    assert "guest" not in dialog and "site" not in dialog
    with cast.manager.socket() as desk:
        seen = desk.call("dialog_get", {"dialog_id": dialog["id"]})
    assert guest.guest_id not in str(seen) and set(seen["dialog"]["guest"]) == {
        "id", "name", "user_id", "verified", "attributes"}


def test_every_refusal_has_a_code_of_the_list(cast):
    answer = cast.guest().http("POST", "/dialogs/1/nothing", {})
    assert answer.status_code == CODES[answer.json()["error"]["code"]].status

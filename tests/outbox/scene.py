"""The people around the outbox, an app with its clock in the test's hand, and what is kept to be sent."""
import uuid
from contextlib import contextmanager

from replyx import config, create_app
from replyx.database import reader
from replyx.extensions import db, writer
from replyx.outbox import outbox

URL = "https://chat.example"
MINUTE = 60


class Clock:
    def __init__(self):
        self.at = 1_800_000_000.0

    def __call__(self):
        return self.at

    def pass_by(self, minutes):
        self.at += minutes * MINUTE


@contextmanager
def running(folder, **settings):
    app = create_app(config.load({"REPLYX_INSTANCE": str(folder), "REPLYX_RATE_LIMITS": "1", **settings}))
    try:
        yield app
    finally:
        writer.stop()
        with app.app_context():
            db.engine.dispose()


class Scene:
    """The people, and a guest who writes."""

    def __init__(self, app, people, time=None):
        self.time, self.client, self.guest_id = time, app.test_client(), str(uuid.uuid4())
        self.site, self.other_site, self.manager, self.key = (people[name] for name in ("site", "other_site", "manager", "key"))

    def guest(self, path, body, guest_id=None, site=None, status=(200, 201)):
        headers = {"Replyx-Site-Token": (site or self.site)["site_token"], "Replyx-Guest-Id": guest_id or self.guest_id}
        answer = self.client.post(f"/api/site/dialogs{path}", json=body, headers=headers)
        assert answer.status_code in status, answer.json
        return answer.json

    def write(self, text="hello", **who):
        return self.guest("", {"message": {"text": text}}, **who)["dialog"]["id"]

    def leave_address(self, dialog_id, email="guest@mail.example", **options):
        return self.guest(f"/{dialog_id}/contact", {"email": email, **options})

    def act(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.post(f"/api/manager{path}", json=body or {}, headers=headers)
        assert answer.status_code in (200, 201), answer.json
        return answer.json

    def answer(self, dialog_id, text="an answer"):
        return self.act(f"/dialogs/{dialog_id}/messages", {"text": text})

    def after(self, minutes):
        self.time.pass_by(minutes)
        outbox.run_due()


@contextmanager
def statements():
    """What the writer runs meanwhile and has to do with the outbox."""
    found = []
    writer._hold.connection.set_trace_callback(lambda sql: found.append(sql) if "outbox" in sql else None)
    yield found
    writer._hold.connection.set_trace_callback(None)


def rows(where="1"):
    return reader.all(f"SELECT * FROM outbox WHERE {where} ORDER BY id")

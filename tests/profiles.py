"""Hands on who a guest is said to be: what their page tells, signed or not, and what managers see of it."""
import json
import sqlite3
import time
import uuid
from contextlib import closing

from replyx import identity

SECRET = "s3cret"
FIELDS = [{"name": "who", "kind": "name", "label": "Your name", "required": True},
          {"name": "mail", "kind": "email", "label": "E-mail", "required": True},
          {"name": "topic", "kind": "choice", "label": "Topic", "required": False, "choices": ["Order", "Other"]},
          {"name": "agreed", "kind": "consent", "label": "I agree", "required": True}]
OFFLINE = [{"name": "mail", "kind": "email", "label": "Where to?", "required": True},
           {"name": "more", "kind": "text", "label": "Anything else?", "required": False}]


def with_secret(cast):
    """The cast, whose first site asks in two forms and has a secret to sign with."""
    settings = {"prechat": {"on": True, "fields": FIELDS}, "offline": {"on": True, "fields": OFFLINE}}
    with closing(sqlite3.connect(cast.served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE site SET identity_secret = ?, settings = ? WHERE id = ?",
                         [SECRET, json.dumps(settings), cast.site["id"]])
    return cast


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

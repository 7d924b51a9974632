"""Dialogs: what only guests do with them."""
from .. import guest_schemas, guest_store, schemas, store
from ..actions import GUEST, Action, Answer
from ..attachments import summary
from ..database import reader
from ..errors import Conflict
from ..extensions import writer
from ..limits import by_both, limiter
from ..outbox import outbox
from ..values import mailbox
from .rules import announce, require, view

LONGEST_LAST, LONGEST_PREVIEW = 200, 100


def request_handoff(identity, payload, context):
    """Ask for a person. As writing does, it opens a closed dialog again, or goes to the guest's newer open one."""
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        if dialog["status"] == "closed":
            dialog = store.open_dialog(tx, identity.site_id, identity.guest_hash) or dialog
        changed = dialog["status"] == "closed" or dialog["handler"] == "assistant"
        if dialog["status"] == "closed":
            store.set_status(tx, dialog["id"], "open", "waiting")
        elif changed:
            store.set_handler(tx, dialog["id"], "waiting")
        return store.dialog(tx, dialog["id"]), changed
    return _changed(identity, unit)


def rate(identity, payload, context):
    """Rate a closed dialog; the newest rating counts. The stars may come before the text, and change without it."""
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        if dialog["status"] != "closed":
            raise Conflict("The dialog is still open. Rate it when it is closed.")
        changed = guest_store.set_rating(tx, dialog["id"], payload["rating"])
        if "text" in payload:
            changed += guest_store.set_rating_text(tx, dialog["id"], payload["text"].strip() or None)
        return store.dialog(tx, dialog["id"]), changed
    return _changed(identity, unit)


def _changed(identity, unit):
    """Run a unit that gives the dialog and whether it changed; tell the rooms if it did."""
    row, _ = writer.submit(unit, lambda result: result[1] and announce(result[0]))
    return Answer({"dialog": view(identity, row)})


def request_transcript(identity, payload, context):
    """Mail the dialog to an address, once. Anybody's address may be given, so nobody can have mailed what only they wrote."""
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        if not outbox.is_on:
            raise Conflict("This chat can't send mail. Copy what you need from it.")
        if not guest_store.is_answered(tx, dialog["id"]):
            raise Conflict("Nobody has answered yet. Ask for the mail when somebody has.")
        guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
        _count_transcript(identity, mailbox(payload["email"]), guest, context)
        guest_store.add_transcript(tx, dialog["id"], payload["email"], payload.get("lang"))
    writer.submit(unit, lambda _: outbox.wake())
    return Answer()


def _count_transcript(identity, to, guest, context):
    """Count a mail that a guest asks for: by the guest, by where it is asked for, and by whom it goes to. Whoever is written to by
    strangers as often as a day allows can still have their own chats mailed, and if the site vouches for their address, also
    when strangers say that it is theirs. Raises RateLimited."""
    is_own = bool(guest["email"]) and mailbox(guest["email"]) == to
    limiter.hit_all([*by_both("transcript", identity, context), ("transcript_to", "identity", (identity.key, to)),
                     ("transcript_to", "address", (is_own, is_own and guest["is_verified"], to))])


def list_history(identity, payload, context):
    rows = guest_store.history(reader, identity.site_id, identity.guest_hash, payload.get("cursor"), payload["limit"] + 1)
    page = rows[:payload["limit"]]
    return Answer({"dialogs": [_past(row) for row in page], "cursor": page[-1]["id"] if len(rows) > len(page) else None})


def _past(row):
    text = summary(row["text"], row["attachments"])
    last = {"sender": row["sender"], "text": text[:LONGEST_LAST], "created_at": row["last_message_at"]}
    return {**{name: row[name] for name in ("id", "status", "created_at", "closed_at")}, "last_message": last}


def count_unread(identity, payload, context):
    """What the guest has not seen, for a page where the chat is closed. It makes nothing."""
    found = guest_store.unread(reader, identity.site_id, identity.guest_hash)
    if found is None:
        return Answer({"dialog_id": None, "unread": 0, "message": None})
    message = None
    if found["unread"]:
        row = store.message(reader, found["last_id"])
        text = summary(row["text"], row["attachments"])
        message = {"sender": row["sender"], "author": schemas.author_of(row["author_name"], row["author_avatar"]),
                   "text": text[:LONGEST_PREVIEW], "created_at": row["created_at"]}
    return Answer({"dialog_id": found["dialog_id"], "unread": found["unread"], "message": message})


def _on_dialog(name, shape, run, answer, event, place, summary):
    """A guest's action on one dialog."""
    return Action(name, GUEST, shape, run, answer, event, "POST", f"/dialogs/<dialog_id>/{place}", "message", summary=summary)


ACTIONS = (
    Action("unread", GUEST, schemas.Input(), count_unread, guest_schemas.UnreadAnswer(), "unread", "GET", "/unread", "read",
           summary="How many lines the guest has not seen, and the newest of them"),
    Action("history", GUEST, guest_schemas.History(), list_history, guest_schemas.HistoryAnswer(), "history", "GET", "/dialogs",
           "read", summary="A page of the guest's own dialogs, the newest first"),
    _on_dialog("handoff.request", schemas.DialogRef(), request_handoff, schemas.DialogAnswer(), "handoff_request", "handoff",
               "Ask for a person"),
    _on_dialog("rate", guest_schemas.Rating(), rate, schemas.DialogAnswer(), "rate", "rating", "Rate a closed dialog"),
    _on_dialog("transcript.request", guest_schemas.Transcript(), request_transcript, schemas.Nothing(), "transcript_request",
               "transcript", "Have the dialog mailed to an address, once"),
)

"""Messages: posting, reading and catching up, for guests and managers alike, and the order of their effects."""
import logging
import uuid

from .. import files_store, guest_schemas, markdown, rooms, schemas, store
from ..actions import BOTH, GUEST, Action, Answer
from ..database import reader
from ..errors import Conflict, Invalid
from ..extensions import writer
from ..limits import by_both, limiter
from ..outbox import outbox
from ..tally import tally
from . import profile
from .rules import announce, handler_without_manager, manager_rooms, require, tell_log, view

log = logging.getLogger(__name__)

PAGE = 50
# Clients know it by this text, and send the message without the file: `outbox.js`.
GONE = "This file is gone."


def open_dialog(identity, payload, context):
    """Catch up with the guest's dialog; with a message, post it there or make the dialog with it, and keep who the guest is."""
    stored = {}
    if "message" in payload:
        line = _line(payload["message"])
        stored = _store(context, identity, lambda tx: profile.introduce(
            tx, identity, payload, _post_as_guest(tx, identity, None, line, context)))
    else:
        profile.check(identity, payload.get("profile", {}))
    row = store.newest_dialog(reader, identity.site_id, identity.guest_hash)
    if stored and row["id"] != stored["dialog_id"]:
        row = store.dialog(reader, stored["dialog_id"])
    body = {"dialog": None, "messages": [], "more": False, **({"guest_id": identity.guest_id} if identity.guest_id else {})}
    if row:
        lines, more = store.messages(reader, row["id"], PAGE)
        body |= {"dialog": view(identity, row), "messages": [schemas.dump_message(line) for line in lines], "more": more}
    return Answer(body | _posted(stored), made=bool(stored) and not stored["duplicate"])


def post_message(identity, payload, context):
    line = _line(payload)
    if identity.speaks == "manager":
        # Before the transaction, which finds it made: everybody's writes would wait for a text that takes its time.
        markdown.html(line["text"])
    post = _post_as_guest if identity.speaks == "guest" else _post_as_manager
    stored = _store(context, identity, lambda tx: post(tx, identity, payload["dialog_id"], line, context))
    return Answer({"dialog_id": stored["dialog_id"], **_posted(stored)}, made=not stored["duplicate"])


def _line(payload):
    """What a message says: its text, its client_id, the ids of its files, and what its writer had seen."""
    return {"text": payload["text"], "client_id": payload.get("client_id") or str(uuid.uuid4()),
            "attachments": payload.get("attachments", []), "read_id": payload.get("read_id")}


def _posted(stored):
    if not stored:
        return {}
    return {"message": stored["wire"], **({"duplicate": True} if stored["duplicate"] else {})}


def _store(context, identity, unit):
    """Run a posting unit; once it is on disk, count it, tell the rooms and the log. A duplicate is told to nobody again."""
    def after(stored):
        tally.add(stored["site_id"], context.transport, "duplicate" if stored["duplicate"] else "stored")
        if stored["duplicate"]:
            return
        dialog = stored["dialog"]
        prefix = identity.channel.capitalize()
        if stored["changed"]:
            announce(dialog)
            if identity.speaks == "manager":
                tell_log("taken over", dialog["id"], identity, context)
        if stored["opened"]:
            log.info("[%s] dialog open dialog=%d connections=%d", prefix, dialog["id"],
                     len(rooms.members(rooms.dialog(dialog["id"]))))
        names = rooms.dialog(dialog["id"]), *manager_rooms(dialog["site_id"])
        rooms.broadcast("message", {"message": stored["wire"]}, *names)
        log.info("[%s] message stored dialog=%d message=%d transport=%s", prefix, dialog["id"], stored["wire"]["id"],
                 context.transport)
    return writer.submit(unit, after)


def _post_as_guest(tx, identity, dialog_id, line, context):
    """Post into the dialog named, reopening it, or into the guest's open one; `dialog_id` None makes one if need be."""
    again = store.guest_message_by_client_id(tx, identity.site_id, identity.guest_hash, line["client_id"])
    if again:
        return _duplicate(again, "guest", identity.site_id)
    dialog = require(identity, store.dialog_state(tx, dialog_id)) if dialog_id else None
    opened = False
    if dialog is None or dialog["status"] == "closed":
        other = store.open_dialog(tx, identity.site_id, identity.guest_hash)
        if other:
            dialog = other
        else:
            dialog = _reopen(tx, dialog) if dialog else _make(tx, identity, context)
            opened = True
    row = _add(tx, identity, dialog, line)
    outbox.note_guest_line(tx, dialog["id"])
    return _stored(tx, row, dialog, opened, opened)


def _post_as_manager(tx, identity, dialog_id, line, context):
    """Post as a manager, who takes over unless another manager already answers."""
    dialog = require(identity, store.dialog_state(tx, dialog_id))
    again = store.message_by_client_id(tx, dialog["id"], line["client_id"])
    if again:
        return _duplicate(again, "manager", dialog["site_id"])
    if dialog["status"] == "closed":
        raise Conflict("The dialog is closed. Reopen it to write.")
    changed = dialog["handler"] != "manager"
    if changed:
        store.set_handler(tx, dialog["id"], "manager", identity.manager_id)
    row = _add(tx, identity, dialog, line, author_name=identity.name, author_avatar=identity.avatar,
               manager_id=identity.manager_id)
    outbox.note_manager_line(tx, dialog["id"], dialog["has_email"])
    return _stored(tx, row, dialog, changed)


def _add(tx, identity, dialog, line, **author):
    """Store the line with its files. Raises Invalid for those that are not this sender's, or in another message already."""
    ids, files = line["attachments"], []
    if ids:
        files = files_store.unused(tx, ids, dialog["site_id"], identity.uploader)
        if len(files) < len(ids):
            raise _without(ids, len(files), files_store.known(tx, ids))
    row = store.add_message(tx, dialog["id"], identity.speaks, line["text"], line["client_id"], files=files,
                            read_id=line["read_id"], **author)
    if files:
        files_store.use(tx, ids, row["id"])
    return row


def _without(ids, usable, known):
    """Why a message's files can't go with it; those that are gone are named by their places, where there is nothing else."""
    gone = {str(place): [GONE] for place, file_id in enumerate(ids) if file_id not in known}
    if usable + len(gone) == len(ids):
        return Invalid("A file that no message had is deleted after a day. Send the message without it, or attach it again.",
                       fields={"attachments": gone})
    message = "A file was sent before, or is not yours. Attach it again."
    return Invalid(message, fields={"attachments": [message]})


def _duplicate(row, sender, site_id):
    if row["sender"] != sender:
        raise Conflict("This client_id belongs to another message. Send with a new one.")
    return {"wire": schemas.dump_message(row), "dialog_id": row["dialog_id"], "site_id": site_id, "duplicate": True}


def _stored(tx, row, dialog, changed, opened=False):
    """`changed` says that the dialog's state did too, beyond the new line; then the whole view goes to the rooms. `opened`:
    the line made the dialog, or opened it again."""
    dialog = store.dialog(tx, dialog["id"]) if changed else dialog
    return {"wire": schemas.dump_message(row), "dialog_id": dialog["id"], "site_id": dialog["site_id"], "dialog": dialog,
            "changed": changed, "opened": opened, "duplicate": False}


def _make(tx, identity, context):
    """A new dialog; counted by itself, so that nobody floods the managers with them."""
    limiter.hit_all(by_both("dialog", identity, context))
    dialog_id = store.add_dialog(tx, identity.site_id, identity.assistant_id, identity.guest_hash,
                                 handler_without_manager())
    return {"id": dialog_id, "site_id": identity.site_id}


def _reopen(tx, dialog):
    store.set_status(tx, dialog["id"], "open", handler_without_manager())
    return dialog


def list_messages(identity, payload, context):
    dialog = require(identity, store.dialog(reader, payload["dialog_id"]))
    lines, more = store.messages(reader, dialog["id"], payload["limit"], payload.get("after"), payload.get("before"))
    return Answer({"messages": [schemas.dump_message(line) for line in lines], "more": more,
                   "dialog": view(identity, dialog)})


def sync(identity, payload, context):
    dialog = require(identity, store.dialog(reader, payload["dialog_id"]))
    return Answer({"last_message_id": dialog["last_message_id"], "dialog": view(identity, dialog)})


def typing(identity, payload, context):
    dialog = require(identity, store.dialog_state(reader, payload["dialog_id"]))
    event = "typing_start" if payload["typing"] else "typing_stop"
    rooms.broadcast(event, {"dialog_id": dialog["id"], "sender": identity.speaks},
                    rooms.dialog(dialog["id"]), *manager_rooms(dialog["site_id"]))
    return Answer()


def read(identity, payload, context):
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        moved = store.mark_read(tx, dialog["id"], identity.speaks, payload["message_id"])
        return dialog, moved

    def after(result):
        dialog, moved = result
        if moved:
            mark = {"dialog_id": dialog["id"], "sender": identity.speaks,
                    "message_id": min(payload["message_id"], dialog["last_message_id"])}
            rooms.broadcast("read", mark, rooms.dialog(dialog["id"]), *manager_rooms(dialog["site_id"]))
    writer.submit(unit, after)
    return Answer()


ACTIONS = (
    Action("dialog.open", GUEST, guest_schemas.DialogOpen(), open_dialog, schemas.DialogOpenAnswer(), "dialog_open", "POST",
           "/dialogs", "message", status=201, makes_guest=True,
           posts=lambda payload: isinstance(payload, dict) and "message" in payload,
           summary="Catch up, and post a first message if there is one"),
    Action("message.list", BOTH, schemas.MessageList(), list_messages, schemas.MessagesAnswer(), "message_list", "GET",
           "/dialogs/<dialog_id>/messages", "read", summary="A page of messages, ascending"),
    Action("message.post", BOTH, schemas.MessagePost(), post_message, schemas.MessageAnswer(), "message_post", "POST",
           "/dialogs/<dialog_id>/messages", "message", status=201, posts=lambda payload: True,
           summary="Store a message and tell the dialog's rooms"),
    Action("typing", BOTH, schemas.Typing(), typing, schemas.Nothing(), "typing", "POST",
           "/dialogs/<dialog_id>/typing", "typing", summary="Say that somebody types, or has stopped"),
    Action("read", BOTH, schemas.Read(), read, schemas.Nothing(), "read", "POST",
           "/dialogs/<dialog_id>/read", "read", summary="Mark everything up to a message as read"),
    Action("sync", BOTH, schemas.DialogRef(), sync, schemas.SyncAnswer(), "sync", "GET",
           "/dialogs/<dialog_id>/sync", "read", summary="The newest message's id and the dialog's state; the heartbeat"),
)

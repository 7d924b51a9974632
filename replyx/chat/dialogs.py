"""Dialogs: what only managers do with them."""
from .. import schemas, store
from ..actions import MANAGER, Action, Answer
from ..database import reader
from ..errors import Conflict, Forbidden, NotFound
from ..extensions import writer
from .rules import announce, handler_without_manager, require, tell_log, view


def list_dialogs(identity, payload, context):
    site_ids = identity.site_ids
    if "site_id" in payload:
        if not identity.sees(payload["site_id"]):
            raise NotFound("There is no such site. Choose another.")
        site_ids = (payload["site_id"],)
    rows = store.dialogs(reader, payload["view"], site_ids, identity.manager_id, payload.get("cursor"),
                         payload["limit"] + 1)
    page = rows[:payload["limit"]]
    return Answer({"dialogs": [schemas.dump_manager_dialog(row) for row in page],
                   "cursor": page[-1]["last_message_id"] if len(rows) > len(page) else None})


def get_dialog(identity, payload, context):
    return Answer({"dialog": view(identity, require(identity, store.dialog(reader, payload["dialog_id"])))})


def _change(identity, payload, context, what, rule):
    """Run `rule(tx, dialog)`, which returns whether it changed anything; tell the rooms and the log if it did."""
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        changed = rule(tx, dialog)
        return store.dialog(tx, dialog["id"]), changed

    def after(result):
        if result[1]:
            announce(result[0])
            tell_log(what, result[0]["id"], identity, context)
    row, _ = writer.submit(unit, after)
    return Answer({"dialog": view(identity, row)})


def takeover(identity, payload, context):
    def rule(tx, dialog):
        if dialog["status"] == "closed":
            raise Conflict("The dialog is closed. Reopen it first.")
        if dialog["handler"] == "manager":
            if dialog["manager_id"] == identity.manager_id:
                return False
            if dialog["manager_id"] is not None and identity.role != "owner":
                raise Conflict("Another manager answers here. Ask them or an owner to release the dialog.")
        store.set_handler(tx, dialog["id"], "manager", identity.manager_id)
        return True
    return _change(identity, payload, context, "taken over", rule)


def release(identity, payload, context):
    def rule(tx, dialog):
        if dialog["handler"] != "manager":
            return False
        if dialog["manager_id"] not in (None, identity.manager_id) and identity.role != "owner":
            raise Forbidden("Another manager answers here. They or an owner can release the dialog.")
        store.set_handler(tx, dialog["id"], handler_without_manager())
        return True
    return _change(identity, payload, context, "released", rule)


def close(identity, payload, context):
    def rule(tx, dialog):
        if dialog["status"] == "closed":
            return False
        store.set_status(tx, dialog["id"], "closed", handler_without_manager())
        return True
    return _change(identity, payload, context, "closed", rule)


def reopen(identity, payload, context):
    def rule(tx, dialog):
        if dialog["status"] == "open":
            return False
        if store.open_dialog(tx, dialog["site_id"], dialog["guest_hash"]):
            raise Conflict("The guest has a newer open dialog. Write there.")
        store.set_status(tx, dialog["id"], "open", handler_without_manager())
        return True
    return _change(identity, payload, context, "reopened", rule)


def _on_dialog(name, run, summary):
    """A manager's action on one dialog."""
    return Action(name, MANAGER, schemas.DialogRef(), run, schemas.DialogAnswer(), name, "POST",
                  f"/dialogs/<dialog_id>/{name}", "message", summary=summary)


ACTIONS = (
    Action("dialog.list", MANAGER, schemas.DialogList(), list_dialogs, schemas.DialogsAnswer(), "dialog_list", "GET",
           "/dialogs", "read", summary="A page of dialogs, the latest activity first"),
    Action("dialog.get", MANAGER, schemas.DialogRef(), get_dialog, schemas.DialogAnswer(), "dialog_get", "GET",
           "/dialogs/<dialog_id>", "read", summary="One dialog"),
    _on_dialog("takeover", takeover, "Answer in this dialog as a manager"),
    _on_dialog("release", release, "Give the dialog back"),
    _on_dialog("close", close, "Close the dialog"),
    _on_dialog("reopen", reopen, "Open a closed dialog again"),
)

"""Where a guest wants answers mailed to when they are not looking."""
from .. import guest_store, schemas, store
from ..actions import GUEST, Action, Answer
from ..errors import Conflict
from ..extensions import writer
from ..outbox import outbox
from .rules import announce, require, view


def contact(identity, payload, context):
    """Keep the guest's address. An answer that waits to be read is mailed there too."""
    def unit(tx):
        dialog = require(identity, store.dialog_state(tx, payload["dialog_id"]))
        guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
        if guest["is_verified"] and guest["email"] not in (None, payload["email"]):
            raise Conflict("Answers go to the address of your account on this site. Change it there.")
        guest_store.set_guest(tx, guest["id"], {"email": payload["email"], "lang": payload.get("lang", guest["lang"])})
        outbox.note_manager_line(tx, dialog["id"], dialog["last_message_id"] > dialog["guest_read_id"])
        return store.dialog(tx, dialog["id"])
    return Answer({"dialog": view(identity, writer.submit(unit, announce))})


ACTIONS = (
    Action("contact", GUEST, schemas.Contact(), contact, schemas.DialogAnswer(), "contact", "POST",
           "/dialogs/<dialog_id>/contact", "contact", summary="Say where answers may be mailed to"),
)

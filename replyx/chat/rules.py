"""What messages and dialogs share: whose a dialog is, how each side sees it, and how both hear of a change."""
import logging

from .. import rooms, schemas, store
from ..database import reader
from ..errors import NotFound

log = logging.getLogger(__name__)


def owns(identity, row):
    if identity.speaks == "manager":
        return identity.sees(row["site_id"])
    return row["guest_hash"] == identity.guest_hash and row["site_id"] == identity.site_id


def require(identity, row):
    """The row if it is the caller's. Somebody else's dialog looks like one that does not exist."""
    if row is None or not owns(identity, row):
        raise NotFound("There is no such dialog. Open the chat again.")
    return row


def view(identity, row):
    return schemas.dump_manager_dialog(row) if identity.speaks == "manager" else schemas.dump_guest_dialog(row)


def handler_without_manager():
    """Who answers when no manager does. A site's assistant that can answer would be it; none can yet."""
    return "waiting"


def manager_rooms(site_id):
    return rooms.managers(site_id), rooms.ALL_MANAGERS


def announce(row):
    """Tell both sides a dialog's new state. The guest's sockets are in its room first, wherever it was made."""
    rooms.enter_all(rooms.members(rooms.guest(row["site_id"], row["guest_hash"])), rooms.dialog(row["id"]))
    rooms.broadcast("dialog", {"dialog": schemas.dump_guest_dialog(row)}, rooms.dialog(row["id"]))
    rooms.broadcast("dialog", {"dialog": schemas.dump_manager_dialog(row)}, *manager_rooms(row["site_id"]))


def tell_log(what, dialog_id, identity, context):
    """What a manager or an API key did to a dialog, by their numbers."""
    log.info("[Console] dialog %s dialog=%d %s transport=%s", what, dialog_id, identity.key.replace(":", "="), context.transport)


def join(sid, identity):
    """Put an accepted socket into its rooms. The id of a guest's open dialog, or None."""
    if identity.speaks == "manager":
        every = identity.site_ids is None
        rooms.enter(sid, *([rooms.ALL_MANAGERS] if every else [rooms.managers(site_id) for site_id in identity.site_ids]))
        return None
    rooms.enter(sid, rooms.guest(identity.site_id, identity.guest_hash))
    row = store.open_dialog(reader, identity.site_id, identity.guest_hash)
    if row is None:
        return None
    rooms.enter(sid, rooms.dialog(row["id"]))
    return row["id"]

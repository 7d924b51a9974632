"""What people do about mails: managers say whether they want them, anybody ends them by a link, owners see what failed."""
from . import account_schemas, accounts_store, outbox_store, schemas, store
from .actions import MANAGER, NOBODY, Action, Answer
from .chat.rules import announce
from .database import reader
from .errors import Forbidden, NotFound
from .extensions import writer
from .links import links
from .notify.digest import address_digest
from .outbox import outbox


def set_wish(identity, payload, context):
    if identity.manager_id is None:
        raise Forbidden("An API key gets no mail. Sign in as a manager.")
    writer.submit(lambda tx: accounts_store.update_manager(tx, identity.manager_id, wants_mail=payload["wanted"]))
    return Answer()


def unsubscribe(identity, payload, context):
    """End the mails that the link came with. A guest's address goes; one that was changed since then stays."""
    found = links.read_unsubscribe(payload["token"])
    if found is None:
        raise NotFound("The link is not whole. Open the one in the newest mail.")
    who, number, address = found
    find = {"manager": accounts_store.manager, "guest": accounts_store.guest}[who]

    def unit(tx):
        person = find(tx, number)
        if person is None or not person["email"] or address_digest(person["email"]) != address:
            return None
        if who == "manager":
            accounts_store.update_manager(tx, number, wants_mail=False)
            return None
        accounts_store.update_guest(tx, number, email=None)
        return store.newest_dialog(tx, person["site_id"], person["guest_hash"])
    # A chat that is open still names the address.
    writer.submit(unit, lambda dialog: dialog and announce(dialog))
    return Answer()


def list_dead(identity, payload, context):
    _require_owner(identity)
    return Answer({"letters": outbox_store.dead(reader)})


def retry(identity, payload, context):
    """Send a letter that was given up, now. What was read meanwhile is left out."""
    _require_owner(identity)
    if not writer.submit(lambda tx: outbox_store.revive(tx, payload["letter_id"])):
        raise NotFound("This letter is not among those given up. Reload the list.")
    outbox.wake()
    return Answer()


def _require_owner(identity):
    if identity.role != "owner":
        raise Forbidden("Only an owner sees which letters were given up.")


ACTIONS = (
    Action("mail.set", MANAGER, account_schemas.MailWish(), set_wish, schemas.Nothing(), "mail_set", "POST", "/mail", "read",
           summary="Say whether unread messages are mailed to you"),
    Action("unsubscribe", NOBODY, account_schemas.Unsubscribe(), unsubscribe, schemas.Nothing(), "unsubscribe", "POST",
           "/unsubscribe", "read", http_only=True, summary="End the mails that a link came with"),
    Action("outbox.list", MANAGER, schemas.Input(), list_dead, account_schemas.LettersAnswer(), "outbox_list", "GET", "/outbox",
           "read", summary="The letters that were given up, for owners"),
    Action("outbox.retry", MANAGER, account_schemas.LetterRef(), retry, schemas.Nothing(), "outbox_retry", "POST",
           "/outbox/<letter_id>/retry", "message", summary="Send a letter that was given up once more"),
)

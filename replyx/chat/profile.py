"""Who a guest is: what the page claims, what the site's server has signed, and what the guest has filled in."""
from .. import guest_schemas, guest_store, store
from ..actions import GUEST, Action, Answer
from ..errors import Conflict
from ..extensions import writer
from ..guest_schemas import MOST_ATTRIBUTES
from ..identity import is_signed
from ..outbox import outbox
from ..values import address
from .form import fit
from .rules import announce


def set_guest(identity, payload, context):
    """Keep who the guest is said to be. Before the first message there is no guest: the signature is checked all the same."""
    def unit(tx):
        signed = is_signed(guest_store.site(tx, identity.site_id)["identity_secret"], payload)
        guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
        if guest is None:
            return signed, None
        changes = _keep(tx, guest, _told(guest, payload, signed))
        dialog = store.newest_dialog(tx, identity.site_id, identity.guest_hash) if changes else None
        if dialog and changes.get("email"):
            outbox.note_manager_line(tx, dialog["id"], dialog["last_message_id"] > dialog["guest_read_id"])
        return bool(signed or guest["is_verified"]), dialog
    verified, _ = writer.submit(unit, lambda result: result[1] and announce(result[1]))
    return Answer({"verified": verified})


def check(q, identity, payload):
    """Raise Forbidden where the payload's profile is not what the site has signed."""
    if "signature" in payload.get("profile", {}):
        is_signed(guest_store.site(q, identity.site_id)["identity_secret"], payload["profile"])


def introduce(tx, identity, payload, stored):
    """Keep what came with a line, `stored`, that was posted in this transaction. Gives `stored`, with what is shown since."""
    if stored["duplicate"] or not payload.keys() & {"profile", "form", "lang"}:
        return stored
    site, dialog_id = guest_store.site(tx, identity.site_id), stored["dialog_id"]
    guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
    profile, answers = payload.get("profile", {}), fit(site["settings"], payload.get("form", {}))
    changes = _told(guest, profile, is_signed(site["identity_secret"], profile))
    changes |= _typed({**guest, **changes}, answers)
    kept = _keep(tx, guest, {**changes, **({"lang": payload["lang"]} if "lang" in payload else {})})
    if answers:
        form = {answer["label"]: answer["value"] for answer in guest_store.form(tx, dialog_id)}
        form |= {field["label"]: value for field, value in answers}
        guest_store.set_form(tx, dialog_id, [{"label": label, "value": value} for label, value in form.items()])
    if not answers and not kept.keys() - {"lang"}:
        return stored
    return {**stored, "dialog": store.dialog(tx, dialog_id), "changed": True}


def _told(guest, profile, signed):
    """What a profile says of a guest. A mere claim changes nothing of a verified guest but attributes. Raises Conflict."""
    told = {}
    if signed:
        if guest["is_verified"] and guest["user_id"] != profile["user_id"]:
            raise Conflict("This chat belongs to another user of the site. Call reset() before you identify the next one.")
        # A name that was a mere claim must not come under the mark.
        proven = guest["name"] if guest["is_verified"] else None
        told = {"is_verified": 1, "user_id": profile["user_id"], "name": profile.get("name", proven)}
        # Who is verified and has no address wanted no more mails.
        if "email" in profile and (guest["email"] or not guest["is_verified"]):
            told["email"] = address(profile["email"])
    elif not guest["is_verified"]:
        told = {name: profile[name] for name in ("name", "user_id") if name in profile}
    attributes = profile.get("attributes", {})
    if "email" in profile and not signed and not guest["is_verified"]:
        # A page's claim is no wish of the guest's to be written to.
        attributes = {"email": profile["email"], **attributes}
    merged = {name: value for name, value in guest["attributes"].items() if name not in attributes} | attributes
    return {**told, "attributes": dict(list(merged.items())[-MOST_ATTRIBUTES:])}


def _typed(guest, answers):
    """What the guest has typed for themselves. An address typed into a form is one that they want to be answered at."""
    if guest["is_verified"]:
        return {}
    return {field["kind"]: value for field, value in answers if field["kind"] in ("name", "email")}


def _keep(tx, guest, told):
    """Store what is different, and give it."""
    changes = {name: value for name, value in told.items() if guest[name] != value}
    if changes:
        guest_store.set_guest(tx, guest["id"], changes)
    return changes


ACTIONS = (
    Action("guest.set", GUEST, guest_schemas.Profile(), set_guest, guest_schemas.ProfileAnswer(), "guest_set", "POST", "/guest",
           "message", summary="Say who the guest is, with the site's signature or as a mere claim"),
)

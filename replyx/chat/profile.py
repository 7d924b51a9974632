"""Who a guest is: what the page claims, what the site's server has signed, and what the guest has filled in."""
from .. import guest_schemas, guest_store, store
from ..actions import GUEST, Action, Answer
from ..database import reader
from ..errors import OtherUser
from ..extensions import writer
from ..guest_schemas import MOST_ATTRIBUTES
from ..identity import is_signed
from ..outbox import outbox
from ..values import address
from .form import asked, fit
from .rules import announce

# What of a guest neither side sees.
UNSEEN = {"lang", "identity_exp"}
# A page may sign anew at each view: a later end alone is written when it is later by this.
EXP_SECONDS = 3600


def set_guest(identity, payload, context):
    """Keep who the guest is said to be. Before the first message there is no guest: the signature is checked all the same."""
    if guest_store.guest(reader, identity.site_id, identity.guest_hash) is None:
        return Answer({"verified": check(identity, payload)})

    def unit(tx):
        signed = is_signed(guest_store.site(tx, identity.site_id)["identity_secret"], payload)
        guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
        changes = _keep(tx, guest, _told(guest, payload, signed))
        dialog = store.newest_dialog(tx, identity.site_id, identity.guest_hash) if changes.keys() - UNSEEN else None
        if dialog and changes.get("email"):
            outbox.note_manager_line(tx, dialog["id"], dialog["last_message_id"] > dialog["guest_read_id"])
        return bool(signed or guest["is_verified"]), dialog
    verified, _ = writer.submit(unit, lambda result: result[1] and announce(result[1]))
    return Answer({"verified": verified})


def check(identity, profile):
    """Whether the site has signed the profile, without storing anything. Raises WrongIdentity."""
    return "signature" in profile and is_signed(guest_store.site(reader, identity.site_id)["identity_secret"], profile)


def introduce(tx, identity, payload, stored):
    """Keep what came with a line, `stored`, that was posted in this transaction. Gives `stored`, with what is shown since."""
    if stored["duplicate"] or not payload.keys() & {"profile", "form", "lang"}:
        return stored
    site, dialog_id = guest_store.site(tx, identity.site_id), stored["dialog_id"]
    guest = guest_store.guest(tx, identity.site_id, identity.guest_hash)
    profile, given = payload.get("profile", {}), payload.get("form", {})
    form, fields = asked(tx, site, given, payload.get("form_revision"))
    answers, is_left = fit(fields, given), form == "offline"
    changes = _told(guest, profile, is_signed(site["identity_secret"], profile))
    changes |= _typed({**guest, **changes}, answers)
    kept = _keep(tx, guest, {**changes, **({"lang": payload["lang"]} if "lang" in payload else {})})
    if answers:
        _keep_answers(tx, dialog_id, answers)
    if is_left:
        guest_store.set_left(tx, dialog_id, stored["wire"]["id"])
    if not answers and not is_left and not kept.keys() - UNSEEN:
        return stored
    return {**stored, "dialog": store.dialog(tx, dialog_id), "changed": True}


def _keep_answers(tx, dialog_id, answers):
    """In the words that the guest was asked in, also where the site asks otherwise by now. A label's last answer counts."""
    form = {answer["label"]: answer for answer in guest_store.form(tx, dialog_id)}
    form |= {field["label"]: {"label": field["label"], "kind": field["kind"], "value": value} for field, value in answers}
    guest_store.set_form(tx, dialog_id, list(form.values()))


def _told(guest, profile, signed):
    """What a profile says of a guest. A mere claim changes nothing of a verified guest but attributes. Raises Conflict."""
    told = {}
    if signed:
        if guest["is_verified"] and guest["user_id"] != profile["user_id"]:
            raise OtherUser("This chat belongs to another user of the site. Call reset() before you identify the next one.")
        told = _proven(guest, profile)
    elif not guest["is_verified"]:
        told = {name: profile[name] for name in ("name", "user_id") if name in profile}
    attributes = profile.get("attributes", {})
    if "email" in profile and not signed and not guest["is_verified"]:
        # A page's claim is no wish of the guest's to be written to.
        attributes = {"email": profile["email"], **attributes}
    merged = {name: value for name, value in guest["attributes"].items() if name not in attributes} | attributes
    return {**told, "attributes": dict(list(merged.items())[-MOST_ATTRIBUTES:])}


def _proven(guest, profile):
    """What a signature says. One that ends before the last one was made before it: an old page must put nothing back."""
    if guest["is_verified"] and profile["exp"] < (guest["identity_exp"] or 0):
        return {}
    # A name that was a mere claim must not come under the mark.
    before = guest["name"] if guest["is_verified"] else None
    told = {"is_verified": 1, "user_id": profile["user_id"], "name": profile.get("name", before), "identity_exp": profile["exp"]}
    # Who is verified and has no address wanted no more mails.
    if "email" in profile and (guest["email"] or not guest["is_verified"]):
        told["email"] = address(profile["email"])
    return told


def _typed(guest, answers):
    """What the guest has typed for themselves. An address typed into a form is one that they want to be answered at; one that
    the site has signed stays. Of two fields of a kind the first is the guest's own."""
    typed = {field["kind"]: value for field, value in reversed(answers)}
    own = [] if guest["is_verified"] else ["name"]
    if not (guest["is_verified"] and guest["email"]):
        own.append("email")
    return {kind: typed[kind] for kind in own if kind in typed}


def _keep(tx, guest, told):
    """Store what is different, and give what was stored."""
    changes = {name: value for name, value in told.items() if guest[name] != value}
    if changes.keys() == {"identity_exp"} and changes["identity_exp"] < (guest["identity_exp"] or 0) + EXP_SECONDS:
        return {}
    if changes:
        guest_store.set_guest(tx, guest["id"], changes)
    return changes


ACTIONS = (
    Action("guest.set", GUEST, guest_schemas.Profile(), set_guest, guest_schemas.ProfileAnswer(), "guest_set", "POST", "/guest",
           "message", summary="Say who the guest is, with the site's signature or as a mere claim"),
)

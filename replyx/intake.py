"""The one way in: the table of actions, and the function that runs every one of them, whatever the transport."""
import logging
import time

from marshmallow import ValidationError

from . import accounts, arrival, avatars, chat, files, mail, rooms, sites, tokens, trials, two_factor, values
from .errors import CODES, ForbiddenOrigin, Invalid, ReplyXError, StorageUnavailable, Unauthorized
from .limits import counted_as, limiter
from .refusals import refusals
from .tally import tally

log = logging.getLogger(__name__)

SERVICES = (chat, accounts, two_factor, mail, arrival, sites, trials, files, avatars)
# Codes with several causes, whose texts are all ours.
EXPLAINED = ("unauthorized", "forbidden")
ACTIONS = {action.name: action for service in SERVICES for action in service.ACTIONS}


def handle(action, credentials, unpack, context):
    """Run an action: credentials, limits, schema, rules, storage, broadcast.

    `unpack()` gives the payload or raises: what a stranger sent is not even read. Gives the HTTP status, the answer's
    body, and the Answer it came from. Raises ReplyXError and nothing else; what is raised is in the log already.
    """
    prefix, payload = credentials.channel.capitalize(), None
    try:
        identity = _identify(credentials, action.who, context, action.makes_guest, action.any_page)
        _limit(action.limit, identity, context, action.name)
        payload = unpack()
        answer = action.run(identity, _load(action, payload), context)
        return action.status if answer.made else 200, {"ok": True, **action.output.dump(answer.body)}, answer
    except StorageUnavailable as error:
        # The storage has told the log once: a line for each refusal would fill a disk that is full.
        _count_refusal(action, payload, credentials, context, error)
        raise
    except ReplyXError as error:
        if refusals.is_new(prefix, action.name, error.code + _reason(error), context.address):
            log.warning("[%s] %s refused: %s transport=%s address=%s%s", prefix, action.name, error.code,
                        context.transport, context.address, _details(error, payload, credentials, action.input.fields))
        _count_refusal(action, payload, credentials, context, error)
        raise
    except Exception:
        log.exception("[%s] %s failed transport=%s", prefix, action.name, context.transport)
        _count_refusal(action, payload, credentials, context, ReplyXError)
        raise ReplyXError() from None


def _count_refusal(action, payload, credentials, context, error):
    """Count a guest's refused message where the site is known, and what only its owner can mend. A manager's is not: its
    site is that of a dialog."""
    site_id = (error.counted_as or (action.posts and action.posts(payload))) and tokens.site_of(credentials)
    if site_id:
        tally.add(site_id, context.transport, "refused", error.counted_as or error.code)


def admit(sid, credentials, context):
    """Check a socket's credentials at its connect, and put it into its rooms before the connect is answered."""
    prefix = credentials.channel.capitalize()
    if not refusals.is_known(prefix, "connection", CODES, context.address):
        log.info("[%s] connection attempt address=%s origin=%s", prefix, context.address, credentials.origin or "none")
    try:
        identity = _identify(credentials, {credentials.speaks}, context)
        _limit("connect", identity, context)
        holder = counted_as(identity, context)
        limiter.check_open(identity.speaks, rooms.open_by(holder))
        rooms.add(sid, rooms.Connection(credentials, context, holder))
        dialog_id = chat.join(sid, identity)
    except ReplyXError as error:
        if refusals.is_new(prefix, "connection", error.code, context.address):
            log.warning("[%s] connection refused: %s address=%s%s", prefix, error.code, context.address,
                        _details(error, None, credentials))
        raise
    except Exception:
        log.exception("[%s] connection failed", prefix)
        raise ReplyXError() from None
    if dialog_id:
        log.info("[%s] connection accepted address=%s dialog=%d connections=%d", prefix, context.address, dialog_id,
                 len(rooms.members(rooms.dialog(dialog_id))))
    else:
        log.info("[%s] connection accepted address=%s", prefix, context.address)


def _identify(credentials, who, context, makes_guest=False, any_page=False):
    """Steps 0 and 1: who asks. What the credentials were refused for counts by address and costs nothing else: any page could
    have its visitors' browsers send such, and silence everybody who shares their address."""
    try:
        if who:
            return tokens.identify(credentials, who, makes_guest)
        if not any_page:
            tokens.require_own_page(credentials)
    except (Unauthorized, ForbiddenOrigin):
        limiter.hit("refused", "address", context.address)
        raise


def _limit(name, identity, context, action=None):
    """Step 2: the limits. Whoever has no credentials is limited by address, or by a browser that is known, for each action by
    itself; a guest, of whom anybody can make many, by both."""
    if identity is None:
        limiter.hit(name, "identity", (action, context.device.name if context.device else context.address))
        return
    # Whom this refuses takes nothing from the others at the address.
    limiter.hit(name, "identity", identity.key)
    if identity.speaks == "guest":
        limiter.hit(name, "address", context.address)


def _load(action, payload):
    """The payload as the action's schema takes it. Too many values are refused unlooked at: an error for each would cost
    the server far more than the sender."""
    if not isinstance(payload, dict):
        raise Invalid("The payload must be a JSON object.")
    if not values.are_few(payload, action.values):
        raise Invalid(f"The payload has more than {action.values} values. Send fewer.")
    try:
        return action.input.load(payload)
    except ValidationError as error:
        raise Invalid(fields=_named(error.normalized_messages())) from None


def _named(messages):
    """The messages with text for keys: a list's items have numbers, which JSON does not."""
    if isinstance(messages, dict):
        return {str(key): _named(value) for key, value in messages.items()}
    return messages


def _reason(error):
    return f" reason={error.message!r}" if error.code in EXPLAINED else ""


def _details(error, payload, credentials, known=()):
    """What an owner needs to see what a client gets wrong: words of ours, numbers and the names of fields, none of its text."""
    said = ""
    if isinstance(payload, dict) and values.is_id(payload.get("dialog_id")):
        said += f" dialog={payload['dialog_id']}"
    if error.code == "forbidden_origin":
        said += f" origin={credentials.origin or 'none'}"
    return said + _reason(error) + (f" fields={_places(error.fields, payload, known)!r}" if error.fields else "")


def _places(wrong, payload, known):
    """Where in the payload it is wrong, as a list: what a client calls a field that we don't know is text of its own."""
    foreign = wrong.keys() & (payload or {}).keys() - known
    return ",".join(sorted(wrong.keys() - foreign) + ["(unknown)"] * bool(foreign))


def recheck():
    """Disconnect whoever's credentials count no longer: changes made by another process show up here."""
    for count, (grant, sids) in enumerate(rooms.grants()):
        if count % rooms.BREATH == rooms.BREATH - 1:
            time.sleep(0)
        if tokens.look_up(grant, fresh=True) is None:
            log.info("disconnecting %d sockets: their %s no longer counts", len(sids), grant[0])
            rooms.disconnect(sids)

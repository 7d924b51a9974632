"""Managers, their sessions and API keys: the rules of signing in, and what the command line does with accounts."""
import logging
import sqlite3

from . import accounts_store as store
from . import account_schemas, attachments, outbox_store, passwords, rooms, schemas, tokens, two_factor, values
from .actions import MANAGER, NOBODY, Action, Answer
from .clock import now
from .database import reader
from .errors import Conflict, Invalid, NotFound, Unauthorized
from .extensions import writer
from .limits import limiter
from .links import links
from .outbox import outbox

log = logging.getLogger(__name__)

SESSION_SECONDS = 30 * 24 * 3600
SETUP_SECONDS = 24 * 3600
SIGN_IN = "session.create"


# Signing in

def sign_in(identity, payload, context):
    """Make a session. An unknown address, a wrong password and a disabled account answer alike."""
    manager = _manager_by_email(payload["email"])
    account = manager and links.account(manager["id"], manager["password_hash"], manager["totp_secret"])
    device = context.device.name if context.device and account in context.device.accounts else None
    if device is None:
        _count_stranger(payload["email"], context)
    right = passwords.is_password(manager and manager["password_hash"], payload["password"], is_known=device is not None)
    if not right or manager["disabled_at"]:
        raise Unauthorized("The email or the password is wrong. Check both and try again.")
    step = two_factor.step(manager, payload.get("code"), device) if manager["totp_secret"] else None

    def unit(tx):
        # What was checked took its time: by now the password, the second factor or the account may be another.
        if _checked(store.manager_by_email(tx, manager["email"])) != _checked(manager):
            raise Unauthorized("Your account has changed meanwhile. Sign in again.")
        if step is not None and not store.use_totp_step(tx, manager["id"], step):
            raise two_factor.wrong_code()
        return _add_session(tx, manager["id"], payload.get("lang"))
    return _signed_in(writer.submit(unit), account, context)


def _checked(manager):
    """What a sign-in rests on, of a manager's row or None."""
    return manager and [manager[name] for name in ("id", "password_hash", "totp_secret", "disabled_at")]


def _count_stranger(email, context):
    """A try in a browser where this account has not signed in before. All such share its room, and those who guess may use it
    up; one where it has is counted by itself, as the intake has done, and nobody elsewhere keeps it out (OWASP: device
    cookies)."""
    if context.device:
        limiter.hit("sign_in", "identity", (SIGN_IN, context.address))
    limiter.hit("account", "identity", _written(email))


def _written(email):
    """An address in the one spelling that counts for limits and new accounts."""
    try:
        return values.address(email).lower()
    except ValueError:
        return email.strip().lower()


def _manager_by_email(email):
    """The manager's row, or None. An older one may have the address as it was typed then."""
    return store.manager_by_email(reader, _written(email)) or store.manager_by_email(reader, email.strip().lower())


def _add_session(tx, manager_id, lang):
    """A new session; its token. The language of the page that it was made on is the one to write mails in."""
    if lang:
        store.update_manager(tx, manager_id, lang=lang)
    token = tokens.new("rs_")
    store.add_session(tx, manager_id, tokens.digest(token), now(SESSION_SECONDS))
    return token


def _signed_in(token, account, context):
    manager = store.session(reader, tokens.digest(token))
    if manager is None:
        raise Unauthorized("Your session has ended already. Sign in again.")
    log.info("[Console] signed in manager=%d transport=%s address=%s", manager["manager_id"], context.transport, context.address)
    return Answer(_session_body(manager["manager_id"], manager), made=True, session=token,
                  device=links.device(context.device, account))


def _session_body(manager_id, person):
    sites = [{"id": site["id"], "name": site["name"]} for site in store.sites(reader)
             if person["site_ids"] is None or site["id"] in person["site_ids"]]
    return {"manager": {"id": manager_id, "name": person["name"], "email": person["email"], "role": person["role"],
                        "avatar": attachments.avatar_url(person["avatar"]), "two_factor": bool(person["two_factor"])},
            "sites": sites, "mail": _mail(manager_id, person["role"])}


def _mail(manager_id, role):
    wanted = bool(store.manager(reader, manager_id)["wants_mail"]) if manager_id else None
    return {"is_on": outbox.is_on, "wanted": wanted, "dead": outbox_store.count_dead(reader) if role == "owner" else 0}


def get_session(identity, payload, context):
    person = {name: getattr(identity, name) for name in ("name", "email", "role", "site_ids", "avatar", "two_factor")}
    return Answer(_session_body(identity.manager_id, person))


def sign_out(identity, payload, context):
    """End the session that asks, and every socket that stands on it. An API key has no session to end."""
    if identity.session_hash:
        writer.submit(lambda tx: store.delete_session(tx, identity.session_hash))
        tokens.forget()
        rooms.disconnect(rooms.sids_of(("session", identity.session_hash)))
        log.info("[Console] signed out manager=%d transport=%s address=%s", identity.manager_id, context.transport,
                 context.address)
    return Answer(session="")


def set_up(identity, payload, context):
    """Make an owner through a one-time link, and sign in."""
    email, link = payload["email"].lower(), tokens.digest(payload["token"])
    if not store.is_setup_link(reader, link):
        raise _used_link()
    password_hash = passwords.hash_password(payload["password"])

    def unit(tx):
        if not store.use_setup_link(tx, link):
            raise _used_link()
        manager_id = _add_manager(tx, email, payload["name"].strip(), "owner", password_hash)
        return manager_id, _add_session(tx, manager_id, payload.get("lang"))
    manager_id, token = writer.submit(unit)
    return _signed_in(token, links.account(manager_id, password_hash, None), context)


def _used_link():
    return Unauthorized("This link was used or is over a day old. Make a new one: replyx manager setup-link")


# What the command line does

def _add_manager(tx, email, name, role, password_hash, site_ids=()):
    try:
        return store.add_manager(tx, email, name, role, password_hash, site_ids)
    except sqlite3.IntegrityError as error:
        if "FOREIGN KEY" in str(error):
            raise NotFound("There is no such site. See `replyx site list`.") from None
        raise Conflict(f"There is a manager with the email {email} already. Use another, or set-password.",
                       fields={"email": ["Already used."]}) from None


def add_manager(email, name, role, password, site_ids=()):
    """The new manager's row. Raises Invalid, Conflict or NotFound."""
    checked = schemas.check(account_schemas.NewManager(), email=email, name=name, password=password)
    email, password_hash = checked["email"].lower(), passwords.hash_password(password)
    if role == "owner" and site_ids:
        raise Invalid("An owner sees every site. Leave --site out, or make a manager.")
    writer.submit(lambda tx: _add_manager(tx, email, name, role, password_hash, site_ids))
    return store.manager_by_email(reader, email)


def find_manager(email):
    manager = _manager_by_email(email)
    if manager is None:
        raise NotFound(f"There is no manager with the email {email}. See `replyx manager list`.")
    return manager


def change_manager(email, **values):
    """Change a manager's row and end their sessions: what they are let do has changed."""
    manager = find_manager(email)

    def unit(tx):
        store.update_manager(tx, manager["id"], **values)
        store.delete_sessions(tx, manager["id"])
    writer.submit(unit)
    return find_manager(email)


def make_setup_link(public_url):
    """A one-time link that makes an owner's account. The secret is in the fragment, which no server ever sees."""
    token = tokens.new("su_")
    writer.submit(lambda tx: store.replace_setup_link(tx, tokens.digest(token), now(SETUP_SECONDS)))
    return f"{public_url}/console/setup#{token}"


def add_api_key(name, role, site_ids=()):
    """The new key's row with the key itself, which can't be had again."""
    schemas.check(schemas.Named(), name=name)
    key = tokens.new("rk_")

    def unit(tx):
        try:
            return store.add_api_key(tx, name, role, tokens.digest(key), site_ids)
        except sqlite3.IntegrityError:
            raise NotFound("There is no such site. See `replyx site list`.") from None
    return {"id": writer.submit(unit), "name": name, "role": role, "key": key}


def revoke_api_key(key_id):
    if not writer.submit(lambda tx: store.revoke_api_key(tx, key_id)):
        raise NotFound(f"There is no API key {key_id} to revoke. See `replyx apikey list`.")


ACTIONS = (
    Action(SIGN_IN, NOBODY, account_schemas.SignIn(), sign_in, account_schemas.SessionAnswer(), "session_create", "POST",
           "/session", "sign_in", status=201, http_only=True, by_device=True, summary="Sign in"),
    Action("session.get", MANAGER, schemas.Input(), get_session, account_schemas.SessionAnswer(), "session_get", "GET",
           "/session", "read", summary="Who is signed in, and the sites they see"),
    Action("session.delete", MANAGER, schemas.Input(), sign_out, schemas.Nothing(), "session_delete", "DELETE",
           "/session", "sign_in", http_only=True, summary="Sign out"),
    Action("setup.create", NOBODY, account_schemas.SetUp(), set_up, account_schemas.SessionAnswer(), "setup_create", "POST",
           "/setup", "sign_in", status=201, http_only=True, by_device=True,
           summary="Make an owner's account through a one-time link"),
)

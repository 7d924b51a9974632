"""Credentials become an Identity here and nowhere else, for guests, managers and API keys, on both transports."""
import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from . import accounts_store, origins
from .database import reader
from .errors import ForbiddenOrigin, Unauthorized
from .links import links
from .values import UUID, is_id

CACHE_SECONDS = 1.0
CACHE_SIZE = 10_000
NOT_OURS = "Managers sign in on ReplyX's own pages alone. If this is one, set REPLYX_URL to its address."


def new(prefix):
    """A fresh secret: 256 bits behind a prefix that says what it is for."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret):
    """What is kept of a secret: SHA-256, in hex. Enough for random secrets; passwords go through `passwords.py`."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Credentials:
    """What a caller showed, unchecked. `channel` is `site` or `widget` for guests, `console` for managers.

    `origin` is the page's Origin, "" where there is none. `own` tells that the request shows itself as coming from
    ReplyX's own pages: without that a session cookie does not count.
    """
    channel: str
    own_origin: str
    origin: str = ""
    own: bool = False
    site_token: str = ""
    assistant_id: object = None
    guest_id: str = ""
    guest_link: str = ""
    session: str = ""
    api_key: str = ""

    @property
    def speaks(self):
        """Who speaks: the channel decides."""
        return "manager" if self.channel == "console" else "guest"

    @cached_property
    def grant(self):
        """What these credentials stand on: revoking it ends every connection that does."""
        if self.speaks == "manager":
            return ("api_key", digest(self.api_key)) if self.api_key else ("session", digest(self.session))
        return ("link", self.guest_link) if self.guest_link else self.site_grant

    @property
    def site_grant(self):
        """What names a guest's site."""
        return ("site", self.site_token) if self.site_token else ("assistant", self.assistant_id)

    @property
    def grants(self):
        """All that must count for a connection to stay: a link from a mail also needs its site."""
        return (self.grant, self.site_grant) if self.guest_link else (self.grant,)

    @cached_property
    def guest_hash(self):
        return digest(self.guest_id)


class Identity(NamedTuple):
    """Who asks. A guest has `site_id`, `assistant_id` and `guest_hash`; a manager `site_ids` (None: all) and a role.

    `key` names the identity in rate limits. `guest_id` is the guest's own secret, to be told to nobody else; who came by a
    link from a mail has none.
    """
    speaks: str
    channel: str
    key: str
    site_id: int | None = None
    assistant_id: int | None = None
    guest_id: str = ""
    guest_hash: str = ""
    manager_id: int | None = None
    api_key_id: int | None = None
    name: str = ""
    email: str = ""
    role: str = ""
    site_ids: tuple | None = ()
    avatar: str | None = None
    two_factor: bool = False
    session_hash: str = ""

    @property
    def uploader(self):
        """Who a file is from, as its row keeps it."""
        return {"guest_hash": self.guest_hash or None, "manager_id": self.manager_id, "api_key_id": self.api_key_id}

    def sees(self, site_id):
        return self.site_ids is None or site_id in self.site_ids


_cache = {}


def forget():
    """Drop what is cached: after a change of credentials made in this process."""
    _cache.clear()


def look_up(grant, fresh=False):
    """The row behind a grant, None when it does not count (any more). At most CACHE_SECONDS old."""
    found = _cache.get(grant)
    if found and not fresh and found[0] > time.monotonic():
        return found[1]
    row = _query(*grant)
    if row is None:
        _cache.pop(grant, None)
        return None
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[grant] = (time.monotonic() + CACHE_SECONDS, row)
    return row


def site_of(credentials):
    """The id of a guest's site, from what was looked up before; None where nothing was. It never asks the database."""
    if credentials.speaks != "guest" or not (credentials.site_token or type(credentials.assistant_id) is int):
        return None
    found = _cache.get(credentials.site_grant)
    return found and found[1]["site"]["id"]


def _query(kind, value):
    if kind == "site":
        site = accounts_store.site_by_token(reader, value)
        return site and {"site": site, "assistant_id": accounts_store.first_assistant(reader, site["id"])["id"]}
    if kind == "assistant":
        assistant = accounts_store.assistant(reader, value)
        return assistant and {"site": accounts_store.site(reader, assistant["site_id"]), "assistant_id": value}
    if kind == "session":
        return accounts_store.session(reader, value)
    if kind == "link":
        return _linked_guest(*(links.read_guest_link(value) or (None, None)))
    return accounts_store.api_key(reader, value)


def _linked_guest(site_id, guest_id):
    guest = guest_id and accounts_store.guest(reader, guest_id)
    return guest if guest and guest["site_id"] == site_id else None


def identify(credentials, who, makes_guest=False):
    """The Identity behind the credentials, if it is one of `who`.

    Raises Unauthorized or ForbiddenOrigin. `makes_guest` lets a guest come without a guest_id: one is made.
    """
    if credentials.speaks not in who:
        raise Unauthorized("This needs other credentials: a guest's or a manager's. Sign in, or see the API description.")
    if credentials.speaks == "guest":
        return _guest(credentials, makes_guest)
    return _api_key(credentials) if credentials.api_key else _manager(credentials)


def require_own_page(credentials):
    """Raise ForbiddenOrigin for another site's page: it may not even try a password, from its visitors' addresses."""
    if credentials.origin and credentials.origin != credentials.own_origin:
        raise ForbiddenOrigin(NOT_OURS)


def _guest(credentials, makes_guest):
    row = look_up(_assistant_grant(credentials)) if not credentials.site_token else look_up(credentials.site_grant)
    if row is None:
        raise Unauthorized("The site_token or assistant_id is missing or not valid. Copy the snippet again.")
    site, assistant_id = row["site"], row["assistant_id"]
    if credentials.site_token and credentials.assistant_id is not None:
        assistant_id = _assistant_of(site, credentials)
    if not origins.allowed(credentials.origin, site["domains"], credentials.own_origin):
        raise ForbiddenOrigin()
    if credentials.guest_link:
        guest = look_up(credentials.grant)
        if guest is None or guest["site_id"] != site["id"]:
            raise Unauthorized("The link from the mail is over 30 days old, or not whole. Open the chat on the site.")
        return Identity("guest", credentials.channel, f"guest:{guest['guest_hash']}", site["id"], assistant_id,
                        guest_hash=guest["guest_hash"])
    if credentials.guest_id and UUID.fullmatch(credentials.guest_id):
        return Identity("guest", credentials.channel, f"guest:{credentials.guest_hash}", site["id"], assistant_id,
                        credentials.guest_id, credentials.guest_hash)
    if credentials.guest_id or not makes_guest:
        raise Unauthorized("The guest_id is missing or not a UUID. Reload the page to get a new one.")
    guest_id = str(uuid.uuid4())
    return Identity("guest", credentials.channel, f"guest:{digest(guest_id)}", site["id"], assistant_id, guest_id,
                    digest(guest_id))


def _assistant_grant(credentials):
    """A grant that can be looked up: `assistant_id` is whatever the caller wrote."""
    if not is_id(credentials.assistant_id):
        raise Unauthorized("The site_token or assistant_id is missing or not valid. Copy the snippet again.")
    return credentials.site_grant


def _assistant_of(site, credentials):
    _assistant_grant(credentials)
    row = look_up(("assistant", credentials.assistant_id))
    if row is None or row["site"]["id"] != site["id"]:
        raise Unauthorized("The assistant_id does not belong to this site_token. Copy the snippet again.")
    return credentials.assistant_id


def _manager(credentials):
    if not credentials.session:
        raise Unauthorized("You are not signed in. Sign in and try again.")
    if not credentials.own:
        raise ForbiddenOrigin(NOT_OURS)
    row = look_up(credentials.grant)
    if row is None:
        raise Unauthorized("Your session has ended. Sign in again.")
    return Identity("manager", "console", f"manager:{row['manager_id']}", manager_id=row["manager_id"],
                    name=row["name"], email=row["email"], role=row["role"], site_ids=row["site_ids"],
                    avatar=row["avatar"], two_factor=bool(row["two_factor"]), session_hash=credentials.grant[1])


def _api_key(credentials):
    row = look_up(credentials.grant)
    if row is None:
        raise Unauthorized("The API key is not valid or was revoked. Make a new one with `replyx apikey add`.")
    return Identity("manager", "console", f"api_key:{row['id']}", api_key_id=row["id"], name=row["name"], role=row["role"],
                    site_ids=row["site_ids"])

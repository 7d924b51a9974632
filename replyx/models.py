"""The tables. Nothing here asks or writes: `store.py` has the queries, `writer.py` the transactions.

Times are text as `clock.now` makes it. Ids are never reused, so that order by id is order of storage.
"""
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import mapped_column as column

from .extensions import db

ROLES = ("owner", "manager")
HANDLERS = ("assistant", "waiting", "manager")
STATUSES = ("open", "closed")
SENDERS = ("guest", "assistant", "manager", "system")
TRANSPORTS = ("socket", "http")
OUTCOMES = ("stored", "duplicate", "retried", "refused", "failed")
# What an outbox row asks for: look whether a side has still not read its lines, send a letter, or write out a dialog.
TASKS = ("tell_managers", "tell_guest", "mail", "transcript")

TIME = db.String(24)


def _one_of(name, values):
    return CheckConstraint(f"{name} IN ({', '.join(repr(value) for value in values)})", name=f"{name}_known")


def _table(*rules):
    return (*rules, {"sqlite_autoincrement": True})


class Site(db.Model):
    """A web site of the owner. `domains` is a JSON list; the old token still counts until its time has come.

    `settings` are the widget's, as `site_schemas.SiteSettings` has them; what is left out there has its default.
    `identity_secret` is what the site's own server signs its visitors' identities with.
    """
    __table_args__ = _table()
    id = column(db.Integer, primary_key=True)
    name = column(db.String(200), nullable=False)
    site_token = column(db.String(64), nullable=False, unique=True)
    old_site_token = column(db.String(64), unique=True)
    old_site_token_until = column(TIME)
    domains = column(db.JSON, nullable=False)
    settings = column(db.JSON, nullable=False, server_default="{}")
    identity_secret = column(db.String(64))
    created_at = column(TIME, nullable=False)


class FormRevision(db.Model):
    """What a site's form has asked before it was changed: pages that stay open show it on. A row for each change."""
    site_id = column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    name = column(db.String(16), primary_key=True)
    form = column(db.String(10), nullable=False)
    fields = column(db.JSON, nullable=False)


class Assistant(db.Model):
    __table_args__ = _table()
    id = column(db.Integer, primary_key=True)
    site_id = column(ForeignKey("site.id"), nullable=False, index=True)
    name = column(db.String(200), nullable=False)
    avatar = column(db.String(80))
    created_at = column(TIME, nullable=False)


class Guest(db.Model):
    """A visitor of a site. The guest's secret id is kept only as a hash. `email` goes when the guest wants no mails.

    `user_id` is who the site says they are: proven by its signature when `is_verified`, else a mere claim, as `name` is.
    `identity_exp` is when the last signature that counted ends, in seconds since 1970.
    """
    __table_args__ = _table(Index("guest_once", "site_id", "guest_hash", unique=True))
    id = column(db.Integer, primary_key=True)
    site_id = column(ForeignKey("site.id"), nullable=False)
    guest_hash = column(db.String(64), nullable=False)
    email = column(db.String(254))
    lang = column(db.String(2))
    name = column(db.String(200))
    user_id = column(db.String(200))
    is_verified = column(db.Boolean, nullable=False, server_default="0")
    identity_exp = column(db.Integer)
    attributes = column(db.JSON)
    created_at = column(TIME, nullable=False)


class Manager(db.Model):
    """A person who answers. `totp_step` is the last time step whose one-time code was used."""
    __table_args__ = _table(_one_of("role", ROLES))
    id = column(db.Integer, primary_key=True)
    email = column(db.String(254), nullable=False, unique=True)
    name = column(db.String(200), nullable=False)
    role = column(db.String(10), nullable=False)
    password_hash = column(db.String(200), nullable=False)
    all_sites = column(db.Boolean, nullable=False)
    totp_secret = column(db.String(64))
    totp_step = column(db.Integer)
    lang = column(db.String(2))
    wants_mail = column(db.Boolean, nullable=False, server_default="1")
    avatar = column(db.String(80))
    disabled_at = column(TIME)
    created_at = column(TIME, nullable=False)


class ManagerSite(db.Model):
    """The sites that a manager without `all_sites` is limited to."""
    manager_id = column(ForeignKey("manager.id", ondelete="CASCADE"), primary_key=True)
    site_id = column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)


class ManagerSession(db.Model):
    __table_args__ = _table()
    id = column(db.Integer, primary_key=True)
    manager_id = column(ForeignKey("manager.id", ondelete="CASCADE"), nullable=False, index=True)
    token_hash = column(db.String(64), nullable=False, unique=True)
    created_at = column(TIME, nullable=False)
    expires_at = column(TIME, nullable=False, index=True)


class SetupLink(db.Model):
    """A one-time link that makes an owner's account. The row goes with its first use."""
    __table_args__ = _table()
    id = column(db.Integer, primary_key=True)
    token_hash = column(db.String(64), nullable=False, unique=True)
    expires_at = column(TIME, nullable=False)


class ApiKey(db.Model):
    __table_args__ = _table(_one_of("role", ROLES))
    id = column(db.Integer, primary_key=True)
    name = column(db.String(200), nullable=False)
    role = column(db.String(10), nullable=False)
    all_sites = column(db.Boolean, nullable=False)
    key_hash = column(db.String(64), nullable=False, unique=True)
    created_at = column(TIME, nullable=False)
    revoked_at = column(TIME)


class ApiKeySite(db.Model):
    """The sites that a key without `all_sites` is limited to."""
    api_key_id = column(ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True)
    site_id = column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)


class Dialog(db.Model):
    """A conversation. The marks hold message ids: the newest of all, of the guest's, what each side has read, and up to
    where each side was told by mail. `form` is what the guest filled in, `[{label, kind, value}]` as it was asked;
    `left_message_id` the line that was left with the form for closed hours; `rating` is 1 to 5."""
    __table_args__ = _table(
        _one_of("status", STATUSES),
        _one_of("handler", HANDLERS),
        Index("dialog_open_once", "guest_id", unique=True, sqlite_where=text("status = 'open'")),
        Index("dialog_of_guest", "guest_id", "id"),
        # The console's lists, newest line first: every site or one, every status or one, a manager's own.
        Index("dialog_by_activity", "last_message_id"),
        Index("dialog_by_status", "status", "last_message_id"),
        Index("dialog_of_site", "site_id", "last_message_id"),
        Index("dialog_of_site_by_status", "site_id", "status", "last_message_id"),
        Index("dialog_of_manager", "manager_id", "last_message_id"),
        # Few wait among many that are open.
        Index("dialog_by_handler", "status", "handler", "last_message_id"),
    )
    id = column(db.Integer, primary_key=True)
    site_id = column(ForeignKey("site.id"), nullable=False)
    guest_id = column(ForeignKey("guest.id"), nullable=False)
    assistant_id = column(ForeignKey("assistant.id"), nullable=False)
    status = column(db.String(10), nullable=False)
    handler = column(db.String(10), nullable=False)
    manager_id = column(ForeignKey("manager.id"))
    last_message_id = column(db.Integer, nullable=False)
    last_guest_message_id = column(db.Integer, nullable=False)
    guest_read_id = column(db.Integer, nullable=False)
    manager_read_id = column(db.Integer, nullable=False)
    guest_told_id = column(db.Integer, nullable=False, server_default="0")
    manager_told_id = column(db.Integer, nullable=False, server_default="0")
    form = column(db.JSON)
    left_message_id = column(db.Integer)
    rating = column(db.Integer)
    rating_text = column(db.Text)
    created_at = column(TIME, nullable=False)
    closed_at = column(TIME)


class Message(db.Model):
    """A line of a dialog. `author_name` and `author_avatar` are as they were when the line was written. `attachments` repeats
    what a reader needs of its files: `[{id, name, type, size, width, height}]`."""
    __table_args__ = _table(
        _one_of("sender", SENDERS),
        Index("message_once", "dialog_id", "client_id", unique=True),
        Index("message_in_dialog", "dialog_id", "id"),
    )
    id = column(db.Integer, primary_key=True)
    dialog_id = column(ForeignKey("dialog.id"), nullable=False)
    sender = column(db.String(10), nullable=False)
    text = column(db.Text, nullable=False)
    client_id = column(db.String(36), nullable=False)
    author_name = column(db.String(200))
    author_avatar = column(db.String(80))
    attachments = column(db.JSON)
    manager_id = column(ForeignKey("manager.id"))
    created_at = column(TIME, nullable=False)


class File(db.Model):
    """A file that a guest, a manager or an API key sent, kept in `uploads/` of the instance under its `file_id`. Without a
    message it goes after a day."""
    __table_args__ = _table(
        Index("file_of_message", "message_id"),
        Index("file_orphans", "created_at", sqlite_where=text("message_id IS NULL")),
    )
    id = column(db.Integer, primary_key=True)
    file_id = column(db.String(36), nullable=False, unique=True)
    site_id = column(ForeignKey("site.id", ondelete="CASCADE"), nullable=False)
    guest_hash = column(db.String(64))
    manager_id = column(ForeignKey("manager.id", ondelete="SET NULL"))
    api_key_id = column(ForeignKey("api_key.id", ondelete="SET NULL"))
    message_id = column(ForeignKey("message.id", ondelete="CASCADE"))
    name = column(db.String(200), nullable=False)
    type = column(db.String(100), nullable=False)
    size = column(db.Integer, nullable=False)
    width = column(db.Integer)
    height = column(db.Integer)
    created_at = column(TIME, nullable=False)


class Delivery(db.Model):
    """How many of a site's messages fared like this on a day (UTC). `code` says why for those refused or failed, else ""."""
    __table_args__ = (_one_of("transport", TRANSPORTS), _one_of("outcome", OUTCOMES), {"sqlite_with_rowid": False})
    day = column(db.String(10), primary_key=True)
    site_id = column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    transport = column(db.String(10), primary_key=True)
    outcome = column(db.String(10), primary_key=True)
    code = column(db.String(30), primary_key=True)
    count = column(db.Integer, nullable=False)


class Outbox(db.Model):
    """What must happen after a commit. Rows go when it has happened.

    `mail` goes to the manager, or to the dialog's guest where there is none; `lines` are its dialogs, `{id: [after,
    up to]}` in message ids. `due_at` is also the end of a lease. `dead_at`: given up, because of `error`, a code and
    where there is one the mail server's number.
    """
    __table_args__ = _table(
        _one_of("kind", TASKS),
        Index("outbox_once", "dialog_id", "kind", unique=True, sqlite_where=text("kind <> 'mail'")),
        Index("outbox_due", "due_at", sqlite_where=text("dead_at IS NULL")),
        Index("outbox_dead", "dead_at", sqlite_where=text("dead_at IS NOT NULL")),
        Index("outbox_mail", "manager_id", "dialog_id", sqlite_where=text("kind = 'mail' AND dead_at IS NULL")),
    )
    id = column(db.Integer, primary_key=True)
    kind = column(db.String(20), nullable=False)
    dialog_id = column(ForeignKey("dialog.id", ondelete="CASCADE"), nullable=False)
    manager_id = column(ForeignKey("manager.id", ondelete="CASCADE"))
    lines = column(db.JSON)
    due_at = column(TIME, nullable=False)
    attempts = column(db.Integer, nullable=False, server_default="0")
    is_leased = column(db.Boolean, nullable=False, server_default="0")
    error = column(db.String(40))
    dead_at = column(TIME)
    created_at = column(TIME, nullable=False)

"""All queries of guests and of what they ask for beside their messages, named by intent. As in `store.py`."""
import json

from .clock import now
from .store import NEWEST

MOST_UNREAD = 99
ANSWERED = "sender IN ('assistant', 'manager')"
UNREAD = f"FROM message WHERE dialog_id = d.id AND id > d.guest_read_id AND {ANSWERED}"


def site(q, site_id):
    """What the site's guests are measured by: its secret for identities (None: it has none) and its settings."""
    row = q.one("SELECT id, identity_secret, settings FROM site WHERE id = :id", id=site_id)
    return {**row, "settings": json.loads(row["settings"])}


def form_revision(q, site_id, name):
    """`{form, fields}` as a site has shown it once, or None."""
    row = q.one("SELECT form, fields FROM form_revision WHERE site_id = :site_id AND name = :name", site_id=site_id, name=name)
    return row and {**row, "fields": json.loads(row["fields"])}


# Who a guest is

def guest(q, site_id, guest_hash):
    """The guest's row; None before the first message."""
    row = q.one("SELECT id, name, email, lang, user_id, is_verified, identity_exp, attributes FROM guest "
                "WHERE site_id = :site_id AND guest_hash = :hash", site_id=site_id, hash=guest_hash)
    return row and {**row, "attributes": json.loads(row["attributes"] or "{}")}


def set_guest(tx, guest_id, values):
    if "attributes" in values:
        values = {**values, "attributes": json.dumps(values["attributes"], ensure_ascii=False)}
    tx.update("guest", guest_id, **values)


def form(q, dialog_id):
    """What the guest has filled in for the dialog, `[{label, kind, value}]`; older ones have no kind."""
    return json.loads(q.one("SELECT form FROM dialog WHERE id = :id", id=dialog_id)["form"] or "[]")


def set_form(tx, dialog_id, form):
    tx.update("dialog", dialog_id, form=json.dumps(form, ensure_ascii=False))


def set_left(tx, dialog_id, message_id):
    tx.update("dialog", dialog_id, left_message_id=message_id)


# What a guest asks for

def set_rating(tx, dialog_id, rating):
    """The number of rows changed: none where it is so already."""
    return tx.execute("UPDATE dialog SET rating = :rating WHERE id = :id AND rating IS NOT :rating", id=dialog_id, rating=rating)


def set_rating_text(tx, dialog_id, text):
    """As `set_rating`."""
    return tx.execute("UPDATE dialog SET rating_text = :text WHERE id = :id AND rating_text IS NOT :text", id=dialog_id, text=text)


def is_answered(q, dialog_id):
    return bool(q.one(f"SELECT 1 FROM message WHERE dialog_id = :id AND {ANSWERED} LIMIT 1", id=dialog_id))


def history(q, site_id, guest_hash, before, limit):
    """A page of the guest's dialogs, the newest first."""
    return q.all("""
        SELECT d.id, d.status, d.created_at, d.closed_at, l.sender, l.text, l.attachments, l.created_at AS last_message_at
        FROM guest g JOIN dialog d ON d.guest_id = g.id LEFT JOIN message l ON l.id = d.last_message_id
        WHERE g.site_id = :site_id AND g.guest_hash = :hash AND d.id < :before ORDER BY d.id DESC LIMIT :limit
        """, site_id=site_id, hash=guest_hash, before=before or 2**53, limit=limit)


def unread(q, site_id, guest_hash):
    """The guest's open dialog, or the last one, with what is unread there: `{dialog_id, unread, last_id}`; or None."""
    return q.one(f"""
        SELECT d.id AS dialog_id, (SELECT count(*) FROM (SELECT 1 {UNREAD} LIMIT {MOST_UNREAD})) AS unread,
               (SELECT id {UNREAD} ORDER BY id DESC LIMIT 1) AS last_id
        FROM guest g JOIN dialog d ON d.id = {NEWEST}
        WHERE g.site_id = :site_id AND g.guest_hash = :hash
        """, site_id=site_id, hash=guest_hash)


# The outbox's letter that holds a whole dialog

def add_transcript(tx, dialog_id, email, lang):
    """Ask for the dialog to be mailed, in place of an earlier request: that one had another address, or failed."""
    tx.execute("DELETE FROM outbox WHERE dialog_id = :id AND kind = 'transcript'", id=dialog_id)
    tx.insert("outbox", kind="transcript", dialog_id=dialog_id, lines=json.dumps({"email": email, "lang": lang}), due_at=now(),
              created_at=now())


def transcript_page(q, dialog_id, before, limit):
    """Lines before one (None: the newest), the newest first."""
    return q.all("SELECT id, sender, text, author_name, attachments, created_at FROM message WHERE dialog_id = :dialog_id "
                 "AND id < :before ORDER BY id DESC LIMIT :limit", dialog_id=dialog_id, before=before or 2**53, limit=limit)

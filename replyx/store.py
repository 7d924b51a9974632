"""All queries of dialogs and messages, named by intent. `accounts_store.py` has those of sites and people.

The first argument of each is where it runs: the pool of readers, or the transaction of a unit of writing. Rows are dicts.
"""
import json

from .clock import now

MESSAGE = "SELECT id, dialog_id, sender, text, created_at, client_id, author_name, author_avatar, attachments FROM message "
DIALOG = """
    SELECT d.*, g.guest_hash, g.email, g.name AS guest_name, g.user_id, g.is_verified, g.attributes,
           s.name AS site_name, m.name AS manager_name, m.avatar AS manager_avatar,
           l.text AS last_text, l.attachments AS last_attachments, l.sender AS last_sender, l.created_at AS last_message_at,
           l.author_name AS last_author, l.manager_id AS last_manager_id
    FROM dialog d JOIN guest g ON g.id = d.guest_id JOIN site s ON s.id = d.site_id
    LEFT JOIN manager m ON m.id = d.manager_id LEFT JOIN message l ON l.id = d.last_message_id
"""
STATE = """
    SELECT d.id, d.site_id, d.guest_id, d.status, d.handler, d.manager_id, d.last_message_id, d.last_guest_message_id,
           d.guest_read_id, d.manager_read_id, g.guest_hash, g.email IS NOT NULL AS has_email
    FROM dialog d JOIN guest g ON g.id = d.guest_id
"""
# The id of a guest's open dialog, or of the last one. Of the guest `g`.
NEWEST = ("coalesce((SELECT id FROM dialog WHERE guest_id = g.id AND status = 'open'), "
          "(SELECT max(id) FROM dialog WHERE guest_id = g.id))")
# Characters in a page of messages.
LONGEST_PAGE = 100_000
STATE_BY_ID = STATE + "WHERE d.id = :id"
STATE_OF_OPEN = STATE + "WHERE g.site_id = :site_id AND g.guest_hash = :hash AND d.status = 'open'"
# A guest's line may leave by itself, long after it was written: what came meanwhile is not read. A manager who answers has read
# what is above.
MARKS = {sender: f"UPDATE dialog SET last_message_id = :id{marks} WHERE id = :dialog_id" for sender, marks in {
    "guest": ", last_guest_message_id = :id, "
             "guest_read_id = iif(:read_id >= last_message_id, :id, max(guest_read_id, :read_id))",
    "manager": ", manager_read_id = :id", "assistant": "", "system": ""}.items()}
VIEWS = {
    "open": "d.status = 'open'",
    "waiting": "d.status = 'open' AND d.handler = 'waiting'",
    "mine": "d.status = 'open' AND d.manager_id = :manager_id",
    "closed": "d.status = 'closed'",
    "all": "1",
}


# Dialogs

def dialog(q, dialog_id):
    """The dialog as the two views need it, or None."""
    return q.one(DIALOG + "WHERE d.id = :id", id=dialog_id)


def dialog_state(q, dialog_id):
    """What the rules need of a dialog, without the view's joins; or None."""
    return q.one(STATE_BY_ID, id=dialog_id)


def open_dialog(q, site_id, guest_hash):
    return q.one(STATE_OF_OPEN, site_id=site_id, hash=guest_hash)


def newest_dialog(q, site_id, guest_hash):
    """The guest's open dialog, or the last one; None before the first message."""
    return q.one(DIALOG + f"WHERE d.id = (SELECT {NEWEST} FROM guest g WHERE g.site_id = :site_id AND g.guest_hash = :hash)",
                 site_id=site_id, hash=guest_hash)


def dialogs(q, view, site_ids, manager_id, before, limit):
    """A page of dialogs, the one with the newest line first. `site_ids` None means every site; `before` is the
    `last_message_id` that the page before ended with."""
    where = [VIEWS[view]]
    if site_ids is not None:
        # For several sites the walk goes by activity and leaves out the others: `+` keeps SQLite from fetching all of
        # theirs and sorting them.
        several = "+" if len(site_ids) > 1 else ""
        where.append(f"{several}d.site_id IN ({', '.join(str(int(site_id)) for site_id in site_ids)})")
    if before is not None:
        where.append("d.last_message_id < :before")
    page = f"SELECT d.id FROM dialog d WHERE {' AND '.join(where)} ORDER BY d.last_message_id DESC LIMIT :limit"
    return q.all(f"{DIALOG} WHERE d.id IN ({page}) ORDER BY d.last_message_id DESC",
                 manager_id=manager_id, before=before, limit=limit)


def add_dialog(tx, site_id, assistant_id, guest_hash, handler):
    """A new open dialog, and its guest's row with the first one. Its id."""
    guest = tx.one("SELECT id FROM guest WHERE site_id = :site_id AND guest_hash = :hash",
                   site_id=site_id, hash=guest_hash)
    guest_id = guest["id"] if guest else tx.insert("guest", site_id=site_id, guest_hash=guest_hash, created_at=now())
    return tx.insert("dialog", site_id=site_id, guest_id=guest_id, assistant_id=assistant_id, status="open",
                     handler=handler, last_message_id=0, last_guest_message_id=0, guest_read_id=0, manager_read_id=0,
                     created_at=now())


def set_handler(tx, dialog_id, handler, manager_id=None):
    tx.update("dialog", dialog_id, handler=handler, manager_id=manager_id)


def set_status(tx, dialog_id, status, handler):
    """Close or reopen. Raises sqlite3.IntegrityError when the guest has another open dialog."""
    tx.update("dialog", dialog_id, status=status, handler=handler, manager_id=None,
              closed_at=now() if status == "closed" else None)


def mark_read(tx, dialog_id, reader, message_id):
    """Move the mark of `guest` or `manager` forward; the number of rows changed: never backwards, never past the end."""
    mark = {"guest": "guest_read_id", "manager": "manager_read_id"}[reader]
    return tx.execute(f"UPDATE dialog SET {mark} = min(:id, last_message_id) "
                      f"WHERE id = :dialog_id AND {mark} < min(:id, last_message_id)", id=message_id, dialog_id=dialog_id)


# Messages

def _size(row):
    """What a line takes on the wire: a manager's or the assistant's may come as HTML too, a file with its address."""
    return len(row["text"]) * (1 if row["sender"] == "guest" else 3) + 2 * len(row["attachments"] or "")


def messages(q, dialog_id, limit, after=None, before=None):
    """A page of lines, ascending, and whether there are more that way: after an id, just before one, or the newest.
    Long lines make it shorter than `limit`: a page is bounded by its text too."""
    if after is not None:
        rows, fit = q.page(MESSAGE + "WHERE dialog_id = :dialog_id AND id > :after ORDER BY id LIMIT :limit",
                           LONGEST_PAGE, _size, dialog_id=dialog_id, after=after, limit=limit + 1)
        return rows[:limit], len(rows) > limit or not fit
    rows, fit = q.page(MESSAGE + "WHERE dialog_id = :dialog_id AND id < :before ORDER BY id DESC LIMIT :limit",
                       LONGEST_PAGE, _size, dialog_id=dialog_id, before=before or 2**53, limit=limit + 1)
    return rows[:limit][::-1], len(rows) > limit or not fit


def message(q, message_id):
    return q.one(MESSAGE + "WHERE id = :id", id=message_id)


def message_by_client_id(q, dialog_id, client_id):
    return q.one(MESSAGE + "WHERE dialog_id = :dialog_id AND client_id = :client_id",
                 dialog_id=dialog_id, client_id=client_id)


def guest_message_by_client_id(q, site_id, guest_hash, client_id):
    """The line with this client_id in any of the guest's dialogs, or None."""
    return q.one("""
        SELECT m.id, m.dialog_id, m.sender, m.text, m.created_at, m.client_id, m.author_name, m.author_avatar, m.attachments
        FROM guest g JOIN dialog d ON d.guest_id = g.id JOIN message m ON m.dialog_id = d.id
        WHERE g.site_id = :site_id AND g.guest_hash = :hash AND m.client_id = :client_id
        """, site_id=site_id, hash=guest_hash, client_id=client_id)


def add_message(tx, dialog_id, sender, text, client_id, author_name=None, manager_id=None, author_avatar=None, files=(),
                read_id=None):
    """Store a line and move the dialog's marks. `files` are rows of `files_store`; a guest has seen all up to `read_id`, or all.
    The row."""
    row = {"dialog_id": dialog_id, "sender": sender, "text": text, "client_id": client_id, "author_name": author_name,
           "author_avatar": author_avatar, "attachments": json.dumps(files) if files else None, "created_at": now()}
    row["id"] = tx.insert("message", manager_id=manager_id, **row)
    tx.execute(MARKS[sender], id=row["id"], dialog_id=dialog_id, read_id=row["id"] if read_id is None else read_id)
    return row

"""All queries of the outbox, and of what its mails need to know, named by intent. As in `store.py`."""
import json

from .clock import now

# What a mail's `after` and `up to` count for each task: whose lines, and how far the other side has read and was told.
SIDES = {
    "tell_managers": {"sender": "guest", "read": "manager_read_id", "told": "manager_told_id"},
    "tell_guest": {"sender": "manager", "read": "guest_read_id", "told": "guest_told_id"},
}
MOST_DEAD = 200


def _letter(row):
    return row and {**row, "lines": json.loads(row["lines"])}


# Tasks: to look, at their time, whether a side has still not read its lines

def add_task(tx, kind, dialog_id, due_at):
    """Ask for a look at the dialog, unless one is due already."""
    tx.execute("INSERT OR IGNORE INTO outbox (kind, dialog_id, due_at, created_at) VALUES (:kind, :id, :due_at, :now)",
               kind=kind, id=dialog_id, due_at=due_at, now=now())


def next_due(q):
    """When the next row is due, or None."""
    return q.one("SELECT min(due_at) AS due_at FROM outbox WHERE dead_at IS NULL")["due_at"]


def due(q, limit):
    """Rows that are due, tasks and letters, the longest due first: their ids and kinds."""
    return q.all("SELECT id, kind, dialog_id FROM outbox WHERE dead_at IS NULL AND due_at <= :now ORDER BY due_at LIMIT :limit",
                 now=now(), limit=limit)


def unread(q, kind, dialog_id):
    """What the task's side has neither read nor been told of: `{site_id, email, status, after, first_at, up_to}`;
    `first_at` is None where there is nothing. None for a dialog that is no more."""
    side = SIDES[kind]
    row = q.one(f"SELECT d.site_id, d.status, g.email, max(d.{side['read']}, d.{side['told']}) AS after "
                "FROM dialog d JOIN guest g ON g.id = d.guest_id WHERE d.id = :id", id=dialog_id)
    if row is None:
        return None
    values = {"id": dialog_id, "after": row["after"], "sender": side["sender"]}
    where = "FROM message WHERE dialog_id = :id AND id > :after AND sender = :sender ORDER BY id"
    first = q.one(f"SELECT created_at {where} LIMIT 1", **values)
    last = q.one(f"SELECT id {where} DESC LIMIT 1", **values)
    return {**row, "first_at": first and first["created_at"], "up_to": last and last["id"]}


def postpone(tx, row_id, due_at):
    tx.update("outbox", row_id, due_at=due_at, is_leased=False)


def delete(tx, row_id):
    tx.execute("DELETE FROM outbox WHERE id = :id", id=row_id)


def set_told(tx, kind, dialog_id, up_to):
    tx.update("dialog", dialog_id, **{SIDES[kind]["told"]: up_to})


# Letters

def managers_to_mail(q, site_id):
    """The managers who see this site and want mails."""
    return q.all("SELECT id FROM manager WHERE disabled_at IS NULL AND wants_mail AND (all_sites OR EXISTS ("
                 "SELECT 1 FROM manager_site WHERE manager_id = manager.id AND site_id = :site_id))", site_id=site_id)


def letter_to_extend(q, manager_id, dialog_id):
    """The letter to this manager, or without one to this dialog's guest, that nobody is sending yet; or None."""
    where = "manager_id = :manager_id" if manager_id else "manager_id IS NULL AND dialog_id = :dialog_id"
    return _letter(q.one(f"SELECT id, lines FROM outbox WHERE kind = 'mail' AND dead_at IS NULL AND NOT is_leased AND {where} "
                         "LIMIT 1", manager_id=manager_id, dialog_id=dialog_id))


def set_lines(tx, letter_id, lines):
    tx.update("outbox", letter_id, lines=json.dumps(lines))


def add_letter(tx, manager_id, dialog_id, lines, due_at):
    return tx.insert("outbox", kind="mail", manager_id=manager_id, dialog_id=dialog_id, lines=json.dumps(lines),
                     due_at=due_at, created_at=now())


def lease(tx, letter_id, until):
    """The letter, from now on leased; None if it went meanwhile."""
    tx.execute("UPDATE outbox SET is_leased = 1, attempts = attempts + 1, due_at = :until WHERE id = :id",
               until=until, id=letter_id)
    return _letter(tx.one("SELECT * FROM outbox WHERE id = :id", id=letter_id))


def end_leases(tx):
    """Make what an earlier process was sending due: there is one process, so nobody is sending it any more."""
    tx.execute("UPDATE outbox SET is_leased = 0, due_at = :now WHERE dead_at IS NULL AND is_leased", now=now())


def fail(tx, letter_id, error, due_at):
    tx.update("outbox", letter_id, error=error, due_at=due_at, is_leased=False)


def bury(tx, letter_id, error):
    """Give the letter up. The oldest of very many dead ones go."""
    tx.update("outbox", letter_id, error=error, dead_at=now(), is_leased=False)
    tx.execute("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE dead_at IS NOT NULL "
               f"ORDER BY dead_at DESC LIMIT -1 OFFSET {MOST_DEAD})")


def revive(tx, letter_id):
    """Make a dead letter due; the number of rows changed."""
    return tx.execute("UPDATE outbox SET dead_at = NULL, attempts = 0, due_at = :now WHERE id = :id AND dead_at IS NOT NULL",
                      now=now(), id=letter_id)


def dead(q):
    """The dead letters, the newest first, with their dialog and their manager's name (None: the guest)."""
    return q.all("""
        SELECT o.id, o.dialog_id, o.error, o.attempts, o.created_at, o.dead_at, m.name AS manager_name, d.guest_id,
               d.site_id, s.name AS site_name
        FROM outbox o JOIN dialog d ON d.id = o.dialog_id JOIN site s ON s.id = d.site_id
        LEFT JOIN manager m ON m.id = o.manager_id WHERE o.dead_at IS NOT NULL ORDER BY o.dead_at DESC""")


def count_dead(q):
    return q.one("SELECT count(*) AS count FROM outbox WHERE dead_at IS NOT NULL")["count"]


# What a letter holds

def manager_to_mail(q, manager_id):
    """The manager with `site_ids` (None: all), or None if they don't want mails any more."""
    row = q.one("SELECT id, name, email, lang, all_sites FROM manager WHERE id = :id AND wants_mail AND disabled_at IS NULL",
                id=manager_id)
    if row is None or row["all_sites"]:
        return row and {**row, "site_ids": None}
    rows = q.all("SELECT site_id FROM manager_site WHERE manager_id = :id", id=manager_id)
    return {**row, "site_ids": tuple(site["site_id"] for site in rows)}


def dialog_to_mail(q, dialog_id):
    return q.one("SELECT d.id, d.status, d.guest_id, d.assistant_id, d.site_id, d.guest_read_id, d.manager_read_id, g.email, "
                 "g.lang, g.is_verified, s.name AS site_name FROM dialog d JOIN guest g ON g.id = d.guest_id "
                 "JOIN site s ON s.id = d.site_id WHERE d.id = :id", id=dialog_id)


def lines(q, dialog_id, sender, after, up_to, limit):
    return q.all("SELECT id, text, attachments, author_name FROM message WHERE dialog_id = :dialog_id AND id > :after "
                 "AND id <= :up_to AND sender = :sender ORDER BY id LIMIT :limit",
                 dialog_id=dialog_id, sender=sender, after=after, up_to=up_to, limit=limit)

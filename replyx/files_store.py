"""All queries of files and avatars, named by intent. As in `store.py`."""
import json

from .clock import now

# What a message repeats of its files.
FILE = "SELECT file_id AS id, name, type, size, width, height FROM file "
AMONG = "file_id IN (SELECT value FROM json_each(:ids))"


def takes_files(q, site_id):
    """Whether the site's guests may send files; None for a site that is no more."""
    row = q.one("SELECT coalesce(json_extract(settings, '$.files'), 1) AS takes FROM site WHERE id = :id", id=site_id)
    return row and bool(row["takes"])


def add(tx, file_id, site_id, uploader, **found):
    """Store a file's row; as a message repeats it."""
    tx.insert("file", file_id=file_id, site_id=site_id, created_at=now(), **uploader, **found)
    return {"id": file_id, **found}


def file(q, file_id):
    return q.one(FILE + "WHERE file_id = :id", id=file_id)


def unused(q, ids, site_id, uploader):
    """Those of the files that this sender has sent to the site and in no message, in the order of `ids`."""
    rows = q.all(f"{FILE} WHERE {AMONG} AND message_id IS NULL AND site_id = :site_id AND guest_hash IS :guest_hash "
                 "AND manager_id IS :manager_id AND api_key_id IS :api_key_id", ids=json.dumps(ids), site_id=site_id, **uploader)
    return sorted(rows, key=lambda row: ids.index(row["id"]))


def use(tx, ids, message_id):
    tx.execute(f"UPDATE file SET message_id = :message_id WHERE {AMONG}", ids=json.dumps(ids), message_id=message_id)


def total(q):
    """Bytes of all files."""
    return q.one("SELECT coalesce(sum(size), 0) AS size FROM file")["size"]


def unused_of_guests(q):
    """Bytes of guests' files that are in no message."""
    return q.one("SELECT coalesce(sum(size), 0) AS size FROM file WHERE message_id IS NULL "
                 "AND guest_hash IS NOT NULL")["size"]


def known(q, ids):
    """Those of the ids that have a row."""
    return {row["file_id"] for row in q.all(f"SELECT file_id FROM file WHERE {AMONG}", ids=json.dumps(ids))}


def delete_orphans(tx, before, limit):
    """Delete the rows of files that are in no message and were sent before a time; what they were, `{file_id, size}`."""
    return tx.all("DELETE FROM file WHERE id IN (SELECT id FROM file WHERE message_id IS NULL AND created_at < :before "
                  "LIMIT :limit) RETURNING file_id, size", before=before, limit=limit)


# Avatars

def set_manager_avatar(tx, manager_id, name):
    return tx.update("manager", manager_id, avatar=name)


def set_assistant_avatar(tx, assistant_id, name):
    return tx.update("assistant", assistant_id, avatar=name)


def avatars_of_people(q):
    """The avatars that managers and assistants have."""
    return {row["avatar"] for row in q.all("SELECT avatar FROM manager WHERE avatar IS NOT NULL "
                                           "UNION SELECT avatar FROM assistant WHERE avatar IS NOT NULL")}


def avatars_of_messages(q, after, up_to):
    """The avatars in the lines after an id and up to another."""
    return {row["author_avatar"] for row in q.all(
        "SELECT DISTINCT author_avatar FROM message WHERE id > :after AND id <= :up_to AND author_avatar IS NOT NULL",
        after=after, up_to=up_to)}


def last_message_id(q):
    return q.one("SELECT coalesce(max(id), 0) AS id FROM message")["id"]

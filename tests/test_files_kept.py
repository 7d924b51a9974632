"""Which files go and which stay, whatever becomes of the database; and that a mail names those of a line."""
import os
import time
import uuid

import pytest

from replyx import files_store, store, tidying
from replyx.database import reader
from replyx.extensions import writer
from replyx.notify import digest
from replyx.uploads import uploads
from tests.room import add, opened


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("room")) as site_id:
        yield site_id


def test_what_nobody_needs_goes_and_nothing_else(instance):
    old, new, used = (add(instance, age=age) for age in (24 * 3600 + 1, 23 * 3600, 48 * 3600))
    writer.submit(lambda tx: [
        tx.insert("guest", site_id=instance, guest_hash="hash", created_at="x"),
        tx.insert("assistant", site_id=instance, name="A", avatar="mine.webp", created_at="x"),
        tx.insert("dialog", site_id=instance, guest_id=1, assistant_id=1, status="open", handler="waiting", last_message_id=1,
                  last_guest_message_id=1, guest_read_id=0, manager_read_id=0, created_at="x"),
        tx.insert("message", dialog_id=1, sender="manager", text="x", client_id="x", author_avatar="old.webp", created_at="x"),
        files_store.use(tx, [used], 1)])
    stray, arriving = (str(uuid.uuid4()) for _ in range(2))
    for name in (stray, f"{stray}.part", f"{stray}.new", f"{arriving}.part", arriving):
        (uploads.folder / name).write_bytes(b"x")
    for name in (stray, f"{stray}.part", f"{stray}.new", new, used):
        os.utime(uploads.folder / name, (time.time() - 2 * 24 * 3600,) * 2)
    for name, age in (("mine.webp", 2), ("old.webp", 2), ("gone.webp", 2), ("fresh.webp", 0)):
        (uploads.avatars / name).write_bytes(b"x")
        os.utime(uploads.avatars / name, (time.time() - age * 24 * 3600,) * 2)
    tidying.sweep(with_strays=False)
    names = set(os.listdir(uploads.folder))
    assert old not in names and {new, used, stray} <= names
    tidying.sweep(with_strays=True)
    names = set(os.listdir(uploads.folder))
    assert {new, used, stray} <= names and not {f"{stray}.part", f"{stray}.new"} & names
    tidying.sweep(with_strays=True)
    names = set(os.listdir(uploads.folder))
    assert {new, used, arriving, f"{arriving}.part"} <= names and stray not in names
    assert set(os.listdir(uploads.avatars)) == {"mine.webp", "old.webp", "fresh.webp"}


def test_files_outlast_a_database_that_is_put_aside_for_a_while(instance):
    kept = add(instance)
    (uploads.avatars / "kept.webp").write_bytes(b"x")
    for path in (uploads.folder / kept, uploads.avatars / "kept.webp"):
        os.utime(path, (time.time() - 400 * 24 * 3600,) * 2)
    row = writer.submit(lambda tx: tx.all("DELETE FROM file WHERE file_id = :id RETURNING *", id=kept))[0]
    tidying.sweep(with_strays=True)
    writer.submit(lambda tx: [tx.insert("file", **row), tx.update("assistant", 1, avatar="kept.webp")])
    tidying.sweep(with_strays=True)
    assert (uploads.folder / kept).exists() and (uploads.avatars / "kept.webp").exists()


def test_more_than_a_batch_goes(instance, monkeypatch):
    monkeypatch.setattr(tidying, "BATCH", 3)
    monkeypatch.setattr(tidying, "PAUSE", 0)
    ids = [add(instance, age=90_000) for _ in range(8)]
    tidying.sweep(with_strays=True)
    assert not set(ids) & set(os.listdir(uploads.folder))


def test_a_mail_names_the_files_of_a_line(instance):
    def unit(tx):
        guest_id = tx.insert("guest", site_id=instance, guest_hash="mailed", created_at="x")
        assistant_id = tx.insert("assistant", site_id=instance, name="A", created_at="x")
        dialog_id = tx.insert("dialog", site_id=instance, guest_id=guest_id, assistant_id=assistant_id, status="open",
                              handler="waiting", last_message_id=0, last_guest_message_id=0, guest_read_id=0,
                              manager_read_id=0, created_at="x")
        for text, names in (("", ["photo.jpg"]), ("see", ["a.pdf", "b.pdf"]), ("text alone", [])):
            store.add_message(tx, dialog_id, "guest", text, text, files=[{"name": name} for name in names])
        manager_id = tx.insert("manager", email="a@b.example", name="Anna", role="owner", password_hash="x", all_sites=True,
                               created_at="x")
        return {"id": 1, "created_at": "x", "manager_id": manager_id, "lines": {str(dialog_id): [0, 2**40]}}
    letter = digest.compose(reader, writer.submit(unit), "https://chat.example.com")
    assert "> [photo.jpg]\n\n> see\n> [a.pdf]\n> [b.pdf]\n\n> text alone\n" in letter.text

"""Real faults of the disk and of the database's file under a running server, and what is sent and stored meanwhile."""
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from types import SimpleNamespace

from tests.cast import Guest

LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class Shop(SimpleNamespace):
    """A server, a site on it, and the hands on its database file."""

    @property
    def file(self):
        return self.served.instance / "replyx.db"

    def guest(self):
        guest = Guest(self)
        guest.dialog_id = guest.open("before")["dialog"]["id"]
        return guest

    def lines_about(self, words):
        return [line for line in self.served.log[self.mark:].splitlines() if words in line]

    def begin(self):
        """Count the log's lines from here on, with no trouble left over."""
        self.mark = len(self.served.log)


def open_shop(served, **more):
    return Shop(served=served, site=served.command("site", "add", "Shop", "--domain", "localhost", "--json"), mark=0, **more)


def post(guest, client_id):
    return guest.http("POST", f"/dialogs/{guest.dialog_id}/messages", {"text": str(client_id), "client_id": str(client_id)})


def codes(answers):
    return {answer.json().get("error", {}).get("code", "stored") for answer in answers}


def stored(guest):
    answer = guest.http("GET", f"/dialogs/{guest.dialog_id}/messages?limit=200")
    assert answer.ok, answer.text
    return [line["text"] for line in answer.json()["messages"]][1:]


@contextmanager
def failing(shop, call, number):
    """A system call of the server fails on the database's files."""
    shop.served.fault.write_text(f"{call} {number}")
    try:
        yield
    finally:
        shop.served.fault.unlink()


@contextmanager
def full(shop):
    filler = shop.served.instance / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def locked(shop):
    with subprocess.Popen([sys.executable, "-c", LOCK, shop.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        yield


@contextmanager
def renamed(shop):
    away = shop.file.with_name("away.db")
    shop.file.rename(away)
    try:
        yield
    finally:
        away.rename(shop.file)


@contextmanager
def replaced(shop):
    """Another database in its place, as from a backup that lacks the newest lines; then the right one again."""
    away = shop.file.with_name("away.db")
    shop.file.rename(away)
    with closing(sqlite3.connect(shop.file, isolation_level=None)) as other:
        other.execute("CREATE TABLE other (id INTEGER)")
    try:
        yield
    finally:
        away.replace(shop.file)


def names(folder):
    return [file.name for file in folder.iterdir()]

"""A table of lines: what it holds, and units that add to it."""
import sqlite3
from contextlib import closing


def texts(path):
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT text FROM line ORDER BY id")]


def add(text):
    return lambda tx: tx.insert("line", text=text)

"""The fixtures of the writer: a database with one table, and a writer on it."""
import sqlite3
from contextlib import closing

import pytest

from replyx.writer import Writer


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "test.db")) as database:
        database.execute("CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE)")
    return tmp_path / "test.db"


@pytest.fixture
def writer(path):
    made = Writer()
    made.start(path)
    yield made
    made.stop()

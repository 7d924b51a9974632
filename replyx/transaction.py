"""Rows of SQLite: questions to a connection, and what a unit of writing may say inside its transaction. Who commits is the
writer."""
from functools import cache


class Query:
    """Questions to a SQLite connection whose rows are `sqlite3.Row`; they are given as dicts."""

    def __init__(self, connection):
        self._connection = connection

    def one(self, sql, **values):
        row = self._connection.execute(sql, values).fetchone()
        return dict(row) if row else None

    def all(self, sql, **values):
        return [dict(row) for row in self._connection.execute(sql, values)]

    def page(self, sql, longest, size, **values):
        """Rows until their `size(row)` adds up to `longest`, at least one; and whether all of them fit."""
        rows, length = [], 0
        for row in self._connection.execute(sql, values):
            length += size(row)
            if rows and length > longest:
                return rows, False
            rows.append(dict(row))
        return rows, True


class Transaction(Query):
    """What a unit of writing sees: the writer's connection, inside the unit's own savepoint."""

    def execute(self, sql, **values):
        """Run a statement; the number of rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table, **values):
        """Add a row; its id. `table` and the names come from our own code, never from a request."""
        return self._connection.execute(_insert(table, tuple(values)), values).lastrowid

    def update(self, table, id, **values):
        """Change the row with this id; the number of rows changed."""
        places = ", ".join(f"{name} = :{name}" for name in values)
        return self.execute(f"UPDATE {table} SET {places} WHERE id = :id", id=id, **values)


@cache
def _insert(table, names):
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"

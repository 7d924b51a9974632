"""What a long history costs: the console's list and a page of messages, with ten thousand messages and with a million."""
import sqlite3
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack, closing
from pathlib import Path

import requests
from servers import REPLYX, Server, instance

LINES = 20
REQUESTS = 200
TIME = "2026-01-01T00:00:00.000Z"
TEXT = "Здравствуйте, подскажите статус заказа. Order 12345 has not arrived yet, can you help me? " * 2


def fill(path, site, messages):
    """Write dialogs of twenty lines each into the database of a server that does not run; one in a hundred is open."""
    dialogs = range(1, messages // LINES + 1)
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO guest (id, site_id, guest_hash, created_at) VALUES (?, ?, ?, ?)",
                             ((number, site["id"], uuid.uuid4().hex * 2, TIME) for number in dialogs))
        database.executemany(
            "INSERT INTO dialog (id, site_id, guest_id, assistant_id, status, handler, last_message_id, last_guest_message_id, "
            "guest_read_id, manager_read_id, created_at) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, 0, 0, ?)",
            ((number, site["id"], number, site["assistant_id"], "closed" if number % 100 else "open", number * LINES,
              number * LINES, TIME) for number in dialogs))
        database.executemany(
            "INSERT INTO message (id, dialog_id, sender, text, client_id, created_at) VALUES (?, ?, 'guest', ?, ?, ?)",
            ((number, (number - 1) // LINES + 1, TEXT, str(uuid.uuid4()), TIME) for number in range(1, messages + 1)))


def served(folder, messages, stack):
    """A served instance with this many messages; its address and an API key."""
    port, env, site, key = instance(folder)
    fill(Path(folder) / "replyx.db", site, messages)
    stack.enter_context(Server("replyx", [REPLYX, "run"], port, env))
    return f"http://127.0.0.1:{port}/api/manager", key


def p95(address, key, path):
    """Milliseconds."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        times = []
        for _ in range(REQUESTS):
            start = time.perf_counter()
            session.get(address + path, timeout=30).raise_for_status()
            times.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def measure(small=10_000, large=1_000_000):
    """{what: (p95 ms with few messages, with many)}."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many, ExitStack() as stack:
        servers = [served(few, small, stack), served(many, large, stack)]
        middle = {address: messages // LINES // 2 for (address, _), messages in zip(servers, (small, large))}
        paths = {"console's list, open": lambda _: "/dialogs?view=open",
                 "console's list, closed": lambda _: "/dialogs?view=closed",
                 "a page of history": lambda address: f"/dialogs/{middle[address]}/messages"}
        return {what: tuple(p95(address, key, path(address)) for address, key in servers) for what, path in paths.items()}


if __name__ == "__main__":
    for what, (few, many) in measure().items():
        print(f"{what}: p95 {few:.1f} ms with 10,000 messages, {many:.1f} ms with 1,000,000, ratio {many / few:.2f}")

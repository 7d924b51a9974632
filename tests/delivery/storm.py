"""Clients, a hostile network, and a server that is killed again and again; then the checker's verdict.

`python -m tests.delivery.storm --seconds 600 --seed N` runs it alone; exit code 1 when something was lost, doubled or disordered.
"""
import argparse
import itertools
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import find
from tests.delivery.checker import check
from tests.delivery.proxy import CALM, Proxy
from tests.served import Served, until

RECORDS, CLIENTS_LOG = "records.jsonl", "clients.log"
CLIENTS = Path(__file__).parent.parent / "node" / "delivery" / "clients.mjs"
WEATHERS_IN_TURN = "stormy", "slow", "stormy", "no_websocket"
MESSAGES = """
    SELECT m.id, m.dialog_id, m.client_id, m.text, (
        SELECT c.id FROM dialog c WHERE c.guest_id = d.guest_id ORDER BY c.status = 'open' DESC, c.id DESC LIMIT 1) AS current_id
    FROM message m JOIN dialog d ON d.id = m.dialog_id ORDER BY m.id
"""


@dataclass
class Storm:
    """How long it blows, in seconds, by which seed, over whom, in which weathers; how often the server is killed and a
    reply cut off at least; `settle` is how many seconds the clients may need in the calm after it."""
    seconds: float
    seed: int
    visitors: int = 9
    plain: int = 6
    managers: int = 2
    settle: float = 60
    kills: int = 3
    resets: int = 3
    weathers: tuple = WEATHERS_IN_TURN
    new_client_ids: bool = False

    def run(self, folder, served=Served, **env):
        """The failures in words, and the figures."""
        self.random = random.Random(self.seed)
        with served(folder, REPLYX_RATE_LIMITS="off", REPLYX_LOG_LEVEL="error", **env) as server:
            options = self._options(server)
            # Long enough that a beat notices a silent connection where there is time for it.
            with Proxy(server.port, self.seed, patience=min(40, max(8, self.seconds / 4))) as proxy:
                kills = self._blow(server, proxy, {**options, "url": proxy.url})
            assert not proxy.errors
            rows = _rows(server)
        records = [json.loads(line) for line in (server.instance / RECORDS).read_text().splitlines()]
        done = records.pop()
        failures = check(records, rows) + ([] if done["settled"] else ["the clients did not settle in time"])
        figures = {"seed": self.seed, "rows": len(rows), "kills": kills, "proxy": dict(proxy.counts.most_common()), **done,
                   **{kind: sum(record["kind"] == kind for record in records) for kind in ("wrote", "acked", "saw")}}
        return failures, figures

    def _options(self, server):
        site = server.command("site", "add", "Shop", "--domain", "shop.example", "--json")
        keys = [server.command("apikey", "add", f"Desk {number}", "--role", "manager", "--site", site["id"], "--json")["key"]
                for number in range(self.managers)]
        return {"direct": server.url, "site": site, "keys": keys, "settle": self.settle, "seed": self.seed,
                "visitors": self.visitors, "plain": self.plain, "newClientIds": self.new_client_ids}

    def _blow(self, server, proxy, options):
        """The clients run, the weather changes, the server is killed; in the end there is calm. The number of kills."""
        with open(server.instance / RECORDS, "wb") as records, open(server.instance / CLIENTS_LOG, "wb") as log:
            clients = subprocess.Popen([find("node"), CLIENTS, json.dumps(options)], stdin=subprocess.PIPE, stdout=records,
                                       stderr=log)
        with clients:
            try:
                kills = self._kill_again_and_again(server, proxy, clients)
                proxy.set_weather(CALM)
                clients.communicate(b"calm\n", timeout=self.settle + 60)
            finally:
                clients.kill()
        assert clients.returncode == 0, (server.instance / CLIENTS_LOG).read_text()[-2000:]
        return kills

    def _kill_again_and_again(self, server, proxy, clients):
        kills, end = 0, time.monotonic() + self.seconds
        with open(server.instance / RECORDS) as records:
            for weather in itertools.cycle(self.weathers):
                proxy.set_weather(weather)
                until(lambda: clients.poll() is not None or any('"acked"' in line for line in records), 60, "an ack")
                assert clients.poll() is None, (server.instance / CLIENTS_LOG).read_text()[-2000:]
                time.sleep(self.random.uniform(0.5, 3))
                if kills >= self.kills and proxy.counts["reset_after"] >= self.resets and time.monotonic() > end:
                    return kills
                if self.kills:
                    server.stop(signal.SIGKILL)
                    time.sleep(self.random.choice((0, 0.3, 1.5)))
                    server.start()
                    kills += 1


def _rows(server):
    with closing(sqlite3.connect(server.instance / "replyx.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(MESSAGES)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    options = parser.parse_args()
    print(f"storm of {options.seconds:g} s with seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="replyx-storm-") as folder:
        failures, figures = Storm(options.seconds, options.seed).run(folder)
    print(json.dumps(figures, indent=2))
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()

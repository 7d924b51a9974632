"""Power losses at random moments of a recorded run: each acknowledged line must be there, in a database that is whole.

    python -m tests.power.power --seconds 40 --points 200 [--seed N]
"""
import argparse
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.power import shim
from tests.power.load import Load
from tests.power.rebuild import Disk
from tests.served import Served

WEAK = Path(__file__).with_name("weak_server.py")


def make_instance(folder):
    """An instance with a site; the site."""
    return Served(folder).command("site", "add", "Shop", "--domain", "localhost", "--json")


def record(folder, instance, site, seconds, stops=(), synchronous=None):
    """Run a server under load; the disk before it, and {client_id: when it was acknowledged}. `stops` are signals that
    end it on the way; it is started again each time. `synchronous` weakens it, as a planted fault."""
    log = Path(folder) / "shim.log"
    disk = Disk(instance, log)
    env = shim.environment(folder, instance, SHIM_LOG=str(log), REPLYX_RATE_LIMITS="off")
    if synchronous:
        env["WEAK_SYNCHRONOUS"] = synchronous
    with Served(instance, entry=[sys.executable, WEAK] if synchronous else None, **env) as server:
        with Load(server, site) as load:
            for number in stops:
                time.sleep(seconds / (len(stops) + 1))
                server.stop(number)
                server.start()
            time.sleep(seconds / (len(stops) + 1))
    return disk, load.acked


def losses(disk, acked, folder, points, chance):
    """Lose power at random moments; what is wrong after each, as text."""
    first, last = min(acked.values()), max(acked.values())
    for moment in sorted(chance.uniform(first, last) for _ in range(points)):
        disk.play(moment)
        image = Path(folder) / "image"
        shutil.rmtree(image, ignore_errors=True)
        image.mkdir()
        for name, content in disk.lose_power(chance).items():
            (image / name).write_bytes(content)
        wrong = check(image / "replyx.db", {client_id for client_id, when in acked.items() if when < moment})
        if wrong:
            yield f"{moment - first:.3f} s: {wrong}"


def check(file, acked):
    """What is wrong with a database after a loss, or None."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as database:
            whole = database.execute("PRAGMA integrity_check").fetchall()
            broken = database.execute("PRAGMA foreign_key_check").fetchall()
            found = {row[0] for row in database.execute("SELECT client_id FROM message")}
    except sqlite3.Error as error:
        return f"it does not open: {error}"
    if whole != [("ok",)] or broken:
        return f"it is not whole: {whole[:3]} {broken[:3]}"
    return f"{len(acked - found)} of {len(acked)} acknowledged lines are lost" if acked - found else None


def differences(disk, instance):
    """Names of files whose content the records don't explain: writes that went past the shim."""
    disk.play(float("inf"))
    real = {name: (instance / name).read_bytes() for name in ("replyx.db", "replyx.db-wal") if (instance / name).exists()}
    written = disk.written()
    return sorted(name for name in real.keys() | written.keys() if real.get(name) != written.get(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        site = make_instance(instance)
        disk, acked = record(folder, instance, site, options.seconds, [signal.SIGKILL, signal.SIGTERM])
        wrong = list(losses(disk, acked, folder, options.points, chance))
        wrong += [f"{name} was written past the shim" for name in differences(disk, instance)]
        print(f"power: {options.points} losses, {len(acked)} acknowledged lines, {disk.checkpoints} syncs of the database, "
              f"seed {options.seed}: {len(wrong)} wrong")
        for text in wrong[:20]:
            print(f"  {text}")
        raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()

"""The benchmark: ReplyX beside the bare stack and two Node servers, round by round in one run; medians of the rounds.

    python bench/run.py [--rounds 5] [--seconds 5] [--fsync-us 4000]

Each round runs every server once, one after the other, so that a noisy machine troubles all of them alike. Ratios of one
run are what counts. ReplyX runs as it is sold: identity, limits (counted, not enforced), schema, store, a broadcast to the
guest's two tabs and to a manager. The second series delays every fsync, as an ordinary cloud disk does.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import targets
from servers import HERE, ROWS, median, rate, ratio, series


def print_rates(title, results):
    print(f"\n{title}\n\n| server | msg/s | CPU us per message | ack p99 ms | ReplyX by it |\n|---|---|---|---|---|")
    for name in ROWS:
        cpu, p99 = (median(results, name, value) for value in (lambda r: r["us_per_msg"], lambda r: r["ack_ms"]["p99"]))
        print(f"| {name} | {median(results, name, rate):.0f} | {cpu:.0f} | {p99:.1f} | {ratio(results, name, rate):.2f} |")


def fsync_shim(folder):
    """The environment that delays every fsync, or None without a C compiler."""
    if not shutil.which("cc"):
        return None
    library = Path(folder) / "fsync_delay.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, HERE / "fsync_delay.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def machine():
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, Node {node}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--fsync-us", type=int, default=4000)
    options = parser.parse_args()
    seconds = f"--seconds={options.seconds}"
    full = ("--sockets=200", "--window=64", seconds)
    print(f"{machine()}, {options.rounds} rounds of {options.seconds} s, medians")
    slow, plain = None, series(options.rounds, {}, *full)
    print_rates("200 sockets, 64 messages outstanding", plain)
    with tempfile.TemporaryDirectory() as folder:
        shim = fsync_shim(folder)
        if shim:
            slow = series(options.rounds, {**shim, "FSYNC_DELAY_US": str(options.fsync_us)}, *full)
            print_rates(f"The same, each fsync {options.fsync_us} us slower", slow)
    paced = series(options.rounds, {}, "--sockets=1000", "--rate=500", seconds)
    print_rates("1,000 sockets, 500 msg/s", paced)
    targets.show(plain, slow, paced)


if __name__ == "__main__":
    main()

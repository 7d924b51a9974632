"""The benchmark: ReplyX beside the bare stack and two Node servers, round by round in one run; medians of the rounds.

    python bench/run.py [--rounds 5] [--seconds 5] [--fsync-us 4000]

Each round runs every server once, one after the other, so that a noisy machine troubles all of them alike. Ratios of one
run are what counts. ReplyX runs as it is sold: identity, limits (counted, not enforced), schema, store, a broadcast to the
guest's two tabs and to a manager. The second series delays every fsync, as an ordinary cloud disk does.
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPLYX = str(Path(sys.executable).with_name("replyx"))
ROWS = ("replyx", "echo", "node each", "node group")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server under load, in a process of its own; `with Server(...)`. `options` go to the load generator."""

    def __init__(self, name, command, port, env, options=()):
        self.name, self.command, self.port, self.env, self.options = name, command, port, env, options

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.env}, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=HERE)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise SystemExit(f"{self.name} did not start: {' '.join(map(str, self.command))}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def load(self, *flags):
        """One run of the load generator; what it measured."""
        command = ["node", "loadgen.mjs", f"--url=ws://127.0.0.1:{self.port}", f"--pid={self.process.pid}",
                   *self.options, *flags]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=180)
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])


def replyx(folder, env, stack):
    """A ReplyX on an instance of its own, with a manager connected."""
    port = free_port()
    env = {"REPLYX_INSTANCE": str(folder), "REPLYX_RATE_LIMITS": "off", "REPLYX_PORT": str(port), **env}

    def command(*arguments):
        done = subprocess.run([REPLYX, *arguments, "--json"], env={**os.environ, **env}, check=True, capture_output=True)
        return json.loads(done.stdout)
    site = command("site", "add", "Bench", "--domain", "localhost")
    key = command("apikey", "add", "bench")["key"]
    server = stack.enter_context(Server("replyx", [REPLYX, "run"], port, env, [f"--site-token={site['site_token']}"]))
    manager = subprocess.Popen(["node", "manager.mjs", f"ws://127.0.0.1:{port}", key], cwd=HERE, stdout=subprocess.PIPE, text=True)
    stack.callback(manager.stdout.close)
    stack.callback(manager.wait)
    stack.callback(manager.terminate)
    if manager.stdout.readline().strip() != "READY":
        raise SystemExit("the manager could not connect")
    return server


def servers(folder, env, stack):
    """The four servers, started."""
    yield replyx(folder, env, stack)
    for name, command, store in (("echo", [sys.executable, "echo.py"], ""), ("node each", ["node", "durable.mjs"], "each"),
                                 ("node group", ["node", "durable.mjs"], "group")):
        port = free_port()
        yield stack.enter_context(Server(name, [*command, str(port)], port, {**env, "STORE": store}))


def series(rounds, env, *flags):
    """{name: [result of each round]}, every server once a round."""
    results = {name: [] for name in ROWS}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        running = list(servers(folder, env, stack))
        for number in range(rounds):
            for server in running:
                results[server.name].append(server.load(*flags))
                print(f"  round {number + 1} {server.name}: {results[server.name][-1]['msg_per_s']} msg/s", file=sys.stderr)
    return results


def median(results, name, value):
    return statistics.median(value(result) for result in results[name])


def ratio(results, other, value):
    """The median over the rounds of ReplyX's value by the other server's in the same round."""
    return statistics.median(value(ours) / value(theirs) for ours, theirs in zip(results["replyx"], results[other]))


def rate(result):
    return result["msg_per_s"]


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
    plain = series(options.rounds, {}, *full)
    print_rates("200 sockets, 64 messages outstanding", plain)
    with tempfile.TemporaryDirectory() as folder:
        shim = fsync_shim(folder)
        if shim:
            slow = series(options.rounds, {**shim, "FSYNC_DELAY_US": str(options.fsync_us)}, *full)
            print_rates(f"The same, each fsync {options.fsync_us} us slower", slow)
            print(f"\nReplyX keeps {median(slow, 'replyx', rate) / median(plain, 'replyx', rate):.2f} of its rate.")
    paced = series(options.rounds, {}, "--sockets=1000", "--rate=500", seconds)
    print_rates("1,000 sockets, 500 msg/s", paced)
    p99 = ratio(paced, "echo", lambda result: result["ack_ms"]["p99"])
    print(f"\nack p99 by the bare echo's: {p99:.1f}; {median(paced, 'replyx', lambda r: r['kib_per_socket']):.0f} KiB a socket.")


if __name__ == "__main__":
    main()

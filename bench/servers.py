"""The servers under load, the load generator on them, and what a series of rounds gives."""
import json
import os
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


def instance(folder, **env):
    """A fresh instance of ReplyX: the port and environment of its server, a site, an API key for all sites."""
    port = free_port()
    env = {"REPLYX_INSTANCE": str(folder), "REPLYX_RATE_LIMITS": "off", "REPLYX_PORT": str(port), **env}

    def command(*arguments):
        done = subprocess.run([REPLYX, *arguments, "--json"], env={**os.environ, **env}, check=True, capture_output=True)
        return json.loads(done.stdout)
    return port, env, command("site", "add", "Bench", "--domain", "localhost"), command("apikey", "add", "bench")["key"]


def replyx(folder, env, stack):
    """A ReplyX on an instance of its own, with a manager connected."""
    port, env, site, key = instance(folder, **env)
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

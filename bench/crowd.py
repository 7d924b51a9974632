"""Many sockets at once: killed and back, idle, dropped, and one that does not read.

    python bench/crowd.py [--sockets 10000] [--minutes 10] [--storm 2000]

Needs Node and an open-file limit above the number of sockets. Prints one line for each part; memory is the server's RSS.
"""
import argparse
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from servers import instance

HERE = Path(__file__).resolve().parent


class Ticking:
    """A ReplyX under `ticking.py`, on an instance of its own; `with Ticking(folder) as server`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port, env, site, self.key = instance(folder)
        self.env, self.site_token = {**os.environ, **env}, site["site_token"]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def start(self):
        self._gap_file = self.folder / "gap.json"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([sys.executable, HERE / "ticking.py", self._gap_file], env=self.env, stdout=log,
                                            stderr=log)
        wait(lambda: self._answers(), "the server")

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def gap(self):
        """The hub's longest standstill since the last call, in ms."""
        with contextlib.suppress(FileNotFoundError):
            self._gap_file.unlink()
        self.process.send_signal(signal.SIGUSR1)
        wait(self._gap_file.exists, "the gap")
        return json.loads(self._gap_file.read_text())["gap_ms"]

    @property
    def mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    @property
    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def load(self, *flags):
        """The load generator, running."""
        command = ["node", "loadgen.mjs", f"--url=ws://127.0.0.1:{self.port}", f"--site-token={self.site_token}",
                   f"--pid={self.process.pid}", *flags]
        return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)


def wait(condition, what, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"{what} did not come in {seconds} s")


def storm(folder, sockets):
    """The server is killed and started again; every client comes back by itself. What the load generator measured."""
    with Ticking(folder) as server:
        load = server.load("--mode=storm", f"--sockets={sockets}")
        if load.stdout.readline().strip() != "READY":
            raise SystemExit("the clients did not connect")
        server.kill()
        server.start()
        result = json.loads(load.communicate(timeout=180)[0].splitlines()[-1])
        return result


def print_storm(folder, sockets):
    result = storm(folder, sockets)
    print(f"{sockets} sockets, killed and back: all after {result['storm_ms'] / 1000:.1f} s, half after "
          f"{result['back_ms']['p50'] / 1000:.1f} s", flush=True)


def idle_and_drop(folder, sockets, minutes):
    """Idle sockets cost the same at the end as at the start; then all of them are gone at once."""
    with Ticking(folder) as server:
        before, files = server.mib, server.files
        load = server.load("--mode=idle", f"--sockets={sockets}", f"--seconds={minutes * 60 + 600}")
        wait(lambda: server.files >= files + sockets, "the sockets", 300)
        # The load generator's own requests are over, and the collector has had its turn.
        time.sleep(15)
        start = server.mib
        print(f"{sockets} sockets: {before:.0f} MiB without, {start:.0f} MiB with, {(start - before) * 1024 / sockets:.0f} KiB "
              f"each; longest standstill while they came {server.gap():.0f} ms", flush=True)
        readings = []
        for _ in range(max(1, round(minutes * 6))):
            time.sleep(10)
            readings.append(server.mib)
        print(f"idle for {minutes} minutes: {start:.0f} MiB at first, {max(readings):.0f} at most, {readings[-1]:.0f} at the end; "
              f"longest standstill {server.gap():.0f} ms", flush=True)
        load.kill()
        load.communicate()
        dropped = time.monotonic()
        wait(lambda: server.files <= files + 20, "the end of the sockets")
        print(f"{sockets} dropped at once: gone after {time.monotonic() - dropped:.1f} s, longest standstill "
              f"{server.gap():.0f} ms, {server.mib:.0f} MiB after", flush=True)


def stalled_reader(folder):
    """A manager that reads nothing while guests write: it is closed, and memory stays."""
    with Ticking(folder) as server:
        files = server.files
        with socket.create_connection(("127.0.0.1", server.port)) as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            read_to(stalled, b"\r\n\r\n")
            packet = b'40{"api_key":"' + server.key.encode() + b'"}'
            # An unmasked key of zeros leaves the text as it is.
            stalled.sendall(bytes([0x81, 0x80 | len(packet)]) + bytes(4) + packet)
            read_to(stalled, b"40{")
            before = server.mib
            load = server.load("--sockets=200", "--rate=500", "--size=1900", "--seconds=20")
            load.communicate(timeout=180)
            # The kernel may have megabytes left to send to it; the server must have let go of it.
            wait(lambda: server.files <= files, "the end of the stalled reader")
            print(f"a manager that reads nothing, 10,000 lines of 1,900 characters: closed, {before:.0f} MiB "
                  f"before, {server.mib:.0f} after, longest standstill {server.gap():.0f} ms", flush=True)


def read_to(link, mark):
    """Read until `mark` has come."""
    heard = b""
    while mark not in heard:
        piece = link.recv(4096)
        if not piece:
            raise SystemExit("the server ended the connection")
        heard += piece


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--storm", type=int, default=2_000)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.sockets + 500:
        raise SystemExit(f"this shell may open {hard} files; raise it (ulimit -n) or use --sockets")
    parts = (lambda folder: print_storm(folder, options.storm), stalled_reader,
             lambda folder: idle_and_drop(folder, options.sockets, options.minutes))
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            part(folder)


if __name__ == "__main__":
    main()

"""A real ReplyX server in a process of its own, and the command line on its instance."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from replyx import config
from tests import commands

REPLYX = str(Path(sys.executable).with_name("replyx"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, seconds=10, what="the condition", page=None):
    """The first true value of `condition()`; fails when there is none in time.

    A condition on what a browser's handlers have heard needs the `page`: they run only while one of its methods does.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        page.wait_for_timeout(20) if page else time.sleep(0.02)
    raise AssertionError(f"{what} did not come true in {seconds} s")


class Served:
    """`with Served(folder, REPLYX_URL=...) as server`: up when the block begins, gone after it.

    `env` are settings beyond the instance, host and port. `log` is everything that the process has printed so far.
    `entry` is the command that starts it: the one that `replyx run` turns into, which would read all modules twice.
    """
    entry = sys.executable, str(config.ROOT / "wsgi.py")

    def __init__(self, instance, port=None, entry=None, **env):
        self.instance, self.port = Path(instance), port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "REPLYX_INSTANCE": str(instance), "REPLYX_PORT": str(self.port), **env}
        self.entry = entry or self.entry
        self.process = None
        self._log = self.instance / "test.log"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.instance.mkdir(parents=True, exist_ok=True)
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(self.entry, env=self.env, stdout=log, stderr=log, cwd="/")
        until(self._is_up, 60, "the server")

    def _is_up(self):
        assert self.process.poll() is None, self.log
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self, number=signal.SIGTERM):
        """Send a signal and wait; the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    @property
    def log(self):
        return self._log.read_text()

    def command(self, *arguments, stdin="", code=0):
        """Run `replyx ...` on the instance; what it printed, from JSON if asked for with --json."""
        ended, said, complaint = commands.run([*map(str, arguments)], self.env, stdin)
        assert ended == code, complaint
        if code:
            return complaint
        return json.loads(said) if "--json" in arguments else said

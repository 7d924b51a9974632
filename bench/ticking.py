"""A ReplyX server that measures its own hub: the longest time that a greenlet wanting to run each 5 ms had to wait.

    python bench/ticking.py FILE

At SIGUSR1 it writes {"gap_ms": ..., "since": ...} to FILE, and measures anew.
"""
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import wsgi  # noqa: E402 - patches eventlet first
from replyx import server  # noqa: E402

import eventlet  # noqa: E402

TICK = 0.005
state = {"gap": 0.0, "since": time.monotonic()}


def tick():
    last = time.monotonic()
    while True:
        time.sleep(TICK)
        moment = time.monotonic()
        state["gap"] = max(state["gap"], moment - last - TICK)
        last = moment


def report(*_):
    result = {"gap_ms": round(state["gap"] * 1000, 1), "since": round(time.monotonic() - state["since"], 1)}
    state.update(gap=0.0, since=time.monotonic())
    unfinished = Path(sys.argv[1] + ".new")
    unfinished.write_text(json.dumps(result))
    os.replace(unfinished, sys.argv[1])


eventlet.spawn(tick)
signal.signal(signal.SIGUSR1, report)
server.main(wsgi.app)

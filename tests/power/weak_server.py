"""A planted fault for the power test: a server whose writer is told to sync less than an ack promises."""
import os
import runpy
from pathlib import Path

import eventlet

eventlet.monkey_patch()

from replyx import storage  # noqa: E402

whole = storage.Hold._open


def weak(self):
    whole(self)
    self.connection.execute(f"PRAGMA synchronous = {os.environ['WEAK_SYNCHRONOUS']}")


storage.Hold._open = weak
runpy.run_path(str(Path(storage.__file__).parents[1] / "wsgi.py"), run_name="__main__")

"""A server with a planted fault: it answers and broadcasts before the COMMIT, which takes half a second."""
import wsgi  # patches eventlet, so it comes first

import time

from replyx import server
from replyx.writer import Writer

COMMIT_SECONDS = 0.5


def _commit_late(self, batch):
    self._begin(time.monotonic())
    for unit in batch:
        self._run_unit(unit)
        if unit.error is None and unit.after is not None:
            self._run_after(unit)
        unit.settle()
    time.sleep(COMMIT_SECONDS)
    self._hold.connection.execute("COMMIT")


if __name__ == "__main__":
    Writer._commit = _commit_late
    server.main(wsgi.app)

"""Refusals in the log: the first of its kind has its line, then one a minute says how many more there were."""
import logging
import threading
import time

from . import clock

log = logging.getLogger(__name__)

QUIET_SECONDS = 60
SWEEP_SECONDS = 5
# Kinds that are told apart; what goes beyond them has no lines but is counted.
MOST_KINDS = 10_000
OTHERS = "Other", "requests", "all codes", "various"


class Refusals:
    """What was refused lately, by kind: (prefix, action, code, address). A flood must fill neither the log nor the memory."""

    def __init__(self):
        # Until when no more is said of a kind, and how many there were meanwhile.
        self._kinds = {}

    def is_new(self, *kind):
        """Count a refusal. Whether it is to have a line of its own."""
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            kind = OTHERS
        if kind in self._kinds:
            self._kinds[kind][1] += 1
            return False
        is_told = kind != OTHERS
        self._kinds[kind] = [clock.seconds() + QUIET_SECONDS, 0 if is_told else 1]
        return is_told

    def is_known(self, prefix, action, codes, address):
        """Whether the same, with any of the codes, was refused lately."""
        return any((prefix, action, code, address) in self._kinds for code in codes)

    def sweep(self, at_once=False):
        """Say how many more there were of what was refused for a minute; forget what was not any more."""
        moment = clock.seconds()
        for kind, (until, more) in list(self._kinds.items()):
            if until > moment and not at_once:
                continue
            del self._kinds[kind]
            if more:
                log.warning("[%s] %s refused %d times more: %s address=%s", *kind[:2], more, *kind[2:])
                self._kinds[kind] = [moment + QUIET_SECONDS, 0]

    def start_sweeping(self):
        threading.Thread(target=self._sweep_again_and_again, name="replyx-refusals", daemon=True).start()

    def _sweep_again_and_again(self):
        while True:
            time.sleep(SWEEP_SECONDS)
            self.sweep()


refusals = Refusals()

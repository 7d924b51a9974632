"""Whose turn it is to have a file looked at: few at a time, one of each sender, and never one twice while another waits."""
import threading
from contextlib import contextmanager

from ..errors import RateLimited

TURN_SECONDS = 20


class Turns:
    """`most` turns at a time. Whoever has waited longest comes next, but for senders that have a turn; the one that came last
    lets others go first."""

    def __init__(self, most):
        self._most, self._busy, self._waiting, self._last = most, set(), [], None
        self._changed = threading.Condition(threading.Lock())

    @contextmanager
    def turn(self, who):
        """A turn, when it comes. Raises RateLimited when it does not in TURN_SECONDS."""
        ticket = (who, object())
        with self._changed:
            self._waiting.append(ticket)
            try:
                if not self._changed.wait_for(lambda: self._next() is ticket, TURN_SECONDS):
                    raise RateLimited("Many files are being checked just now. Wait a moment and send it again.", retry_after=10)
                self._busy.add(who)
                self._last = who
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._busy.remove(who)
                self._changed.notify_all()

    def _next(self):
        if len(self._busy) < self._most:
            free = [ticket for ticket in self._waiting if ticket[0] not in self._busy]
            return next((ticket for ticket in free if ticket[0] != self._last), free[0] if free else None)

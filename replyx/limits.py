"""Named rate limits, counted in memory: by identity and by address."""
import math
import threading
import time

from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from . import clock
from .errors import RateLimited

# name: (how many, in how many seconds) for one guest or manager.
LIMITS = {
    "message": (30, 10),
    "read": (100, 10),
    "typing": (30, 10),
    "connect": (30, 10),
    "sign_in": (10, 300),
    "account": (30, 600),
    "code": (20, 24 * 3600),
    "dialog": (6, 60),
    "report": (6, 60),
    "refused": (10, 60),
    "contact": (5, 600),
    "transcript": (5, 24 * 3600),
    # These two by who is written to: for one guest or dialog, and for all.
    "transcript_to": (3, 24 * 3600),
    "mail": (5, 24 * 3600),
    "upload": (30, 600),
    "upload_mb": (100, 3600),
    "file_kb": (100 * 1024, 24 * 3600),
}
# Many people may share an address: an office, a phone network. The room for files, all guests share.
ADDRESS_FACTOR = 10
ADDRESS_FACTORS = {"upload_mb": 2, "file_kb": 3, "transcript": 4, "transcript_to": 3, "mail": 4}
# What is said in place of a number of seconds.
ENOUGH_MAILS = "This chat was mailed often enough for one day. Ask for it again tomorrow."
TOMORROW = {"code": "Too many wrong codes for one day. Sign in in a browser where you did before, or tomorrow.",
            "file_kb": "These are as many files as one day allows. Send the rest tomorrow, or write instead.",
            "transcript": ENOUGH_MAILS, "transcript_to": ENOUGH_MAILS}
SWEEP_SECONDS = 10
# Sockets open at a time: those of the guests of one address, those of one manager or API key, and those that have not shown
# credentials, of one address and of all.
MAX_OPEN = {"guest": 1000, "manager": 100, "stranger": 300, "strangers": 2000}
TOO_MANY_OPEN = {"guest": "Too many chats are open at this address.", "manager": "You have too many connections open.",
                 "stranger": "Too many connections of this address wait to show credentials.",
                 "strangers": "Too many connections wait to show credentials."}


def counted_as(identity, context):
    """Whose share it takes what somebody has going on: a manager's or API key's own, or that of the guests at the address, of
    whom anybody can make many."""
    return identity.key if identity.speaks == "manager" else context.address


def by_both(name, identity, context, cost=1):
    """The uses of one limit, by who asks, and for guests by where from too."""
    uses = [(name, "identity", identity.key, cost)]
    return uses if identity.speaks == "manager" else [*uses, (name, "address", context.address, cost)]


class _Item(RateLimitItemPerSecond):
    """A limit whose windows are found by a tuple: the library's own joins and escapes texts for each hit."""

    def key_for(self, *who):
        return self.namespace, who


class CounterStorage(Storage):
    """Fixed windows in a dict. The library's own memory storage may start a thread for each hit, which yields in the
    middle of the message path; here expired windows go with `sweep`."""
    STORAGE_SCHEME = ["replyx"]
    base_exceptions = ()

    def __init__(self):
        super().__init__()
        self._windows = {}

    def incr(self, key, expiry, amount=1):
        count, ends = self._windows.get(key, (0, 0))
        moment = clock.seconds()
        if ends <= moment:
            count, ends = 0, moment + expiry
        self._windows[key] = (count + amount, ends)
        return count + amount

    def get(self, key):
        count, ends = self._windows.get(key, (0, 0))
        return count if ends > clock.seconds() else 0

    def get_expiry(self, key):
        return self._windows.get(key, (0, clock.seconds()))[1]

    def check(self):
        return True

    def reset(self):
        count = len(self._windows)
        self._windows.clear()
        return count

    def clear(self, key):
        self._windows.pop(key, None)

    def sweep(self):
        moment = clock.seconds()
        for key in [key for key, (_, ends) in list(self._windows.items()) if ends <= moment]:
            self._windows.pop(key, None)


class Limiter:
    """The limits of one process. `factor` None counts all the same and refuses nothing."""

    def __init__(self):
        self._storage = CounterStorage()
        self._windows = FixedWindowRateLimiter(self._storage)
        self._items = {}
        self._refuses = True
        self._factor = 1

    def init_app(self, app):
        factor = app.config["REPLYX"].rate_limits
        self._refuses = factor is not None
        self._factor = factor or 1
        self._storage.reset()
        for name, (amount, seconds) in LIMITS.items():
            for scope, times in (("identity", 1), ("address", ADDRESS_FACTORS.get(name, ADDRESS_FACTOR))):
                allowed = max(1, round(amount * times * self._factor))
                self._items[name, scope] = _Item(allowed, seconds, namespace=f"{name}/{scope}")

    def start_sweeping(self):
        threading.Thread(target=self._sweep, name="replyx-limits", daemon=True).start()

    def hit(self, name, scope, who, cost=1):
        """Count one use, or `cost`, of limit `name` by an address or an identity. Raises RateLimited when it is used up; a cost
        that is more than is left counts for nothing."""
        if cost > 1:
            self.check(name, scope, who, cost)
        if not self._windows.hit(self._items[name, scope], who, cost=cost):
            self._refuse(name, scope, who)

    def check(self, name, scope, who, cost=1):
        """Raise RateLimited when the limit is used up, or has not `cost` left; count nothing."""
        if not self._windows.test(self._items[name, scope], who, cost=cost):
            self._refuse(name, scope, who)

    def hit_all(self, uses):
        """Count each of the uses (name, scope, who), each with its cost behind it where that is not 1; or none of them, and raise
        RateLimited, when one of the limits is used up."""
        self.check_all(uses)
        for use in uses:
            self.hit(*use)

    def check_all(self, uses):
        """Raise RateLimited when one of the uses has no room left; count nothing."""
        for use in uses:
            self.check(*use)

    def check_open(self, speaks, count):
        """Raise RateLimited when those who are counted together have this many sockets open already, and that is enough."""
        if self._refuses and count >= max(1, round(MAX_OPEN[speaks] * self._factor)):
            raise RateLimited(f"{TOO_MANY_OPEN[speaks]} Close some, or try again in {SWEEP_SECONDS} s.", retry_after=SWEEP_SECONDS)

    def _refuse(self, name, scope, who):
        if self._refuses:
            ends = self._windows.get_window_stats(self._items[name, scope], who).reset_time
            wait = max(1, math.ceil(ends - clock.seconds()))
            raise RateLimited(TOMORROW.get(name, f"Too many requests. Wait {wait} s and try again."), retry_after=wait)

    def _sweep(self):
        while True:
            time.sleep(SWEEP_SECONDS)
            self._storage.sweep()


limiter = Limiter()

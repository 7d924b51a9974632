"""What differs between the patched server and everything else: work that must not stand on the hub, and time limits."""
import contextlib
import sys


def _is_patched():
    eventlet = sys.modules.get("eventlet")
    return bool(eventlet) and eventlet.patcher.is_monkey_patched("thread")


if _is_patched():
    from eventlet import Timeout, tpool

    def in_thread(function, *args):
        """Run a blocking call in a native thread; other greenlets go on meanwhile."""
        return tpool.execute(function, *args)

    def timeout(seconds):
        """A block that raises TimeoutError after so many seconds, whatever it waits for: name look-ups too."""
        return Timeout(seconds, TimeoutError(f"{seconds} s passed"))
else:
    def in_thread(function, *args):
        """Run a blocking call. Every caller has a thread of its own here."""
        return function(*args)

    def timeout(seconds):
        """A block without a time limit of its own: outside the server, the calls' own limits must do."""
        return contextlib.nullcontext()

"""Work that must not stand on the hub: eventlet's native threads in the patched server, a plain call elsewhere."""
import sys


def _is_patched():
    eventlet = sys.modules.get("eventlet")
    return bool(eventlet) and eventlet.patcher.is_monkey_patched("thread")


if _is_patched():
    from eventlet import tpool

    def in_thread(function, *args):
        """Run a blocking call in a native thread; other greenlets go on meanwhile."""
        return tpool.execute(function, *args)
else:
    def in_thread(function, *args):
        """Run a blocking call. Every caller has a thread of its own here."""
        return function(*args)

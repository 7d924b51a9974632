"""What differs between the patched server and everything else: work that must not stand on the hub, nor stay in its memory, and
time limits."""
import contextlib
import os
import sys
import traceback


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

    def in_fork(function, *args):
        """Run a function that gives a text or None in a process of its own, before there are threads: what it imports does not
        stay in this one. One that raises or is killed has told standard error why, or nothing."""
        reading, writing = os.pipe()
        try:
            child = os.fork()
        except OSError as error:
            return f"No process can be begun: {error.strerror}. See what else runs here, and whether there is memory."
        if not child:
            try:
                os.write(writing, (function(*args) or "").encode())
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        os.close(writing)
        with open(reading, encoding="utf-8") as said:
            text = said.read()
        # Others may be children of this one too: a shell begins something beside, then becomes this.
        failed = os.waitpid(child, 0)[1]
        return "The process that was to do it ended. See the lines above; is there memory?" if failed else text
else:
    def in_thread(function, *args):
        """Run a blocking call. Every caller has a thread of its own here."""
        return function(*args)

    def timeout(seconds):
        """A block without a time limit of its own: outside the server, the calls' own limits must do."""
        return contextlib.nullcontext()

    def in_fork(function, *args):
        """Run a function that gives a text or None."""
        return function(*args)

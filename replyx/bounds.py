"""Bounds that eventlet lacks: what one client's requests may make the served process keep, or wait for."""
import re
import time
from email import errors

import eventlet
import eventlet.hubs
import eventlet.wsgi

# Sockets that the hub serves before its timers get their turn: ten thousand that drop at once must not hold it.
MAX_EVENTS = 64
MAX_LINE = 1024
# A request's head and its body must each have come by then, whatever their pace.
HEAD_SECONDS = 20
BODY_SECONDS = 60
# A body that may be long gets a second more for each of these bytes that has come: a slow phone gets through, and one that
# sends a byte now and then is cut as any other.
LEAST_RATE = 20 * 1024
# And no such body may rest for longer: a piece of it (`body.PIECE`) must come in this time.
IDLE_SECONDS = 15
DIGITS = re.compile(r"[0-9]{1,15}")
# A name or an address with a port (RFC 3986, without percent signs), as it goes into addresses and policies.
HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
CONTROLS = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")
# The library reads a head as that of a mail, and misses the parts of one that says it has some.
OF_PARTS = (errors.NoBoundaryInMultipartDefect, errors.StartBoundaryNotFoundDefect, errors.CloseBoundaryNotFoundDefect,
            errors.MultipartInvariantViolationDefect, errors.InvalidMultipartContentTransferEncodingDefect)
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def init():
    """Give the hub's timers their turn after MAX_EVENTS sockets."""
    hub = eventlet.hubs.get_hub()
    hub.do_poll = lambda seconds: hub.poll.poll(seconds, MAX_EVENTS)


class Body:
    """A request's body as it is read: all of it in BODY_SECONDS, and the lines between the chunks of a chunked one bounded."""

    def __init__(self, file):
        self._file = file
        self._begun = None
        self._read = self._long = 0

    def allow(self, size):
        """Let a body of `size` bytes take longer, as long as LEAST_RATE of them come in a second, and IDLE_SECONDS never go
        by without a piece."""
        self._long = size

    def read(self, size=-1):
        return self._in_time(self._file.read, size)

    def readline(self, size=-1):
        line = self._in_time(self._file.readline, MAX_LINE if size < 0 else size)
        if size < 0 and len(line) == MAX_LINE:
            raise eventlet.wsgi.ChunkReadError("a line between chunks is too long")
        return line

    def seconds_left(self):
        moment = time.monotonic()
        self._begun = self._begun or moment
        return max(0, self._begun + BODY_SECONDS + min(self._read, self._long) / LEAST_RATE - moment)

    def _in_time(self, read, size):
        wait = min(self.seconds_left(), IDLE_SECONDS) if self._long else self.seconds_left()
        with eventlet.Timeout(wait, eventlet.wsgi.ChunkReadError("the body comes too slowly")):
            data = read(size)
        self._read += len(data)
        return data


class HttpProtocol(eventlet.wsgi.HttpProtocol):
    """eventlet's, with bounds on a request's pace and lines, and silent about what it can't read: that may hold secrets.

    A head that a proxy may read in another way is refused (RFC 9112, sections 5 and 6): what the two disagree about
    would be a second request in the body of the first.
    """

    def _read_request_line(self):
        # One request of a client that has sent many at once, then everybody else's turn.
        eventlet.sleep(0)
        with eventlet.Timeout(self.server.keepalive + HEAD_SECONDS, False):
            return super()._read_request_line()
        return b""

    def parse_request(self):
        is_read = False
        with eventlet.Timeout(HEAD_SECONDS, False):
            is_read = super().parse_request()
        if not is_read:
            self.close_connection = 1
            return False
        if not self._is_strict():
            self.wfile.write(BAD_REQUEST)
            self.close_connection = 1
            return False
        return True

    def _is_strict(self):
        lengths, codings, hosts = (self.headers.get_all(name, []) for name in (
            "Content-Length", "Transfer-Encoding", "Host"))
        return (all(isinstance(defect, OF_PARTS) for defect in self.headers.defects)
                and len(lengths) + len(codings) <= 1 and len(hosts) <= 1
                and all(DIGITS.fullmatch(length.strip()) for length in lengths)
                and all(coding.strip().lower() == "chunked" for coding in codings)
                and all(HOST.fullmatch(host.strip()) for host in hosts)
                and not any(CONTROLS.search(value) for value in self.headers.values()))

    def get_environ(self):
        environ = super().get_environ()
        body = environ["eventlet.input"]
        body.rfile = Body(body.rfile)
        environ["replyx.allow_body"] = body.rfile.allow
        return environ

    def finish(self):
        super().finish()
        # It holds a function that holds us: ten thousand connections would be left to the garbage collector.
        self.environ = None

    def log_message(self, *_):
        pass

"""The listening socket, the eventlet server on it, and a stop that loses nothing."""
import contextlib
import ctypes
import fcntl
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time

import eventlet
import eventlet.wsgi

from . import bounds, config, create_app, database, intake, markdown, rooms, tidying, transport
from .errors import StorageUnavailable, fail
from .extensions import socketio, writer
from .limits import limiter
from .outbox import outbox
from .refusals import refusals
from .tally import tally
from .version import VERSION

log = logging.getLogger(__name__)

BACKLOG = 4096
MAX_CONNECTIONS = 50_000
# Files for everything but connections: the database, its readers, the log.
RESERVED_FILES = 50
# mallopt(3)
M_MMAP_THRESHOLD = -3
KEEPALIVE_SECONDS = 75
SOCKET_SECONDS = 60
DRAIN_SECONDS = 10


def make_app():
    """The app of the served process; alone on its instance."""
    try:
        settings = config.load()
        _start_logging(settings.log_level)
        with config.usable(settings.instance):
            _lock(settings.instance)
        app = create_app(settings, async_mode="eventlet", upgrade=True)
    except (config.ConfigError, database.SchemaError) as error:
        fail(error, 2)
    if settings.rate_limits != 1:
        log.warning("rate limits are %s: this is for load tests", settings.rate_limits or "off")
    return app


class _Lines(logging.Formatter):
    """The date and time to the second are worked out once a second: they are a quarter of a line's cost."""
    _second, _text = None, ""

    def formatTime(self, record, datefmt=None):
        second = int(record.created)
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        return f"{self._text},{int(record.msecs):03d}"


def _start_logging(level):
    logging.basicConfig(level=level.upper(), stream=sys.stderr)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The caller's file and line, which our format does not show, would be looked up for each line.
    logging._srcfile = None
    # The last two would get a handler of the library's own, beside ours.
    for name in ("alembic", "engineio", "socketio", "engineio.server", "socketio.server"):
        logging.getLogger(name).setLevel("ERROR")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
        # A green lock held by a greenlet would hang a native thread that logs.
        handler.lock = eventlet.patcher.original("threading").RLock()


def _lock(instance):
    """Hold the instance for this process: two servers would each broadcast to half of the sockets."""
    config.make_instance(instance)
    handle = os.open(instance / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail(f"another ReplyX server runs on the instance {instance} already. Stop it first.", 2)
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())


def listen(host, port):
    """A listening socket of our own: eventlet's sets SO_REUSEPORT, and two servers would share a port in silence."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        return listener
    except OSError as error:
        fail(f"can't listen on {host} port {port}: {error.strerror}. Choose another with --host and --port.", 2)


def main(app):
    """Serve until SIGTERM or Ctrl-C, then finish what was begun and exit 0."""
    settings = app.config["REPLYX"]
    _return_memory()
    markdown.load()
    _collect_seldom()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bounds.init()
    transport.init(socketio.server.eio)
    listener = listen(settings.host, settings.port)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: eventlet.spawn(stop.set))
    limiter.start_sweeping()
    refusals.start_sweeping()
    tally.start_flushing()
    outbox.start()
    tidying.start()
    eventlet.spawn(_recheck_each_second)
    eventlet.spawn(transport.tend, socketio.server.eio, rooms.has)
    serving = eventlet.spawn(
        eventlet.wsgi.server, listener, app, log_output=False, debug=False,
        max_size=min(MAX_CONNECTIONS, max(hard - RESERVED_FILES, 1)),
        keepalive=KEEPALIVE_SECONDS, socket_timeout=SOCKET_SECONDS, protocol=bounds.HttpProtocol,
        # eventlet ends a chunked body by itself; without this Werkzeug reads it as empty. What the libraries write to
        # wsgi.errors are half lines about clients that went away.
        environ={"wsgi.input_terminated": True, "wsgi.errors": open(os.devnull, "w")})
    log.info("ReplyX %s serves %s on %s port %d", VERSION, settings.public_url, settings.host, settings.port)
    # Nothing ends the accepting but us: if it ends all the same, so does the process, for its supervisor to see.
    serving.link(lambda _: stop.set())
    stop.wait()
    was_serving = not serving.dead
    _drain(app, listener)
    log.info("stopped")
    logging.shutdown()
    # Connections that a client keeps open would hold the interpreter's own shutdown.
    os._exit(0 if was_serving else 1)


def _collect_seldom():
    """What is loaded by now stays: the collector need not look at it again. Connections leave no cycles behind, so that it
    need not often look at what has lived long either: with ten thousand open, that stops the hub for a good while."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 5, 1000)


def _return_memory():
    """Make glibc give large blocks back: each native thread would keep the 19 MiB of the last password it hashed."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 128 * 1024)


def _recheck_each_second():
    while True:
        time.sleep(1)
        try:
            intake.recheck()
        except StorageUnavailable:
            # Nothing can be checked; the storage has told the log.
            pass
        except Exception:
            log.exception("checking the connected credentials failed")


def _drain(app, listener):
    """Take no new connection, let what is being answered be answered, close the sockets so that clients come back."""
    log.info("stopping")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    deadline = time.monotonic() + DRAIN_SECONDS
    rooms.disconnect_everybody()
    while app.gateway.answering > 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    refusals.sweep(at_once=True)
    outbox.stop()
    tally.stop()
    writer.stop()

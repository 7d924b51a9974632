"""The socket transport: unpack an event, call the intake, answer its ack."""
import logging

from socketio.exceptions import ConnectionRefusedError as Refused

from . import credentials, intake, rooms, strangers, wire
from .actions import Context
from .errors import Invalid, NotFound, ReplyXError, Unauthorized
from .extensions import socketio
from .membership import Membership

log = logging.getLogger(__name__)

MAX_PACKET = 256 * 1024


def init_app(app):
    """Make the Socket.IO server and register a handler for each action of the table."""
    config = app.config["REPLYX"]
    socketio.init_app(
        app, async_mode=app.config.get("ASYNC_MODE", "threading"), serializer=wire.Packet, json=wire,
        client_manager=Membership(),
        # Who may connect is decided by tokens.identify, so that a refusal has our one shape.
        cors_allowed_origins="*", cors_credentials=False, max_http_buffer_size=MAX_PACKET,
        # Events of one socket run one after the other: a sender's messages keep their order, and a flood waits.
        async_handlers=False, ping_interval=25, ping_timeout=20, manage_session=False)
    server = socketio.server
    server.on("connect", lambda sid, environ, auth=None: _connect(config, sid, environ, auth))
    server.on("disconnect", _disconnect)
    server.on("*", _unknown)
    for action in intake.ACTIONS.values():
        if not action.http_only:
            server.on(action.event, _handler(action))
    for name in ("socketio.server", "engineio.server"):
        logging.getLogger(name).addFilter(_one_line)


def _connect(config, sid, environ, auth):
    shown = credentials.from_auth(environ, auth, config)
    try:
        intake.admit(sid, shown, Context("socket", environ["replyx.address"], shown.own_origin))
        strangers.leave(socketio.server.manager.eio_sid_from_sid(sid, "/"))
    except ReplyXError as error:
        rooms.remove(sid)
        raise Refused(error.message, error.to_wire()) from None


def _disconnect(sid, reason=None):
    connection, dialogs = rooms.remove(sid), rooms.dialogs_of(sid)
    # A client may leave the namespace alone: its transport would count for nobody and stay open.
    rooms.disconnect([sid])
    if connection:
        left = "".join(f" dialog={number} connections={others}" for number, others in dialogs)
        log.info("[%s] connection closed address=%s%s reason=%s", connection.credentials.channel.capitalize(),
                 connection.address, left, str(reason).replace(" ", "-"))


def _handler(action):
    def handle(sid, *arguments):
        def run(connection):
            return intake.handle(action, connection.credentials, lambda: _payload(arguments), connection.context)[1]
        return _answer(sid, run)
    return handle


def _payload(arguments):
    if len(arguments) != 1:
        raise Invalid("Send one payload with the event: a JSON object.")
    return arguments[0]


def _unknown(event, sid, *arguments):
    def refuse(connection):
        if event == wire.UNREADABLE:
            raise Invalid("The packet can't be read. Send JSON text: an event's name and one object.")
        raise NotFound("There is no such event. See `replyx asyncapi`.")
    return _answer(sid, refuse)


def _answer(sid, run):
    """The ack of an event: every event gets one, whatever happens."""
    try:
        connection = rooms.connection(sid)
        if connection is None:
            raise Unauthorized("This socket was not accepted. Connect again.")
        return run(connection)
    except ReplyXError as error:
        return error.to_wire()
    except Exception:
        log.exception("an event failed")
        return ReplyXError().to_wire()


def _one_line(record):
    """A client that sends rubbish must not fill the log with tracebacks of the protocol's own code, nor write lines of its own
    there: the library quotes what it refuses, a query string say."""
    if not record.exc_info:
        return False
    if record.levelno == logging.ERROR:
        record.msg, record.args = f"{record.getMessage()}: {record.exc_info[0].__name__}", ()
        record.exc_info = record.exc_text = None
    return True

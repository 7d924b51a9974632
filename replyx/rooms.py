"""Who is connected, in which rooms, and every emit. A client never names a room."""
import time
from collections import Counter
from dataclasses import dataclass

from .extensions import socketio

# A hub that walks through thousands of connections gives way this often.
BREATH = 200


@dataclass(frozen=True, slots=True)
class Connection:
    """A socket that was accepted: its credentials are checked again for each event, which all come in this context. `holder` is
    who it is counted for."""
    credentials: object
    context: object
    holder: str

    @property
    def address(self):
        return self.context.address


_connections = {}
_by_grant = {}
_by_holder = Counter()


def dialog(dialog_id):
    return f"dialog:{dialog_id}"


def guest(site_id, guest_hash):
    """A guest's room. It is named by the hash: there is no guest row before the first message."""
    return f"guest:{site_id}:{guest_hash}"


def managers(site_id):
    return f"managers:{site_id}"


# Every site there is, and every site there will be.
ALL_MANAGERS = "managers"


def add(sid, connection):
    _connections[sid] = connection
    for grant in connection.credentials.grants:
        _by_grant.setdefault(grant, set()).add(sid)
    _by_holder[connection.holder] += 1


def remove(sid):
    """Forget a socket; its Connection, or None if it was never accepted."""
    connection = _connections.pop(sid, None)
    if connection:
        for grant in connection.credentials.grants:
            _by_grant[grant].discard(sid)
            if not _by_grant[grant]:
                del _by_grant[grant]
        _by_holder[connection.holder] -= 1
        if not _by_holder[connection.holder]:
            del _by_holder[connection.holder]
    return connection


def connection(sid):
    return _connections.get(sid)


def open_by(holder):
    """How many sockets are open that are counted for it."""
    return _by_holder[holder]


def has(eio_sid):
    """Whether this transport has connected."""
    return socketio.server.manager.sid_from_eio_sid(eio_sid, "/") is not None


def grants():
    """Each grant that somebody is connected with, and the sockets that are."""
    return [(grant, list(sids)) for grant, sids in _by_grant.items()]


def sids_of(grant):
    return list(_by_grant.get(grant, ()))


def enter(sid, *names):
    for name in names:
        socketio.server.enter_room(sid, name)


def members(name):
    return [sid for sid, _ in socketio.server.manager.get_participants("/", name)]


def dialogs_of(sid):
    """The dialogs that a socket is in, which may be leaving them, and how many others are in each."""
    names = [name for name in socketio.server.manager.get_rooms(sid, "/") if name.startswith("dialog:")]
    return [(name.partition(":")[2], sum(other != sid for other in members(name))) for name in names]


def enter_all(sids, name):
    for sid in sids:
        if sid in _connections:
            enter(sid, name)


def broadcast(event, data, *names):
    """One emit, encoded once, to everybody in any of these rooms."""
    socketio.server.emit(event, data, to=list(names))


def disconnect(sids):
    """Close these sockets' transports: their clients try to come back, and learn why they may not."""
    manager = socketio.server.manager
    _close([manager.eio_sid_from_sid(sid, "/") for sid in sids])


def disconnect_everybody():
    """Close every transport: clients come back to the next server by themselves."""
    _close(list(socketio.server.eio.sockets))


def _close(eio_sids):
    for count, eio_sid in enumerate(eio_sids):
        if eio_sid:
            socketio.server.eio.disconnect(eio_sid)
        if count % BREATH == BREATH - 1:
            time.sleep(0)

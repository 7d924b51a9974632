"""python-socketio's book of rooms, with each socket's own rooms beside it."""
from socketio import Manager


class Membership(Manager):
    """Knows a socket's rooms without a walk through all of them: ten thousand may leave at once."""

    def __init__(self):
        super().__init__()
        self._rooms_of = {}

    def basic_enter_room(self, sid, namespace, room, eio_sid=None):
        super().basic_enter_room(sid, namespace, room, eio_sid)
        self._rooms_of.setdefault((sid, namespace), set()).add(room)

    def basic_leave_room(self, sid, namespace, room):
        super().basic_leave_room(sid, namespace, room)
        self._rooms_of.get((sid, namespace), set()).discard(room)

    def basic_disconnect(self, sid, namespace, **_):
        for room in self._rooms_of.pop((sid, namespace), ()):
            super().basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]

    def get_rooms(self, sid, namespace):
        return [room for room in self._rooms_of.get((sid, namespace), ()) if room is not None]

"""JSON and packets as they lie on the wire: strict, and never raising where a client could make it raise."""
import orjson
from socketio import packet

UNREADABLE = "\x00unreadable"
# Engine.IO hands on whatever JSON a packet held, None too.
NOT_GIVEN = object()


def dumps(value, **_):
    """JSON text. python-socketio passes the standard library's options; none of them matters here."""
    return orjson.dumps(value).decode()


def loads(text, **_):
    """A JSON value. Raises ValueError for everything that is not JSON: NaN, lone surrogates, nesting over 1,024."""
    return orjson.loads(text)


class Packet(packet.Packet):
    """A Socket.IO packet of JSON text.

    What can't be read becomes the event `UNREADABLE`, with the packet's ack id where it has one: raising here would
    cost two tracebacks a packet and leave the sender without an answer. Binary attachments are unreadable too;
    collecting them would let a client fill the memory.
    """
    uses_binary_events = False

    def __init__(self, *args, encoded_packet=NOT_GIVEN, **options):
        super().__init__(*args, **options)
        if encoded_packet is not NOT_GIVEN:
            self.decode(encoded_packet)

    def decode(self, encoded_packet):
        try:
            if not isinstance(encoded_packet, str):
                raise ValueError("not text")
            super().decode(encoded_packet)
        except (ValueError, IndexError):
            self.data = None
        if self.packet_type not in (packet.CONNECT, packet.DISCONNECT) and not self._is_event():
            self.packet_type, self.data = packet.EVENT, [UNREADABLE]
        return 0

    def _is_event(self):
        """A list that begins with an event's name; `connect` and `disconnect` are the server's own, not a client's."""
        return (self.packet_type == packet.EVENT and isinstance(self.data, list) and bool(self.data)
                and isinstance(self.data[0], str) and self.data[0] not in ("connect", "disconnect", "*"))

"""WebSocket frames (RFC 6455) as eventlet reads and writes them, with fewer steps: one read for several frames, unmasking
in one operation, one write for several messages.

It stands on eventlet's inside: `tests/test_frames.py` fails on another version than the one it was tested with.
"""
import eventlet
import eventlet.websocket

TESTED_WITH = "0.41.3"
READ = 16 * 1024
# What a fragment costs beside its bytes, and all of a message: a little more than the largest packet.
PIECE = 64
MAX_MESSAGE = 272 * 1024
# Reads from a client that always has more to say, before others get their turn.
TURN = 64


def init():
    """Make eventlet's server use these frames."""
    eventlet.websocket.RFC6455WebSocket = Frames


class _Message(eventlet.websocket.RFC6455WebSocket.Message):
    """eventlet bounds a frame, but not the sum of a message's fragments; endless empty ones are bounded too."""
    size = 0

    def push(self, data, final=False):
        self.size += len(data) + PIECE
        if self.size > MAX_MESSAGE:
            raise eventlet.websocket.FailedConnectionError(1009, "Message too large.")
        super().push(data, final)


class _Reader:
    """A socket whose `recv` takes what has arrived in one call and hands it out in the pieces that are asked for."""

    def __init__(self, sock):
        self._socket = sock
        self._data = b""
        self._at = 0
        self._turn = 0

    def recv(self, size):
        self._turn += 1
        if self._turn == TURN:
            self._turn = 0
            eventlet.sleep(0)
        if self._at == len(self._data):
            self._data, self._at = self._socket.recv(max(size, READ)), 0
        start = self._at
        piece = self._data[start:start + size]
        self._at = start + len(piece)
        if self._at == len(self._data):
            # A socket that idles keeps no buffer.
            self._data, self._at = b"", 0
        return piece

    def sendall(self, data):
        self._socket.sendall(data)

    def settimeout(self, seconds):
        self._socket.settimeout(seconds)

    def shutdown(self, how):
        self._socket.shutdown(how)

    def close(self):
        self._socket.close()


class Frames(eventlet.websocket.RFC6455WebSocket):
    Message = _Message

    def __init__(self, sock, *args, **options):
        super().__init__(_Reader(sock), *args, **options)

    @staticmethod
    def _apply_mask(data, mask, length=None, offset=0):
        """The payload XOR the four bytes of the mask, as one big integer (RFC 6455, 5.3)."""
        length = len(data)
        start = offset % 4
        key = (bytes(mask) * (length // 4 + 2))[start:start + length]
        return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")

    def send(self, message, **options):
        """Send a message, or a list of text messages with one write."""
        if isinstance(message, list):
            self._send(b"".join(map(_frame, message)))
        else:
            super().send(message, **options)


def _frame(text):
    """A final, unmasked text frame (RFC 6455, 5.2)."""
    data = text.encode()
    length = len(data)
    if length < 126:
        return b"\x81" + length.to_bytes(1, "big") + data
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + data
    return b"\x81\x7f" + length.to_bytes(8, "big") + data

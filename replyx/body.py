"""A request's body that is no JSON: nobody has read it when an action runs, and it is never in the memory as a whole."""
from werkzeug.exceptions import ClientDisconnected

from .errors import Invalid, TooLarge

TYPE = "application/octet-stream"
# What a slow phone sends in a second: how far a body has come is known after each.
PIECE = 16 * 1024


class Body:
    """The body of `request`, of at most `most` bytes. `size` is what was announced; chunked, it may be all of `most`."""

    def __init__(self, request, most):
        self._request, self._most = request, most
        self.size = most if request.content_length is None else request.content_length

    def check(self):
        """Raise for what need not be read. A form of another site can't send this type without a preflight: that is part
        of the check of a manager's session."""
        if self._request.mimetype != TYPE:
            raise Invalid(f"Send the file's bytes as the body, with Content-Type: {TYPE}.")
        if self.size > self._most:
            raise self._too_large()

    def pieces(self):
        """The bytes, a piece at a time. Raises TooLarge, or Invalid when they end early or come too slowly."""
        self._request.environ.get("replyx.allow_body", lambda size: None)(self._most)
        # One byte more than is allowed: Werkzeug ends a chunked body at its limit without a word.
        self._request.max_content_length = self._most + 1
        read = 0
        try:
            while piece := self._request.stream.read(PIECE):
                read += len(piece)
                if read > self._most:
                    raise self._too_large()
                yield piece
        except ClientDisconnected:
            raise self._broken_off() from None
        # Werkzeug leaves the end to the server, and that takes a connection's end for it.
        if read < (self._request.content_length or 0):
            raise self._broken_off()

    def _broken_off(self):
        return Invalid("The file did not arrive whole. Check the connection and send it again.")

    def _too_large(self):
        return TooLarge(f"This file is too large. Send one of at most {self._most // 2**20} MB.")

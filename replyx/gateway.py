"""The outermost WSGI layer, around Flask and Socket.IO: the client's address, and what must not reach either."""
import ipaddress
import logging
import string
from urllib.parse import quote

from .errors import CODES
from .refusals import refusals

log = logging.getLogger(__name__)


class Gateway:
    """Puts `replyx.address` into the environ, and counts the HTTP requests that are being answered."""

    def __init__(self, app, trusted_proxies):
        self._app = app
        self._trusted = trusted_proxies
        self.answering = 0

    def __call__(self, environ, start_response):
        environ["replyx.address"] = self._address(environ)
        if not environ.get("QUERY_STRING", "").isascii():
            # Raw bytes where percent signs should be: Werkzeug would raise for those that are no UTF-8.
            environ["QUERY_STRING"] = quote(environ["QUERY_STRING"].encode("latin1"), safe=string.printable)
        # A compressed socket costs 168 KiB instead of 64: without the offer, browsers connect plain.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if environ["PATH_INFO"].startswith("/socket.io"):
            return self._app(environ, start_response)
        self.answering += 1
        try:
            return self._app(environ, _checked(start_response))
        except _Unwritable as error:
            return _answer_fault(error, environ["replyx.address"], start_response)
        finally:
            self.answering -= 1

    def _address(self, environ):
        """The rightmost hop that is no trusted proxy; an IPv6 address counts by its /64, as one customer."""
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        hop = _parse(environ.get("REMOTE_ADDR", ""))
        while hop is not None and hops and any(hop in network for network in self._trusted):
            further = _parse(hops.pop())
            if further is None:
                break
            hop = further
        if hop is None:
            return "unknown"
        if hop.version == 6:
            return str(ipaddress.ip_network((hop, 64), strict=False))
        return str(hop)


class _Unwritable(Exception):
    """The header of this name holds what no header can."""


def _checked(start_response):
    """The server would find out when it has begun to answer, and end the connection without a word."""
    def checked(status, headers, *more):
        for name, value in headers:
            try:
                value.encode("latin1")
            except UnicodeEncodeError:
                raise _Unwritable(name) from None
        return start_response(status, headers, *more)
    return checked


def _answer_fault(error, address, start_response):
    if refusals.is_new("Server", "answer", "internal", address):
        log.error("[Server] answer refused: internal address=%s header=%s", address, error)
    body = CODES["internal"].message.encode()
    start_response("500 Internal Server Error", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _parse(text):
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

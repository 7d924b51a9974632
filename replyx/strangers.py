"""Transports that have not shown credentials: few at a time, for each takes 45 KB, and anybody can open any number."""
import logging
from collections import Counter

from .errors import RateLimited
from .limits import limiter
from .refusals import refusals

log = logging.getLogger(__name__)

_addresses = {}
_by_address = Counter()


def come(eio_sid, address):
    """Count a transport that has opened. Raises RateLimited when the address, or all together, have enough of them."""
    try:
        limiter.check_open("stranger", _by_address[address])
        limiter.check_open("strangers", len(_addresses))
    except RateLimited as error:
        if refusals.is_new("Socket", "opening", error.code, address):
            log.warning("[Socket] opening refused: %s address=%s", error.code, address)
        raise
    _addresses[eio_sid] = address
    _by_address[address] += 1


def leave(eio_sid):
    """It has shown credentials that count, or is closed."""
    address = _addresses.pop(eio_sid, None)
    if address is not None:
        _by_address[address] -= 1
        if not _by_address[address]:
            del _by_address[address]

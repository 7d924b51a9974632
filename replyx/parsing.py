"""What the text of a setting becomes. Each function raises ValueError with what is wrong, as it goes on after the value."""
import email.errors
import email.headerregistry
import email.utils
import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from . import origins

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOG_LEVELS = ("debug", "info", "warning", "error")


def public_origin(value):
    """The origin as browsers write it: lower case, an IDNA host, no default port."""
    try:
        parts = urlsplit(value)
        extra = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme not in origins.DEFAULT_PORTS or extra or not parts.hostname or ":" in parts.hostname:
            raise ValueError
        name = origins.normalise(parts.hostname)
        number = parts.port or origins.DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise ValueError("is not an address like https://chat.example.com, without a path") from None
    return f"{parts.scheme}://{name}" + (f":{number}" if number != origins.DEFAULT_PORTS[parts.scheme] else "")


def host(value):
    if not value:
        raise ValueError("is empty; 127.0.0.1 serves this machine alone, 0.0.0.0 every network")
    try:
        # As the look-up of the address will.
        value.encode("idna")
    except UnicodeError:
        raise ValueError("is neither an address nor a host's name") from None
    return value


def port(value):
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= 65535:
        raise ValueError("is not a port from 1 to 65535")
    return int(value)


def networks(value):
    try:
        return tuple(ipaddress.ip_network(item.strip()) for item in value.split(",") if item.strip())
    except ValueError:
        raise ValueError("is not a list of networks like 127.0.0.0/8, ::1/128") from None


def factor(value):
    if value == "off":
        return None
    try:
        times = float(value)
    except ValueError:
        times = 0
    if not 0 < times < 1e9:
        raise ValueError("is neither a number above 0 nor `off`")
    return times


def log_level(value):
    if value not in LOG_LEVELS:
        raise ValueError(f"is none of {', '.join(LOG_LEVELS)}")
    return value


@dataclass(frozen=True)
class Smtp:
    """A mail server. `tls` is `implicit` (from the first byte), `starttls`, or empty for none at all."""
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str

    def __str__(self):
        scheme, user = "smtps" if self.tls == "implicit" else "smtp", f"{self.user}:***@" if self.user else ""
        return f"{scheme}://{user}{self.host}:{self.port}"


SMTP_PORTS = {"smtps": 465, "smtp": 587}
SMTP_FORM = ("is not an address like smtps://user:password@mail.example.com or smtp://127.0.0.1:25 (user and password in "
             "ASCII, with %40 for @, %3A for :, %2F for /)")


def smtp(value):
    """Unencrypted only to this machine, and never with a password. The error's text may hold the password."""
    parts = urlsplit(value)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    extra = parts.path not in ("", "/") or parts.query or parts.fragment
    # SMTP's sign-in knows ASCII alone.
    if parts.scheme not in SMTP_PORTS or not parts.hostname or extra or not f"{user}{password}".isascii():
        raise ValueError
    name = parts.hostname if ":" in parts.hostname else origins.normalise(parts.hostname)
    is_plain = name in LOOPBACK and not user
    tls = "implicit" if parts.scheme == "smtps" else "" if is_plain else "starttls"
    return Smtp(name, parts.port or SMTP_PORTS[parts.scheme], user, password, tls)


def sender(value):
    name, address = email.utils.parseaddr(value)
    try:
        found = email.headerregistry.Address(name, addr_spec=address)
        if not address.isascii() or not found.domain or not value.isprintable():
            raise ValueError
    except (ValueError, IndexError, email.errors.MessageError):
        raise ValueError("is not a sender like Shop <chat@shop.example>") from None
    return found


def minutes(value):
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not 0 < number <= 1440:
        raise ValueError("is not a number of minutes above 0 and up to 1440")
    return number


def megabytes(value):
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= 10**8:
        raise ValueError("is not a whole number of megabytes from 1 on")
    return int(value)

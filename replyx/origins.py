"""Domains and origins: which pages may speak for a site, and which are ReplyX's own."""
import re
from urllib.parse import urlsplit

import idna

LOCAL = ("localhost", "127.0.0.1")
LABELS = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Letters of other scripts are digits too, for Python.
PORT = re.compile("[0-9]{1,5}")
DEFAULT_PORTS = {"http": 80, "https": 443}


def normalise(domain):
    """A domain as it is kept: lower-case IDNA, with a port only if one was given. Raises ValueError with the reason."""
    host, _, port = domain.strip().partition(":")
    host = host.removesuffix(".")
    try:
        host = idna.encode(host, uts46=True).decode() if not host.isascii() else host.lower()
    except idna.IDNAError:
        host = ""
    if not LABELS.fullmatch(host) or (port and not (PORT.fullmatch(port) and 1 <= int(port) <= 65535)):
        raise ValueError(f"{domain!r} is not a domain. Write it like example.com, without https:// and path.")
    return f"{host}:{int(port)}" if port else host


def of_site(domain):
    """A domain for a site's list, as `normalise` gives it. A leading `*.` says what holds anyway: all below it counts too."""
    try:
        return normalise(domain.strip().removeprefix("*."))
    except ValueError:
        raise ValueError(f"{domain!r} is not a domain. Write it like example.com, without https:// and path.") from None


def allowed(origin, domains, own_origin):
    """Whether a page of this origin may speak for a site with these domains. No origin: not a browser, allowed."""
    return not origin or origin == own_origin or any(_matches(origin, domain) for domain in domains)


def _matches(origin, domain):
    try:
        parts = urlsplit(origin)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return False
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return False
    host, _, wanted_port = domain.partition(":")
    if parts.hostname != host and not parts.hostname.endswith(f".{host}"):
        return False
    if wanted_port:
        return port == int(wanted_port)
    return host in LOCAL or port == DEFAULT_PORTS[parts.scheme]


def frame_ancestors(domains):
    """The Content-Security-Policy sources of the pages that may embed the frame: the same rule as `allowed`."""
    sources = ["'self'"]
    for domain in domains:
        host, _, port = domain.partition(":")
        tail = f":{port}" if port else ":*" if host in LOCAL else ""
        names = [host] if host == "127.0.0.1" else [host, f"*.{host}"]
        sources += [f"{scheme}://{name}{tail}" for name in names for scheme in ("http", "https")]
    return " ".join(sources)

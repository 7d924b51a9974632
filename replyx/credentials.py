"""Credentials as they lie in a request or in a socket's `auth`: unpacked here, judged in `tokens.py` and `links.py`."""
from urllib.parse import parse_qs

from werkzeug.sansio.http import parse_cookie

from .links import links
from .tokens import Credentials

COOKIE = "replyx_session"
DEVICE_COOKIE = "replyx_device"
# Where managers sign in, make accounts and turn on the second factor: no page nor guest's request need see it.
DEVICE_PATH = "/api/manager"
GUEST_HEADERS = {"site_token": "HTTP_REPLYX_SITE_TOKEN", "assistant_id": "HTTP_REPLYX_ASSISTANT_ID",
                 "guest_id": "HTTP_REPLYX_GUEST_ID", "guest_link": "HTTP_REPLYX_GUEST_LINK"}
# A link from a mail was never written into an address, and is not to be.
IN_QUERY = ("site_token", "assistant_id", "guest_id")
LONGEST = 200


def cookie_name(config):
    """`__Host-` binds the cookie to this very host and to https."""
    return f"__Host-{COOKIE}" if config.is_https else COOKIE


def device_cookie_name(config):
    """`__Host-` would send it to every page."""
    return f"__Secure-{DEVICE_COOKIE}" if config.is_https else DEVICE_COOKIE


def device(environ, config):
    """The browser as a `links.Device`; None where nobody signed in before, or not for a year."""
    return links.read_device(_cookie(environ, device_cookie_name(config)))


def _cookie(environ, name):
    """A cookie's value, or an empty text. Other programs of the domain may set cookies in any encoding beside ours: what Werkzeug
    has for an environ would raise then."""
    return parse_cookie(environ.get("HTTP_COOKIE", "")).get(name, "")


def own_origin(environ, config):
    """ReplyX's own origin: REPLYX_URL, or what the request says it came to."""
    return config.url or f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}"


def arrival(environ, config):
    """The caller's own request as it came in: who sent it on, in which name, and what the server makes of that."""
    return {"address": environ["replyx.address"], "peer": environ.get("REMOTE_ADDR", ""),
            "forwarded_for": environ.get("HTTP_X_FORWARDED_FOR", "")[-LONGEST:], "own_origin": own_origin(environ, config),
            "origin": _origin(environ)}


def from_request(environ, channel, config):
    """What an HTTP request to a channel shows. For guests: the headers, or the query string if none of them is there."""
    if channel == "console":
        return _manager(environ, config, _bearer(environ))
    found = {name: environ[header] for name, header in GUEST_HEADERS.items() if environ.get(header)}
    if not found:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        found = {name: query[name][0] for name in IN_QUERY if name in query}
    return _guest(environ, config, found, channel)


def from_auth(environ, auth, config):
    """What a socket shows in `auth`; it is a manager's only if it says so. Unknown names are ignored."""
    auth = auth if isinstance(auth, dict) else {}
    if auth.get("as") == "manager" or "api_key" in auth:
        return _manager(environ, config, _text(auth.get("api_key")))
    found = {name: auth[name] for name in GUEST_HEADERS if name in auth}
    return _guest(environ, config, found, "widget" if "assistant_id" in auth else "site")


def _guest(environ, config, found, channel):
    """The channel asked for is only a word for the log; what was shown decides."""
    site_token, assistant_id = _text(found.get("site_token")), number(found.get("assistant_id"))
    if site_token or assistant_id is not None:
        channel = "site" if site_token else "widget"
    return Credentials(
        channel, own_origin(environ, config), _origin(environ), site_token=site_token, assistant_id=assistant_id,
        guest_id=_text(found.get("guest_id")).lower(), guest_link=_text(found.get("guest_link")))


def _manager(environ, config, api_key):
    own, origin = own_origin(environ, config), _origin(environ)
    return Credentials("console", own, origin, own=origin == own or _is_own_get(environ, origin),
                       session=_cookie(environ, cookie_name(config)), api_key=api_key)


def _is_own_get(environ, origin):
    """Whether a GET, which has no Origin on its own site, shows itself as our page's by a header that only such can send:
    Sec-Fetch-Site, which browsers leave out over plain http, or ours, which our preflights allow to nobody."""
    is_socket = environ["PATH_INFO"].startswith("/socket.io") or "HTTP_UPGRADE" in environ
    return (not origin and not is_socket and environ["REQUEST_METHOD"] == "GET"
            and environ.get("HTTP_SEC_FETCH_SITE", "same-origin") == "same-origin"
            and ("HTTP_SEC_FETCH_SITE" in environ or environ.get("HTTP_REPLYX_CONSOLE") == "1"))


def _origin(environ):
    """The Origin in lower case; what no browser would send counts as `null`, which is nobody's, and stays out of the log. So does
    what another site's page fetches without CORS: browsers leave the Origin out there, and say `cross-site` all the same."""
    origin = environ.get("HTTP_ORIGIN", "").strip().lower()
    if not origin and environ.get("HTTP_SEC_FETCH_SITE") == "cross-site":
        return "null"
    return origin if origin.isascii() and origin.isprintable() and len(origin) <= 300 else "null"


def _bearer(environ):
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return _text(key.strip()) if scheme.lower() == "bearer" else ""


def _text(value):
    return value if isinstance(value, str) and len(value) <= LONGEST else ""


def number(value):
    """An assistant_id as a number; what is none stays as it came, to be refused."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 17:
        return int(value)
    return value

"""What proxies get wrong about requests to the API: names, addresses, headers, bodies, caching."""
import ipaddress
import uuid
from urllib.parse import urlsplit

from ..api import CORS, MAX_BODY
from . import fixes
from .answers import require_one, require_ours, require_success
from .report import Fault

STRANGER = "https://doctor.invalid"
# Kept for documentation (RFC 5737): nobody's real address.
FORGED = "198.51.100.7"


def origin(visit):
    """Whether the server takes the public address for its own: sign-in, cookies and the frame's policy hang on it."""
    own = _arrival(visit)["own_origin"]
    if own == visit.origin:
        return f"ReplyX knows itself as {own}."
    if visit.settings.url:
        raise Fault(f"ReplyX knows itself as {own} (REPLYX_URL), browsers as {visit.origin}: sending and signing in are refused.",
                    fixes.url(visit.origin))
    if urlsplit(own).netloc == visit.netloc:
        raise Fault(f"ReplyX takes itself for {own}, browsers come by {visit.origin}: sending and signing in are refused.",
                    fixes.url(visit.origin))
    raise Fault(f"The proxy changes Host: ReplyX takes itself for {own}, not {visit.origin}. Sending and signing in are refused.",
                fixes.host(visit.origin))


def _arrival(visit, **headers):
    answer = visit.http("GET", "/api/manager/arrival", {**visit.manager, **headers})
    if answer.code == "unauthorized":
        raise Fault("The proxy drops the header Authorization: API keys don't work.", fixes.AUTHORIZATION)
    require_ours(visit, answer, "GET /api/manager/arrival")
    require_success(answer, "GET /api/manager/arrival")
    return answer.json


def address(visit):
    """Whether visitors can be told apart, and none can choose an address."""
    arrival = _arrival(visit, **{"X-Forwarded-For": FORGED})
    hops = [hop.strip() for hop in arrival["forwarded_for"].split(",") if hop.strip()]
    if visit.direct is None:
        return "No proxy in between."
    if not hops:
        raise Fault("The proxy sends no X-Forwarded-For: all visitors share one address, and its limits.", fixes.FORWARDED)
    if hops == [FORGED]:
        raise Fault("The proxy passes X-Forwarded-For on as it came: a visitor can choose an address, and the others share one.",
                    fixes.FORWARDED)
    # From the left: what a visitor may have written, the visitor, proxies; the last one opened the connection.
    for hop in [*hops[hops[0] == FORGED:][1:], arrival["peer"]]:
        _require_trusted(visit, hop)
    return "Each visitor counts by the own address."


def _require_trusted(visit, hop):
    trusted = visit.settings.trusted_proxies
    try:
        proxy = ipaddress.ip_address(hop.partition("%")[0])
    except ValueError:
        raise Fault("The proxy writes something else than addresses into X-Forwarded-For.", fixes.FORWARDED) from None
    if not any(proxy in network for network in trusted):
        raise Fault(f"ReplyX does not trust the proxy at {proxy}: all visitors share its address, and its limits.",
                    {"settings": f"REPLYX_TRUSTED_PROXIES={','.join(map(str, (*trusted, proxy)))}"})


def cors(visit):
    """What a browser asks before, and needs to see after, a request of another site's page."""
    before = visit.http("OPTIONS", "/api/site/dialogs", {
        "Origin": STRANGER, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,replyx-site-token,replyx-guest-id"})
    require_ours(visit, before, "OPTIONS /api/site/dialogs")
    for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods"):
        require_one(before, name.lower(), CORS[name], "The preflight answer's")
    after = visit.http("GET", "/api/site/dialogs/1/sync", {"Origin": STRANGER})
    require_one(after, "access-control-allow-origin", "*", "A refusal's")
    return "Preflights and answers carry the right headers, once."


def body(visit):
    """The largest body that ReplyX takes: spaces around an empty object, so that nothing is stored."""
    answer = visit.http("POST", "/api/site/dialogs", {**visit.guest, "Content-Type": "application/json"},
                        b"{}".ljust(MAX_BODY))
    require_ours(visit, answer, f"POST with a body of {MAX_BODY // 1024} KiB")
    if answer.code == "forbidden_origin":
        raise Fault("A POST from the frame is refused: ReplyX does not know the frame's own address.", fixes.host(visit.origin))
    require_success(answer, f"POST with a body of {MAX_BODY // 1024} KiB")
    return f"A POST of {MAX_BODY // 1024} KiB arrives."


def cache(visit):
    """Nothing that one caller was answered may be given to another."""
    path = f"/api/manager/dialogs?site_id={visit.badge.site_id}"
    answer = visit.http("GET", path, visit.manager)
    require_ours(visit, answer, "GET /api/manager/dialogs")
    require_success(answer, "GET /api/manager/dialogs")
    if visit.http("GET", path).status < 400:
        raise Fault("A cache in between gives one person's answers to others!", fixes.CACHE)
    if "no-store" not in answer.one("cache-control"):
        raise Fault("The proxy takes `Cache-Control: no-store` out: browsers may keep private answers.", fixes.HEADERS)
    unknown = visit.http("GET", f"/replyx.js?site_token=st_{uuid.uuid4().hex}").body
    if visit.badge.site_token.encode() in unknown:
        raise Fault("A cache in between gives one site's loader to another site.", fixes.CACHE)
    return "Nothing is kept in between."

"""What a page loads: whether ReplyX answers, in the right time, with the loader, the frame and their scripts unchanged."""
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from ..version import VERSION
from . import fixes
from .answers import SCRIPTS, require_ours, require_success, require_type
from .report import Doubt, Fault

SKEW_SECONDS = 20


def health(visit):
    answer = visit.http("GET", "/healthz")
    require_ours(visit, answer, "GET /healthz")
    body = answer.json or {}
    if body.get("ok") is not True or "version" not in body:
        raise Fault("Something else than ReplyX answers at this address.", fixes.EVERYTHING)
    if body["version"] != VERSION:
        raise Doubt(f"ReplyX {body['version']} runs, {VERSION} is installed.", fixes.RESTART)
    return f"ReplyX {VERSION} answers."


def clock(visit):
    date = visit.http("GET", "/healthz").one("date")
    try:
        skew = (parsedate_to_datetime(date) - datetime.now(timezone.utc)).total_seconds()
    except (ValueError, TypeError):
        return "The answers carry no time to compare with."
    if abs(skew) > SKEW_SECONDS:
        raise Fault(f"The clock there is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this one: one-time codes and "
                    "times of messages will be wrong.", fixes.CLOCK)
    return "The clocks agree."


def instance(visit):
    """Whether the server there has the temporary site: else it works on another database than this command."""
    answer = visit.http("POST", "/api/site/dialogs", {"Replyx-Site-Token": visit.badge.site_token}, {})
    if answer.code == "unauthorized":
        raise Fault("The ReplyX there works on another database than this command: run it on the machine of the server, with "
                    "the same settings.", fixes.INSTANCE)
    require_ours(visit, answer, "POST /api/site/dialogs")
    require_success(answer, "POST /api/site/dialogs")
    return "The server there works on this command's database."


def loader(visit):
    path = f"/replyx.js?site_token={visit.badge.site_token}"
    answer = visit.http("GET", path)
    require_ours(visit, answer, "GET /replyx.js")
    require_type(answer, "/replyx.js", SCRIPTS)
    text = answer.body.decode(errors="replace")
    if f"/frame?site_token={visit.badge.site_token}" not in text:
        raise Fault("The loader comes without the site's settings: a cache leaves the query string out of account.", fixes.CACHE)
    if visit.direct and text != _as_sent(visit.direct, path, text):
        raise Fault("The loader is changed on the way.", fixes.REWRITING)
    if answer.one("cross-origin-resource-policy") not in ("", "cross-origin"):
        raise Fault("The proxy adds Cross-Origin-Resource-Policy: pages of other sites can't load the loader.", fixes.HEADERS)
    if not answer.one("etag") or "max-age=300" not in answer.one("cache-control"):
        raise Doubt("The loader's ETag or Cache-Control is changed on the way: browsers load it too often, or keep an old one.",
                    fixes.HEADERS)
    return f"{len(answer.body)} bytes, unchanged."


def _as_sent(direct, path, fallback):
    """The body as the server itself sends it; what came when the server can't be asked."""
    try:
        answer = direct.http("GET", path)
    except Fault:
        return fallback
    return answer.body.decode(errors="replace") if answer.status == 200 else fallback


def frame(visit):
    answer = visit.http("GET", f"/frame?site_token={visit.badge.site_token}")
    require_ours(visit, answer, "GET /frame")
    require_type(answer, "/frame", ("text/html",))
    if answer.all("x-frame-options"):
        raise Fault("The proxy adds X-Frame-Options: no other site's page can show the chat.", fixes.HEADERS)
    policies = answer.all("content-security-policy")
    if policies != _policies_as_sent(visit, policies) or len(policies) != 1:
        told = f"{len(policies)} of them" if len(policies) > 1 else "another one" if policies else "none"
        raise Fault("The frame's Content-Security-Policy, by which sites may embed it, does not arrive as ReplyX sent it: "
                    f"{told}.", fixes.HEADERS)
    return _frame_scripts(visit, answer)


def _policies_as_sent(visit, fallback):
    """The policies that the server itself sends; what came when it can't be asked."""
    try:
        direct = visit.direct and visit.direct.http("GET", f"/frame?site_token={visit.badge.site_token}")
    except Fault:
        direct = None
    return direct.all("content-security-policy") if direct else fallback


def _frame_scripts(visit, answer):
    scripts = re.findall(r'src="(/w/[^"]+)"', answer.body.decode(errors="replace"))
    if not scripts:
        raise Fault("The frame is changed on the way: it names no script.", fixes.REWRITING)
    for path in scripts:
        script = visit.http("GET", path)
        require_ours(visit, script, "GET /w/...")
        require_type(script, "/w/...", SCRIPTS)
    return "It can be embedded, and its scripts load."

"""Judging an HTTP answer: is it ReplyX's own, or has something in between refused, lost or changed it?"""
from urllib.parse import urlsplit

from . import fixes
from .report import Fault

SCRIPTS = ("text/javascript", "application/javascript")


def require_ours(visit, answer, what):
    """Raise the Fault of an answer that isn't ReplyX's own: what stands in between has refused or lost the request."""
    if answer.status == 413:
        raise Fault(f"{what} was refused as too large (413) before it reached ReplyX.", fixes.BODY)
    if answer.status in (502, 504):
        raise Fault(f"{what} got {answer.status}: the proxy can't reach ReplyX.", fixes.UPSTREAM)
    if answer.status in (429, 503) and not answer.code:
        raise Fault(f"{what} got {answer.status}: the proxy limits how much may be asked.", fixes.LIMITED)
    if answer.status in (301, 302, 303, 307, 308):
        raise _redirected(visit, answer, what)
    if answer.status == 401 and not answer.code:
        raise Fault(f"{what} got 401: the proxy asks for a password.", fixes.NO_PASSWORD)
    if answer.status in (403, 405, 406) and not answer.code:
        raise Fault(f"{what} got {answer.status}: something in between refuses it.", fixes.REFUSING)
    if answer.status >= 400 and not answer.code:
        raise Fault(f"{what} got {answer.status} and does not reach ReplyX.", fixes.EVERYTHING)


def _redirected(visit, answer, what):
    target = urlsplit(answer.one("location"))
    if target.scheme and target.netloc and (target.scheme, target.netloc) != urlsplit(visit.origin)[:2]:
        origin = f"{target.scheme}://{target.netloc}"
        return Fault(f"{what} is sent on to {origin}: the chat must be used there.", fixes.url(origin))
    return Fault(f"{what} is redirected ({answer.status}) and does not reach ReplyX.", fixes.EVERYTHING)


def require_success(answer, what):
    if answer.status >= 400:
        raise Fault(f"{what} got {answer.status}: {answer.code}.", {"shell": "journalctl -u replyx -n 20"})


def require_type(answer, path, types):
    kind = answer.one("content-type").partition(";")[0].strip().lower()
    if kind not in types:
        raise Fault(f"{path} comes as {kind or 'nothing known'}, not as {types[0]}: browsers don't run it.", fixes.REWRITING)


def require_one(answer, name, value, whose):
    values = answer.all(name)
    if values != [value]:
        told = f"comes {len(values)} times" if len(values) > 1 else f"is {values[0]!r}" if values else "is missing"
        raise Fault(f"{whose} header {name} {told}; ReplyX sends {value!r} once.", fixes.HEADERS)

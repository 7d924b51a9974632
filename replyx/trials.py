"""Tests of the chat on a page of the site: what a page that the console has opened says of itself, kept in memory for minutes."""
import time
from dataclasses import dataclass, field

from marshmallow import fields, validate

from . import sites, tokens
from .actions import MANAGER, NOBODY, Action, Answer
from .credentials import number
from .errors import NotFound
from .schemas import Input, Nothing
from .site_schemas import SiteRef
from .values import Line, Schema

SECONDS = 300
MOST = 100
MOST_REPORTS = 20
STEPS = ("loader", "frame", "online", "failed")
REASONS = ("foreign", "other_site", "policy", "refused", "timeout", "unknown")
OVER = "This test is over. Begin another on the console's page \"Install\"."


@dataclass(frozen=True, slots=True)
class Trial:
    site_id: int
    ends: float
    reports: list = field(default_factory=list)


# By key, the oldest first; the page has the key from its own address.
_trials = {}


class TrialRef(SiteRef):
    key = Line(100, required=True)


class TrialReport(Input):
    key = Line(100, required=True)
    step = fields.String(required=True, validate=validate.OneOf(STEPS))
    reason = fields.String(validate=validate.OneOf(REASONS), metadata={"description": "Why it failed"})
    directive = Line(100, metadata={"description": "Of the page's policy, which blocks the chat"})
    snippet = Line(200, metadata={"description": "What the snippet names its site by, like `assistant_id=3`"})


class TrialKey(Schema):
    key = fields.String(metadata={"description": f"For the end of the page's address, `#replyx-test=KEY`; good for {SECONDS} s"})


class Told(Schema):
    step = fields.String()
    reason = fields.String()
    directive = fields.String()
    origin = fields.String(metadata={"description": "The page's, as its browser says"})


class TrialAnswer(Schema):
    reports = fields.Nested(Told, many=True)


def begin(identity, payload, context):
    """A test of a page of the site, in place of one that is over, or of the oldest when there are many."""
    site = sites.own(identity, payload)
    moment = time.monotonic()
    for key, trial in list(_trials.items()):
        if trial.ends <= moment or len(_trials) >= MOST:
            del _trials[key]
    key = tokens.new("tr_")
    _trials[key] = Trial(site["id"], moment + SECONDS)
    return Answer({"key": key}, made=True)


def _running(key):
    trial = _trials.get(key)
    if trial is None or trial.ends <= time.monotonic():
        raise NotFound(OVER)
    return trial


def report(identity, payload, context):
    """What a page tells of the chat in it. It may stand anywhere, also where no guest is let in: the key is its credential."""
    trial = _running(payload["key"])
    if len(trial.reports) >= MOST_REPORTS:
        raise NotFound(OVER)
    said = {name: value for name, value in payload.items() if name not in ("key", "snippet")}
    wrong = _wrong(payload["snippet"], trial.site_id) if "snippet" in payload else None
    if wrong:
        said = {"step": "failed", "reason": wrong}
    trial.reports.append({**said, "origin": context.arrival["origin"]})
    return Answer()


def _wrong(snippet, site_id):
    """Why a snippet is not one of the site's, or None."""
    kind, _, name = snippet.partition("=")
    grant = ("site", name) if kind == "site_token" else ("assistant", number(name))
    row = tokens.look_up(grant) if name and (kind == "site_token" or isinstance(grant[1], int)) else None
    if row is None:
        return "unknown"
    return None if row["site"]["id"] == site_id else "other_site"


def get(identity, payload, context):
    site, trial = sites.own(identity, payload), _running(payload["key"])
    if trial.site_id != site["id"]:
        raise NotFound(OVER)
    return Answer({"reports": trial.reports})


ACTIONS = (
    Action("trial.begin", MANAGER, SiteRef(), begin, TrialKey(), "trial_begin", "POST", "/sites/<site_id>/trial", "message",
           status=201, http_only=True, summary="Begin a test of the chat on a page of the site, as an owner"),
    Action("trial.get", MANAGER, TrialRef(), get, TrialAnswer(), "trial_get", "GET", "/sites/<site_id>/trial", "read",
           http_only=True, summary="What the page under test has told, as an owner"),
    Action("trial.report", NOBODY, TrialReport(), report, Nothing(), "trial_report", "POST", "/trial", "message",
           http_only=True, any_page=True, summary="Tell of the chat on a page, by the key in its address"),
    # As a script: a page's policy that lets the snippet in lets this out, where it blocks every request beside.
    Action("trial.tell", NOBODY, TrialReport(), report, Nothing(), "trial_tell", "GET", "/trial/told", "message",
           http_only=True, any_page=True, summary="The same in an address, for a page whose policy lets only scripts through"),
)

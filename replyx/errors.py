"""The errors a caller can meet: one family, one list of codes, one shape on both transports."""
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """An error code of the wire contract.

    `status` is the HTTP status. `retry` says whether sending the same thing again can succeed: a client keeps the
    message and tries later; otherwise the refusal is final. `message` is the text when the raiser gives none.
    """
    name: str
    status: int
    retry: bool
    message: str


CODES = {code.name: code for code in (
    # The shape of what was sent is wrong; `fields` names the places.
    Code("invalid", 400, False, "The request is not valid. See the fields named and send it again."),
    # No credentials, or credentials that are unknown, revoked or expired.
    Code("unauthorized", 401, False, "The credentials are missing or not valid. Check them and try again."),
    # The credentials are good, but not for this.
    Code("forbidden", 403, False, "You may not do this. Ask the owner of the site."),
    # The page that sent the request is not on one of the site's domains.
    Code("forbidden_origin", 403, False,
         "This page's address is not among the site's domains. Add the domain in the site's settings."),
    # It does not exist, or it is somebody else's: the two look the same.
    Code("not_found", 404, False, "There is nothing at this address. Check the number and try again."),
    # The state has changed meanwhile.
    Code("conflict", 409, False, "Somebody else changed this meanwhile. Reload and try again."),
    # The body or the packet is larger than the server reads.
    Code("too_large", 413, False, "This is too large. Send less than 256 KiB at once."),
    # Too many in too short a time; `retry_after` is in seconds.
    Code("rate_limited", 429, True, "Too many requests. Wait and try again."),
    # A fault of the server; its log has the details.
    Code("internal", 500, True, "The server made a mistake. Try again; its log says what happened."),
    # The database can't be written or read now. Nothing was stored, unless the disk hangs: then it may have been.
    Code("storage_unavailable", 503, True, "The server can't store anything right now. Try again in a moment."),
)}


def fail(text, code):
    """End the process with one line on standard error: 1 for a refusal, 2 for bad usage, settings or a bad start."""
    print(f"replyx: {text}", file=sys.stderr)
    raise SystemExit(code)


class ReplyXError(Exception):
    """A refusal with a code of `CODES`. `fields` maps a place in the payload to what is wrong there."""
    code = "internal"
    # The site's owner sees it under this name in place of the code: there is something else to do.
    counted_as = None

    def __init__(self, message=None, *, fields=None, retry_after=None):
        self.message = message or CODES[self.code].message
        self.fields = fields
        self.retry_after = retry_after
        super().__init__(self.message)

    @property
    def status(self):
        return CODES[self.code].status

    def to_wire(self):
        """The one shape: `{"ok": false, "error": {"code", "message", "fields"?, "retry_after"?}}`."""
        error = {"code": self.code, "message": self.message}
        if self.fields is not None:
            error["fields"] = self.fields
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        return {"ok": False, "error": error}


class Invalid(ReplyXError):
    code = "invalid"


class Unauthorized(ReplyXError):
    code = "unauthorized"


class Forbidden(ReplyXError):
    code = "forbidden"


class WrongIdentity(Forbidden):
    """Who a page says its guest is, is not what the site has signed."""
    counted_as = "identity"


class ForbiddenOrigin(ReplyXError):
    code = "forbidden_origin"


class NotFound(ReplyXError):
    code = "not_found"


class Conflict(ReplyXError):
    code = "conflict"


class OtherUser(Conflict):
    """The chat belongs to another user of the site than the one that the page names."""
    counted_as = "other_user"


class TooLarge(ReplyXError):
    code = "too_large"


class RateLimited(ReplyXError):
    code = "rate_limited"


class StorageUnavailable(ReplyXError):
    code = "storage_unavailable"

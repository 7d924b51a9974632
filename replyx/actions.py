"""What an action is. The service modules list their own; `intake` joins and runs them."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Action:
    """A row of the table of actions: what may be asked, by whom, with which schema, on both transports.

    `who` holds "guest", "manager", or nobody for actions that need no credentials. `run(identity, payload, context)`
    gives an Answer. `input` and `output` are schema instances. `route` is below `/api/{channel}` and `/api/manager`.
    `status` is the HTTP status when something was made, and `limit` names a row of `limits.LIMITS`. `makes_guest` lets a
    guest come without a guest_id: one is made. `raw` is the most bytes of a body that is no JSON: the payload is in the
    query then, and `run` reads the body from `context.body`. `values` is the most values that a payload may hold.
    `posts(payload)` says whether a payload, unchecked and None if it was never read, is a message to store: how those fare is
    counted. `any_page` lets pages of all origins ask for an action that needs no credentials. `by_device` has
    `context.device` read, and counts the uses of such an action by the browser where managers have signed in in it, not by its
    address.
    """
    name: str
    who: frozenset
    input: object
    run: object
    output: object
    event: str
    method: str
    route: str
    limit: str
    status: int = 200
    http_only: bool = False
    makes_guest: bool = False
    raw: int = 0
    values: int = 1000
    posts: object = None
    any_page: bool = False
    by_device: bool = False
    summary: str = ""


@dataclass(frozen=True)
class Answer:
    """What an action came to. `made` says whether it stored something new; `session` is a sign-in's cookie to set
    (a token), or to delete (an empty text); `device` is the cookie of a browser in which somebody has signed in."""
    body: dict = field(default_factory=dict)
    made: bool = False
    session: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """How an action came: `transport` is `socket` or `http`, `address` the client's, `own_origin` ReplyX's own for it.
    `arrival` is what `credentials.arrival` gives, and `body` a `body.Body` that nobody has read, both for HTTP alone. `device`
    is a `links.Device`, for actions that are `by_device`, or None."""
    transport: str
    address: str
    own_origin: str = ""
    arrival: dict = field(default_factory=dict)
    body: object = None
    device: object = None


GUEST = frozenset({"guest"})
MANAGER = frozenset({"manager"})
BOTH = GUEST | MANAGER
NOBODY = frozenset()

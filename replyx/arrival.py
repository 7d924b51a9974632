"""How a caller's own request reached the server: what `replyx doctor` needs to judge the proxies in between."""
from . import account_schemas, schemas
from .actions import MANAGER, Action, Answer


def get_arrival(identity, payload, context):
    return Answer(context.arrival)


ACTIONS = (
    Action("arrival.get", MANAGER, schemas.Input(), get_arrival, account_schemas.ArrivalAnswer(), "arrival_get", "GET", "/arrival",
           "read", http_only=True, summary="How this request reached the server, to check the proxies in between"),
)

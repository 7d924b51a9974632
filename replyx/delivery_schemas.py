"""The shapes of how messages fared, in and out. `schemas.py` has the fields, and all other shapes."""
from marshmallow import fields, validate

from .schemas import DialogRef, Input
from .values import Schema

# What only a client can know of a send: no answer to a request, no ack over a socket, no socket at all.
FAILURES = ("unreachable", "no_ack", "no_socket")
MAX_COUNT = 1000


class Failure(Input):
    transport = fields.String(required=True, validate=validate.OneOf(["socket", "http"]))
    code = fields.String(required=True, validate=validate.OneOf(FAILURES))
    count = fields.Integer(strict=True, required=True, validate=validate.Range(1, MAX_COUNT))


class DeliveryReport(DialogRef):
    """`count` and `retried` are messages: those that met the failure, and those that a further try brought through."""
    failures = fields.Nested(Failure, many=True, load_default=[], validate=validate.Length(max=2 * len(FAILURES)))
    retried = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, MAX_COUNT))


class DeliveryList(Input):
    days = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 90), metadata={
        "description": "Today (UTC) and the days before it."})


class Reason(Schema):
    transport = fields.String(metadata={"enum": ["socket", "http"]})
    code = fields.String()
    count = fields.Integer()


class SiteDelivery(Schema):
    """Messages stored by socket and over HTTP, brought through by a further try, recognised as sent twice, refused by the
    server, and those whose senders reported no answer."""
    site = fields.Dict(metadata={"description": "`{id, name}`"})
    socket = fields.Integer()
    http = fields.Integer()
    retried = fields.Integer()
    duplicates = fields.Integer()
    refused = fields.Nested(Reason, many=True)
    failed = fields.Nested(Reason, many=True)


class DeliveryAnswer(Schema):
    days = fields.Integer()
    sites = fields.Nested(SiteDelivery, many=True)

"""The API descriptions, made from the table of actions: OpenAPI for HTTP, AsyncAPI for Socket.IO."""
import re

from apispec.ext.marshmallow import OpenAPIConverter

from . import schemas, values
from .body import TYPE as RAW
from .credentials import cookie_name
from .errors import CODES
from .intake import ACTIONS
from .version import VERSION

# Socket.IO events that the server sends, with the schema of their payload.
EVENTS = {
    "message": ("A message was stored", {"message": "Message"}),
    "dialog": ("A dialog's state changed; a guest gets the fields of GuestDialog alone", {"dialog": "ManagerDialog"}),
    "typing_start": ("Somebody began to type", {"dialog_id": None, "sender": None}),
    "typing_stop": ("Somebody stopped typing", {"dialog_id": None, "sender": None}),
    "read": ("Everything up to a message was read", {"dialog_id": None, "sender": None, "message_id": None}),
}
INFO = {"title": "ReplyX", "version": VERSION, "license": {"name": "MIT", "identifier": "MIT"}}
GUEST_SECURITY = {
    "siteToken": {"type": "apiKey", "in": "header", "name": "Replyx-Site-Token"},
    "assistantId": {"type": "apiKey", "in": "header", "name": "Replyx-Assistant-Id"},
    "guestId": {"type": "apiKey", "in": "header", "name": "Replyx-Guest-Id"},
    "guestLink": {"type": "apiKey", "in": "header", "name": "Replyx-Guest-Link",
                  "description": "The credential of a link in a mail, in place of the guest_id."},
}
AUTH = ("Connect with an `auth` object: guests with `site_token` or `assistant_id`, and `guest_id` (a UUID) or `guest_link` "
        "(from a mail); programs with `api_key`; the console's pages with `as: manager` and their cookie. A refused connect "
        "carries the error in `data`.")
INTEGER = {"type": "integer", "minimum": 1, "maximum": values.MAX_ID}
SCALARS = {"dialog_id": INTEGER, "message_id": INTEGER, "sender": {"type": "string"}}
ERROR = {
    "type": "object", "required": ["ok", "error"],
    "properties": {"ok": {"const": False}, "error": {
        "type": "object", "required": ["code", "message"],
        "properties": {"code": {"enum": list(CODES)}, "message": {"type": "string"}, "fields": {"type": "object"},
                       "retry_after": {"type": "integer", "description": "Seconds."}}}},
}


class Components:
    """The schemas of one description, each named once by its class."""

    def __init__(self):
        self.schemas = {"Error": ERROR}
        self._converter = OpenAPIConverter("3.1.0", schema_name_resolver=lambda _: None, spec=None)
        self._converter.add_attribute_function(_strictness)

    def body(self, schema, leave_out=()):
        """The JSON Schema of an input, without the fields that travel elsewhere."""
        properties = {name: self.reference(field) for name, field in schema.fields.items() if name not in leave_out}
        required = [name for name, field in schema.fields.items() if field.required and name not in leave_out]
        return {"type": "object", "properties": properties, "additionalProperties": False,
                **({"required": required} if required else {})}

    def answer(self, schema):
        properties = {name: self.reference(field) for name, field in schema.fields.items()}
        return {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}, **properties}}

    def reference(self, field):
        """A field's JSON Schema; of a nested schema a reference, with the schema among the components."""
        nested = getattr(field, "schema", None)
        if nested is None:
            return self._converter.field2property(field)
        name = type(nested).__name__
        if name not in self.schemas:
            make = self.body if isinstance(nested, schemas.Input) else self._object
            self.schemas[name] = make(nested)
        reference = {"$ref": f"#/components/schemas/{name}"}
        if field.many:
            return {"type": "array", "items": reference}
        return {"anyOf": [reference, {"type": "null"}]} if field.allow_none else reference

    def _object(self, schema):
        return {"type": "object", "properties": {name: self.reference(field) for name, field in schema.fields.items()}}


def _strictness(_converter, field, **_):
    return {"pattern": r"\S"} if isinstance(field, values.Text) and not field.blank else {}


def _manager_security(settings):
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(settings), "description":
                    "Counts only from ReplyX's own pages: with its Origin, or on a GET with Sec-Fetch-Site: same-origin or "
                    "Replyx-Console: 1."},
        "apiKey": {"type": "http", "scheme": "bearer"},
    }


def openapi(settings):
    """OpenAPI 3.1: every action under each channel that may use it."""
    components, paths = Components(), {}
    for action in ACTIONS.values():
        for prefix, security in _doors(action):
            path = re.sub(r"<(\w+)>", r"{\1}", prefix + action.route)
            paths.setdefault(path, {})[action.method.lower()] = _operation(components, action, prefix, security)
    return {"openapi": "3.1.0", "info": INFO, "servers": [{"url": settings.public_url}], "paths": paths,
            "components": {"schemas": components.schemas, "securitySchemes": GUEST_SECURITY | _manager_security(settings)}}


def _doors(action):
    """The prefixes an action is reached under, with the security of each."""
    if "guest" in action.who:
        yield "/api/site", [{"siteToken": [], "guestId": []}, {"siteToken": [], "guestLink": []}]
        yield "/api/widget", [{"assistantId": [], "guestId": []}, {"assistantId": [], "guestLink": []}]
    if "manager" in action.who:
        yield "/api/manager", [{"session": []}, {"apiKey": []}]
    if not action.who:
        yield "/api/manager", []


def _operation(components, action, prefix, security):
    in_path = re.findall(r"<(\w+)>", action.route)
    parameters = [{"name": name, "in": "path", "required": True, "schema": INTEGER} for name in in_path]
    body = components.body(action.input, leave_out=in_path)
    operation = {"operationId": f"{prefix.rsplit('/', 1)[1]}.{action.name}", "summary": action.summary,
                 "security": security}
    if action.method == "GET" or action.raw:
        parameters += [{"name": name, "in": "query", "schema": schema, **({"required": True} if name in body.get("required", ())
                        else {})} for name, schema in body["properties"].items()]
    if action.raw:
        content = {RAW: {"schema": {"type": "string", "contentMediaType": RAW}}}
        operation["requestBody"] = {"required": True, "content": content}
    elif action.method != "GET":
        # Managers' browsers send `{}` where there is nothing to say: the type is part of the check of their session.
        operation["requestBody"] = {"required": "required" in body, "content": {"application/json": {"schema": body}}}
    if parameters:
        operation["parameters"] = parameters
    good = {"description": "Done", "content": {"application/json": {"schema": components.answer(action.output)}}}
    bad = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    statuses = {}
    for code in CODES.values():
        statuses.setdefault(code.status, []).append(code.name)
    operation["responses"] = {str(status): good for status in sorted({200, action.status})} | {
        str(status): {"description": ", ".join(names), "content": bad} for status, names in statuses.items()}
    return operation


def asyncapi(settings):
    """AsyncAPI 3.0: the events that clients send, each answered by an ack, and those that the server sends."""
    components, messages, operations = Components(), {}, {}
    for action in ACTIONS.values():
        if action.http_only:
            continue
        messages[action.event] = {"name": action.event, "summary": action.summary,
                                  "payload": components.body(action.input)}
        messages[f"{action.event}_ack"] = {"name": f"{action.event}_ack", "summary": f"The ack of {action.event}",
                                           "payload": {"oneOf": [components.answer(action.output), ERROR]}}
        operations[action.event] = {"action": "receive", "channel": {"$ref": "#/channels/socket"},
                                    "messages": [_ref(action.event)],
                                    "reply": {"channel": {"$ref": "#/channels/socket"},
                                              "messages": [_ref(f"{action.event}_ack")]}}
    for name, (summary, payload) in EVENTS.items():
        properties = {field: _event_field(components, field, schema) for field, schema in payload.items()}
        messages[f"on_{name}"] = {"name": name, "summary": summary, "payload": {
            "type": "object", "required": list(payload), "properties": properties}}
        operations[f"on_{name}"] = {"action": "send", "channel": {"$ref": "#/channels/socket"},
                                    "messages": [_ref(f"on_{name}")]}
    scheme, _, host = settings.public_url.partition("://")
    return {"asyncapi": "3.0.0", "info": {"title": "ReplyX", "version": VERSION, "description": AUTH},
            "servers": {"replyx": {"host": host, "pathname": "/socket.io/", "protocol": scheme.replace("http", "ws")}},
            "channels": {"socket": {"address": "/", "messages": messages}}, "operations": operations,
            "components": {"schemas": components.schemas}}


def _ref(name):
    return {"$ref": f"#/channels/socket/messages/{name}"}


def _event_field(components, field, schema):
    if schema is None:
        return SCALARS[field]
    return components.reference(schemas.fields.Nested(getattr(schemas, schema)()))

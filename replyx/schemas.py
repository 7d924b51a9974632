"""The shapes of dialogs and messages on the wire, in and out: types and lengths only, never the database."""
import json

from marshmallow import RAISE, ValidationError, fields, validate, validates_schema

from . import attachments, markdown, texts
from .attachments import File
from .errors import Invalid
from .values import Email, Id, Said, Schema, Text, Truth, Uuid

MAX_TEXT = 10_000
MAX_ATTACHMENTS = 10


class Input(Schema):
    class Meta:
        unknown = RAISE


class Nothing(Schema):
    """An answer of `{"ok": true}` alone."""


# What comes in

class DialogRef(Input):
    dialog_id = Id(required=True)


class NewMessage(Input):
    text = Said(MAX_TEXT, required=True, metadata={"description": "Empty only beside attachments"})
    client_id = Uuid()
    attachments = fields.List(Uuid(), validate=validate.Length(max=MAX_ATTACHMENTS), metadata={
        "description": "Ids that file.upload gave to this sender, each for one message"})
    read_id = Id(smallest=0, metadata={"description": "The newest message that a guest had seen when writing this, 0 for none; "
                                       "without it, all are taken as read"})


class MessagePost(DialogRef, NewMessage):
    pass


class MessageList(DialogRef):
    after = Id(smallest=0)
    before = Id()
    limit = fields.Integer(strict=True, validate=validate.Range(1, 200), load_default=50)

    @validates_schema
    def one_way(self, data, **_):
        if "after" in data and "before" in data:
            raise ValidationError("Send either `after` or `before`.", "before")


class Typing(DialogRef):
    typing = Truth(required=True)


class Read(DialogRef):
    message_id = Id(required=True)


class Contact(DialogRef):
    email = Email(required=True)
    lang = fields.String(validate=validate.OneOf(texts.LANGS))


class DialogList(Input):
    view = fields.String(validate=validate.OneOf(["open", "waiting", "mine", "closed", "all"]), load_default="open")
    site_id = Id()
    cursor = Id()
    limit = fields.Integer(strict=True, validate=validate.Range(1, 100), load_default=50)


class Named(Input):
    name = Text(200, required=True)


# What goes out

class Author(Schema):
    name = fields.String()
    avatar = fields.String(allow_none=True)


class Message(Schema):
    id = Id()
    dialog_id = Id()
    sender = fields.String(metadata={"enum": ["guest", "assistant", "manager", "system"]})
    text = fields.String()
    created_at = fields.String(metadata={"format": "date-time"})
    client_id = fields.String(metadata={"format": "uuid"})
    author = fields.Nested(Author, allow_none=True)
    attachments = fields.List(fields.Nested(File))
    html = fields.String(metadata={"description": "A manager's or the assistant's text with Markdown in it, as safe HTML"})


class GuestDialog(Schema):
    """A dialog as its guest sees it."""
    id = Id()
    status = fields.String(metadata={"enum": ["open", "closed"]})
    handler = fields.String(metadata={"enum": ["assistant", "waiting", "manager"]})
    manager = fields.Nested(Author, allow_none=True)
    last_message_id = Id(smallest=0)
    guest_read_id = Id(smallest=0)
    manager_read_id = Id(smallest=0)
    email = fields.String(allow_none=True, metadata={"description": "Where the guest wants answers mailed to"})
    rating = fields.Integer(allow_none=True, metadata={"description": "What the guest thought of it, 1 to 5"})
    created_at = fields.String(metadata={"format": "date-time"})


class LastMessage(Schema):
    sender = fields.String()
    text = fields.String()
    created_at = fields.String(metadata={"format": "date-time"})


class ManagerLastMessage(LastMessage):
    """As managers see it. Two of them may have one name: the id tells them apart."""
    author = fields.String(allow_none=True, metadata={"description": "The name of who wrote it for the site"})
    manager_id = Id(allow_none=True, metadata={"description": "Which manager wrote it; null: no manager, or an API key"})


class ManagerDialog(GuestDialog):
    """A dialog as managers see it. The guest's secret id is in neither view; `guest.id` is a number."""
    site = fields.Dict(metadata={"description": "`{id, name}`"})
    guest = fields.Dict(metadata={"description": "`{id, name, user_id, verified, attributes}`: who the site says the guest is. "
                                                 "Only if `verified` has the site signed for `user_id` and `name`"})
    form = fields.List(fields.Dict(), allow_none=True, metadata={
        "description": "What the guest filled in, `{label, kind, value}` each, as it was asked"})
    left_message_id = Id(allow_none=True, metadata={"description": "The line that was left with the form for closed hours"})
    rating_text = fields.String(allow_none=True)
    assistant_id = Id()
    manager_id = Id(allow_none=True)
    last_guest_message_id = Id(smallest=0)
    last_message = fields.Nested(ManagerLastMessage, allow_none=True)
    closed_at = fields.String(allow_none=True, metadata={"format": "date-time"})


class Dumped(fields.Nested):
    """A value that its own schema has dumped already: a line is dumped once, for the answer and the broadcast."""

    def _serialize(self, nested_obj, attr, obj, **_):
        return nested_obj


class MessageAnswer(Schema):
    dialog_id = Id()
    message = Dumped(Message)
    duplicate = fields.Boolean()


class DialogOpenAnswer(Schema):
    guest_id = fields.String(metadata={"format": "uuid"})
    dialog = Dumped(GuestDialog, allow_none=True)
    messages = Dumped(Message, many=True)
    more = fields.Boolean()
    message = Dumped(Message)
    duplicate = fields.Boolean()


class MessagesAnswer(Schema):
    """A guest's `dialog` has the fields of GuestDialog alone."""
    messages = Dumped(Message, many=True)
    dialog = Dumped(ManagerDialog)
    more = fields.Boolean()


class SyncAnswer(Schema):
    """A guest's `dialog` has the fields of GuestDialog alone."""
    last_message_id = Id(smallest=0)
    dialog = Dumped(ManagerDialog)


class DialogAnswer(Schema):
    dialog = Dumped(ManagerDialog)


class DialogsAnswer(Schema):
    dialogs = Dumped(ManagerDialog, many=True)
    cursor = Id(allow_none=True)


def check(schema, **values):
    """The values as the schema takes them: the command line's way through the same shapes. Raises Invalid."""
    try:
        return schema.load(values)
    except ValidationError as error:
        name, texts = next(iter(error.messages.items()))
        raise Invalid(f"{name}: {texts[0]}", fields=error.messages) from None


_guest_dialog, _manager_dialog = GuestDialog(), ManagerDialog()


def author_of(name, avatar):
    return {"name": name, "avatar": attachments.avatar_url(avatar)} if name else None


def dump_message(row):
    """A row of messages as it goes over the wire: what `Message` says, written out, as every line takes this way."""
    wire = {"id": row["id"], "dialog_id": row["dialog_id"], "sender": row["sender"], "text": row["text"],
            "created_at": row["created_at"], "client_id": row["client_id"],
            "author": author_of(row["author_name"], row["author_avatar"]) if row["author_name"] else None,
            "attachments": attachments.dump(row["attachments"]) if row["attachments"] else []}
    if row["sender"] in ("manager", "assistant"):
        html = markdown.html(row["text"])
        if html:
            wire["html"] = html
    return wire


def dump_guest_dialog(row):
    return _guest_dialog.dump({**row, "manager": author_of(row["manager_name"], row["manager_avatar"])})


def dump_manager_dialog(row):
    text = attachments.summary(row["last_text"], row["last_attachments"])
    last = {"sender": row["last_sender"], "author": row["last_author"], "manager_id": row["last_manager_id"],
            "text": text[:200], "created_at": row["last_message_at"]}
    return _manager_dialog.dump({
        **row, "manager": author_of(row["manager_name"], row["manager_avatar"]), "last_message": last,
        "site": {"id": row["site_id"], "name": row["site_name"]}, "form": json.loads(row["form"] or "null"),
        "guest": {"id": row["guest_id"], "name": row["guest_name"], "user_id": row["user_id"],
                  "verified": bool(row["is_verified"]), "attributes": json.loads(row["attributes"] or "{}")},
    })

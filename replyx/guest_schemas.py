"""The shapes of what guests tell of themselves and ask for beside their messages. As in `schemas.py`."""
from marshmallow import ValidationError, fields, validate, validates, validates_schema

from . import texts
from .schemas import Author, DialogRef, Dumped, Input, LastMessage, NewMessage, Schema
from .values import MAX_ID, UNWRITABLE, Email, Id, Line, Text, address

MOST_ATTRIBUTES = 20
LONGEST_NAME, LONGEST_VALUE = 40, 500


def _lang():
    return fields.String(validate=validate.OneOf(texts.LANGS), metadata={"description": "To write the guest's mails in"})


class Attributes(fields.Dict):
    """What a page tells of its visitor: a few names with short texts, numbers or truths."""
    default_error_messages = {
        "many": f"Must have at most {MOST_ATTRIBUTES} names.",
        "name": f"Names must be one line of 1 to {LONGEST_NAME} characters.",
        "value": f"Values must be texts of at most {LONGEST_VALUE} characters, numbers, true or false.",
    }

    def __init__(self):
        super().__init__(metadata={"maxProperties": MOST_ATTRIBUTES,
                                   "additionalProperties": {"type": ["string", "number", "boolean"]}})

    def _deserialize(self, value, attr, data, **_):
        found = super()._deserialize(value, attr, data)
        if len(found) > MOST_ATTRIBUTES:
            raise self.make_error("many")
        for name, item in found.items():
            if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
                raise self.make_error("name")
            if not self._is_plain(item):
                raise self.make_error("value")
        return found

    @staticmethod
    def _is_plain(item):
        if isinstance(item, str):
            return len(item) <= LONGEST_VALUE and not UNWRITABLE.search(item)
        return isinstance(item, (bool, float)) or (isinstance(item, int) and abs(item) <= MAX_ID)


class Profile(Input):
    """Texts are kept as they were sent: the signature is made over them."""
    name = Line(200)
    email = Line(254)
    user_id = Line(200)
    exp = Id(metadata={"description": "When the signature ends, in seconds since 1970; 31 days ahead at most"})
    signature = Text(200, metadata={"description": "Hex HMAC-SHA256, with the site's secret, over `user_id\\nname\\nemail\\nexp`, "
                                                   "missing ones empty"})
    attributes = Attributes()

    @validates("email")
    def is_address(self, email, **_):
        try:
            address(email)
        except ValueError:
            raise ValidationError(Email.default_error_messages["address"]) from None

    @validates_schema
    def is_whole(self, data, **_):
        missing = {"user_id", "exp"} - data.keys()
        if "signature" in data and missing:
            raise ValidationError({name: ["Is part of what is signed."] for name in missing})


class DialogOpen(Input):
    """`profile` and `form` belong to the message: without one nothing is stored."""
    message = fields.Nested(NewMessage)
    profile = fields.Nested(Profile)
    form = fields.Dict(metadata={"description": "A form's answers by the names of its fields. What does not fit is left out."})
    form_revision = Line(64, metadata={
        "description": "Which form was shown, by the panel's `revisions`: the answers are kept as it asked for them"})
    lang = _lang()


class Rating(DialogRef):
    rating = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    text = Text(1000, blank=True, metadata={"description": "For the managers; without it, the one before stays"})


class Transcript(DialogRef):
    email = Email(required=True)
    lang = _lang()


class History(Input):
    cursor = Id()
    limit = fields.Integer(strict=True, validate=validate.Range(1, 100), load_default=20)


# What goes out

class ProfileAnswer(Schema):
    verified = fields.Boolean()


class PastDialog(Schema):
    """A dialog in its guest's history."""
    id = Id()
    status = fields.String(metadata={"enum": ["open", "closed"]})
    created_at = fields.String(metadata={"format": "date-time"})
    closed_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    last_message = fields.Nested(LastMessage, allow_none=True)


class HistoryAnswer(Schema):
    dialogs = Dumped(PastDialog, many=True)
    cursor = Id(allow_none=True)


class UnreadMessage(LastMessage):
    author = fields.Nested(Author, allow_none=True)


class UnreadAnswer(Schema):
    dialog_id = Id(allow_none=True)
    unread = fields.Integer(metadata={"minimum": 0, "maximum": 99})
    message = Dumped(UnreadMessage, allow_none=True)

"""The shapes of what concerns those who work in the console: signing in, their mails, their own requests. As in `schemas.py`."""
import re

from marshmallow import ValidationError, fields, validate, validates_schema

from .schemas import Input, Named
from .values import Email, Id, Schema, Text, Truth

# Managers' languages; a guest's are the widget's.
LANGS = ("en", "ru")


class SignIn(Input):
    email = Text(254, required=True)
    password = Text(1024, required=True, load_only=True)
    code = Text(10, load_only=True)
    lang = fields.String(validate=validate.OneOf(LANGS))


class NewManager(Named):
    email = Email(required=True)
    password = Text(1024, required=True, load_only=True)


class SetUp(NewManager):
    token = Text(128, required=True, load_only=True)
    lang = fields.String(validate=validate.OneOf(LANGS))


class TwoFactor(Input):
    secret = Text(64, required=True, load_only=True)
    code = Text(10, required=True, load_only=True)

    @validates_schema
    def base32(self, data, **_):
        if not re.fullmatch(r"[A-Z2-7]{32}", data["secret"]):
            raise ValidationError("Send the secret as two_factor.begin gave it.", "secret")


class MailWish(Input):
    wanted = Truth(required=True)


class LetterRef(Input):
    letter_id = Id(required=True)


class Unsubscribe(Input):
    token = Text(200, required=True, load_only=True)


# What goes out

class SessionAnswer(Schema):
    manager = fields.Dict(metadata={"description": "`{id, name, email, role, avatar, two_factor}`"})
    sites = fields.List(fields.Dict(), metadata={"description": "`{id, name}` each"})
    mail = fields.Dict(metadata={"description": "`{is_on, wanted, dead}`: whether mail is set up, whether this manager wants it "
                                                "(null: an API key), and for owners how many letters were given up"})


class Letter(Schema):
    """A letter that was given up."""
    id = Id()
    dialog_id = Id()
    guest_id = Id()
    site_name = fields.String()
    manager_name = fields.String(allow_none=True, metadata={"description": "Whom it was for; null: the guest"})
    error = fields.String(metadata={"description": "A code, and the mail server's number where it gave one"})
    attempts = fields.Integer()
    created_at = fields.String(metadata={"format": "date-time"})
    dead_at = fields.String(metadata={"format": "date-time"})


class LettersAnswer(Schema):
    letters = fields.List(fields.Nested(Letter))


class ArrivalAnswer(Schema):
    address = fields.String(metadata={"description": "the client's address, as limits and the log count it"})
    peer = fields.String(metadata={"description": "who opened the connection: the last proxy, if there is one"})
    forwarded_for = fields.String(metadata={"description": "the end of X-Forwarded-For, as it came in"})
    own_origin = fields.String(metadata={"description": "the origin that counts as ReplyX's own for this request"})


class TwoFactorAnswer(Schema):
    secret = fields.String()
    uri = fields.String(metadata={"description": "otpauth:// URI for the authenticator app"})

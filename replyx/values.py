"""The kinds of values on the wire, each with its bounds: what `schemas.py` is made of."""
import re

import marshmallow
from marshmallow import fields, validate

from . import origins

MAX_ID = 2**53 - 1
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# SQLite would end the text at a NUL, and UTF-8 has no half surrogate pairs.
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
LINE = re.compile("[^\0-\x1f\x7f-\x9f\u2028\u2029]*")
# What stands before the @, as browsers' fields for addresses take it.
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def is_id(value):
    """Whether this can be an id: no fraction, no text, no boolean."""
    return type(value) is int and 1 <= value <= MAX_ID


def are_few(payload, most):
    """Whether JSON holds at most so many values, counted no further than that."""
    holders, count = [payload], 0
    for holder in holders:
        count += len(holder)
        if count > most:
            return False
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [value for value in inner if isinstance(value, (dict, list))]
    return True


class Schema(marshmallow.Schema):
    # What goes out is made of dicts alone: rows, and what the services answer.
    get_attribute = staticmethod(dict.get)


class Checked:
    """A field whose `_deserialize` looks at everything: its own validator only tells the API descriptions, and need not run. It
    takes no other."""

    def _validate(self, value):
        pass


class Id(Checked, fields.Integer):
    """An integer from 1 to 2^53-1, no fraction, no text."""
    default_error_messages = {"invalid": f"Must be an integer from 1 to {MAX_ID}."}

    def __init__(self, smallest=1, **options):
        self.smallest = smallest
        super().__init__(validate=validate.Range(smallest, MAX_ID), **options)

    def _deserialize(self, value, attr, data, **_):
        if type(value) is not int or not self.smallest <= value <= MAX_ID:
            raise self.make_error("invalid")
        return value

    def _serialize(self, value, attr, obj, **_):
        return value


class Text(Checked, fields.String):
    """Text with a longest length in characters, without NUL and lone surrogates; blank only if `blank`."""
    default_error_messages = {
        "characters": "Must not contain NUL or half of a surrogate pair.",
        "blank": "Must not be empty.",
        "long": "Must be at most {longest} characters.",
    }

    def __init__(self, longest, blank=False, **options):
        self.longest, self.blank = longest, blank
        super().__init__(validate=validate.Length(0 if blank else 1, longest), **options)

    def _deserialize(self, value, attr, data, **_):
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > self.longest:
            raise self.make_error("long", longest=self.longest)
        if not self.blank and not value.strip():
            raise self.make_error("blank")
        if UNWRITABLE.search(value):
            raise self.make_error("characters")
        return value


class Written(fields.String):
    """Text of one form, named by an example."""
    default_error_messages = {"invalid": "Write it like {example}."}

    def __init__(self, pattern, example, **options):
        self.pattern, self.example = re.compile(pattern), example
        super().__init__(metadata={"pattern": f"^({pattern})$"}, **options)

    def _deserialize(self, value, attr, data, **_):
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise self.make_error("invalid", example=self.example)
        return value


class Said(Text):
    """A message's text: blank, which makes it empty, only beside attachments."""

    def __init__(self, longest, **options):
        super().__init__(longest, blank=True, **options)

    def _deserialize(self, value, attr, data, **_):
        text = super()._deserialize(value, attr, data)
        if text.strip():
            return text
        if not data.get("attachments"):
            raise self.make_error("blank")
        return ""


class Line(Text):
    """A text without control characters: nothing that ends a line."""
    default_error_messages = {"line": "Must be one line, without control characters."}

    def _deserialize(self, value, attr, data, **_):
        text = super()._deserialize(value, attr, data)
        if not LINE.fullmatch(text):
            raise self.make_error("line")
        return text


class Uuid(Checked, fields.String):
    """A UUID in its usual text, given in lower case."""
    default_error_messages = {"invalid": "Must be a UUID like 89b7360b-c925-43a8-8773-f4718e0b8254."}

    def __init__(self):
        super().__init__(metadata={"format": "uuid"})

    def _deserialize(self, value, attr, data, **_):
        text = value.lower() if isinstance(value, str) else ""
        if not UUID.fullmatch(text):
            raise self.make_error("invalid")
        return text


def address(text):
    """An e-mail address as servers write it. Raises ValueError for what mail can't be sent to."""
    local, _, domain = text.strip().rpartition("@")
    written = f"{local}@{origins.normalise(domain)}"
    if not LOCAL_PART.fullmatch(local) or len(local) > 64 or len(written) > 254 or ":" in written or "." not in domain:
        raise ValueError("not an address")
    return written


def mailbox(address):
    """Whose mails an address gets, as far as its writing tells: without capitals, a tag, or the dots that some don't count."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


class Email(Text):
    """An address that mail can be sent to, given as servers write it: the domain in lower-case IDNA."""
    default_error_messages = {"address": "Must be an email address like name@example.com."}

    def __init__(self, **options):
        super().__init__(254, **options)

    def _deserialize(self, value, attr, data, **_):
        try:
            return address(super()._deserialize(value, attr, data))
        except ValueError:
            raise self.make_error("address") from None


class Truth(fields.Boolean):
    """true or false, nothing that merely looks like it."""

    def _deserialize(self, value, attr, data, **_):
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value

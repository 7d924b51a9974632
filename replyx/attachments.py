"""A message's files as they go over the wire, and the addresses that files and avatars are served at."""
import json

from marshmallow import fields

from .links import links
from .values import Id, Schema


class File(Schema):
    id = fields.String(metadata={"format": "uuid"})
    name = fields.String()
    type = fields.String()
    size = Id(metadata={"description": "Bytes"})
    width = Id(allow_none=True, metadata={"description": "Of an image, in pixels"})
    height = Id(allow_none=True)
    url = fields.String(metadata={"description": "Its path on ReplyX's own origin, good for a day"})


def dump_file(row):
    return {**row, "url": links.file(row["id"])}


def dump(kept):
    """The files that a message's row keeps as JSON text, or None."""
    return [dump_file(row) for row in json.loads(kept)] if kept else []


def names(kept):
    return [row["name"] for row in json.loads(kept or "[]")]


def summary(text, kept):
    """A line in short: its text, or else the names of its files."""
    return text or ", ".join(names(kept))


def avatar_url(name):
    return name and f"/avatars/{name}"

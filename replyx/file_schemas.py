"""The shapes of what is asked about files and avatars, and of the answers. `attachments.py` has a file's own."""
from marshmallow import fields

from .attachments import File
from .schemas import Dumped, Input
from .values import Id, Schema, Text


class FileUpload(Input):
    name = Text(1000, required=True, metadata={"description": "It is cleaned, and its end made to fit the file's bytes"})
    dialog_id = Id(metadata={"description": "Managers: the dialog that it is for"})
    site_id = Id(metadata={"description": "Managers: the site that it is for, in place of a dialog"})


class AvatarSet(Input):
    assistant_id = Id(metadata={"description": "Owners: whose picture it is; without it, one's own"})


class FileAnswer(Schema):
    file = Dumped(File)


class AvatarAnswer(Schema):
    avatar = fields.String(metadata={"description": "Its path on ReplyX's own origin"})

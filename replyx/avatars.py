"""Pictures of managers and assistants: drawn anew, small, kept under a name that tells their content."""
import uuid

from . import accounts_store, attachments, file_schemas, files, files_store, tokens
from .actions import MANAGER, Action, Answer
from .database import reader
from .errors import Forbidden, NotFound
from .extensions import writer
from .limits import counted_as
from .uploads import uploads


def set_avatar(identity, payload, context):
    """Give the manager who asks, or an assistant, the picture in the body."""
    assistant_id = payload.get("assistant_id")
    _require(identity, assistant_id)
    files.require_left(identity, context)
    file_id = str(uuid.uuid4())
    with uploads.room(file_id, counted_as(identity, context), context.body.size, for_guest=False):
        files.receive(identity, file_id, context, "avatar")
        name = uploads.keep_avatar(file_id)
        if assistant_id:
            writer.submit(lambda tx: files_store.set_assistant_avatar(tx, assistant_id, name))
        else:
            writer.submit(lambda tx: files_store.set_manager_avatar(tx, identity.manager_id, name))
    tokens.forget()
    return Answer({"avatar": attachments.avatar_url(name)})


def _require(identity, assistant_id):
    """Raise unless this manager may change that picture."""
    if assistant_id is None:
        if identity.manager_id is None:
            raise Forbidden("An API key has no picture. Sign in as a manager, or name an assistant.")
        return
    if identity.role != "owner":
        raise Forbidden("Only an owner can change an assistant. Ask one.")
    assistant = accounts_store.assistant(reader, assistant_id)
    if assistant is None or not identity.sees(assistant["site_id"]):
        raise NotFound("There is no such assistant. Choose another.")


ACTIONS = (
    Action("avatar.set", MANAGER, file_schemas.AvatarSet(), set_avatar, file_schemas.AvatarAnswer(), "avatar_set", "POST",
           "/avatar", "upload", http_only=True, raw=files.MOST_BYTES, summary="Change one's own picture, or an assistant's"),
)

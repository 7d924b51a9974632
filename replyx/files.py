"""Files that guests and managers send: each is checked, then stored, then named to its sender for a message."""
import math
import re
import unicodedata
import uuid

from . import attachments, file_schemas, files_store, inspection, store
from .actions import BOTH, Action, Answer
from .database import reader
from .errors import Forbidden, Invalid, NotFound
from .extensions import writer
from .limits import by_both, counted_as, limiter
from .uploads import PART, NEW, uploads

MB = 2**20
MOST_BYTES = 10 * MB
LONGEST_NAME = 200
# What no file's name has on any system, beside what is invisible.
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
SUFFIXES = {suffix for suffixes in inspection.KINDS.values() for suffix in suffixes}


def upload(identity, payload, context):
    """Store a file. An answer means that it is on the disk; it is deleted after a day if no message names it."""
    site_id = _site(identity, payload)
    is_guest = identity.speaks == "guest"
    require_left(identity, context)
    if is_guest:
        limiter.check_all(_of_a_day(identity, context, context.body.size))
    file_id = str(uuid.uuid4())
    with uploads.room(file_id, counted_as(identity, context), context.body.size, is_guest):
        found = receive(identity, file_id, context)
        size = uploads.keep(file_id, is_new=found.width is not None)
        try:
            if is_guest:
                uploads.take_share(file_id, size)
                limiter.hit_all(_of_a_day(identity, context, size))
            row = writer.submit(lambda tx: files_store.add(
                tx, file_id, site_id, identity.uploader, name=clean_name(payload["name"], found.type), type=found.type,
                size=size, width=found.width, height=found.height))
        except Exception:
            uploads.remove([file_id])
            raise
        uploads.count(size, is_guest)
    return Answer({"file": attachments.dump_file(row)}, made=True)


def _site(identity, payload):
    """The site that the file is for: a guest's own, or for managers that of a dialog, or one that they name."""
    if identity.speaks == "guest":
        if not files_store.takes_files(reader, identity.site_id):
            raise Forbidden("This chat takes no files. Write a message instead.")
        return identity.site_id
    if "dialog_id" in payload:
        dialog = store.dialog_state(reader, payload["dialog_id"])
        if dialog is None or not identity.sees(dialog["site_id"]):
            raise NotFound("There is no such dialog. Choose another.")
        return dialog["site_id"]
    if "site_id" not in payload:
        raise Invalid("Name the dialog that the file is for.", fields={"dialog_id": ["Missing data for required field."]})
    if not identity.sees(payload["site_id"]) or files_store.takes_files(reader, payload["site_id"]) is None:
        raise NotFound("There is no such site. Choose another.")
    return payload["site_id"]


def _of_a_day(identity, context, size):
    """What a file uses of what a guest may leave here on a day: it is kept for good once a message has it."""
    return by_both("file_kb", identity, context, math.ceil(size / 1024))


def require_left(identity, context):
    """Raise RateLimited unless what is announced may come. It counts when it does: else who announces much and sends nothing
    would use up the hour of a whole office."""
    limiter.check_all(by_both("upload_mb", identity, context, math.ceil(context.body.size / MB)))


def receive(identity, file_id, context, how="file"):
    """Take the body in and look at it: what was found. Raises Invalid, TooLarge, RateLimited."""
    if not uploads.receive(file_id, _counted(identity, context)):
        raise Invalid("The file is empty. Choose another.")
    part, new = (uploads.folder / f"{file_id}{end}" for end in (PART, NEW))
    turn = inspection.turn_for(uploads.head(file_id), counted_as(identity, context), identity.speaks == "manager")
    return inspection.look(part, new, turn, how)


def _counted(identity, context):
    """The body's pieces. Each megabyte counts when it begins to come, whatever becomes of the file. Raises RateLimited."""
    come = counted = 0
    for piece in context.body.pieces():
        come += len(piece)
        if begun := math.ceil(come / MB) - counted:
            limiter.hit_all(by_both("upload_mb", identity, context, begun))
            counted += begun
        yield piece


def clean_name(name, kind):
    """The name as it is kept: without a path and what is invisible or misleads, ending in a suffix of its kind."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(character for character in name if character.isspace() or unicodedata.category(character) not in INVISIBLE)
    name = NOT_IN_NAMES.sub("_", " ".join(name.split())).strip(". ")
    suffixes = inspection.KINDS[kind]
    stem, dot, suffix = name.rpartition(".")
    if dot and f".{suffix.lower()}" in suffixes:
        end = f".{suffix}"
    else:
        # An image that is drawn anew may be of another kind than its name; what is no known suffix stays in sight.
        end, stem = suffixes[0], stem if dot and f".{suffix.lower()}" in SUFFIXES else name
    return f"{stem[:LONGEST_NAME - len(end)].rstrip('. ') or 'file'}{end}"


ACTIONS = (
    Action("file.upload", BOTH, file_schemas.FileUpload(), upload, file_schemas.FileAnswer(), "file_upload", "POST", "/files",
           "upload", status=201, http_only=True, raw=MOST_BYTES, summary="Send a file, to be named in a message's attachments"),
)

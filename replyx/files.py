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
from .limits import limiter
from .uploads import PART, NEW, uploads

MOST_BYTES = 10 * 2**20
LONGEST_NAME = 200
# What no file's name has on any system, beside what is invisible.
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
SUFFIXES = {suffix for suffixes in inspection.KINDS.values() for suffix in suffixes}


def upload(identity, payload, context):
    """Store a file. An answer means that it is on the disk; it is deleted after a day if no message names it."""
    site_id = _site(identity, payload)
    is_guest = identity.speaks == "guest"
    if is_guest:
        # What comes counts when it is there: else who announces much and sends nothing uses up the day of a whole office.
        _count_day(limiter.check, identity, context, context.body.size)
    charge(identity, context)
    file_id = str(uuid.uuid4())
    with uploads.room(file_id, context.address, context.body.size, is_guest):
        found = receive(file_id, context, is_guest)
        size = uploads.keep(file_id, is_new=found.width is not None)
        try:
            if is_guest:
                _count_day(limiter.hit, identity, context, size)
            row = writer.submit(lambda tx: files_store.add(
                tx, file_id, site_id, *identity.uploader, name=clean_name(payload["name"], found.type), type=found.type,
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


def _count_day(count, identity, context, size):
    """Count, or only check, what a guest may leave here on a day: it is kept for good once a message has it. Raises
    RateLimited."""
    kilobytes = math.ceil(size / 1024)
    count("file_kb", "identity", identity.key, kilobytes)
    count("file_kb", "address", context.address, kilobytes)


def charge(identity, context):
    """Count the megabytes that are about to come, by address and by identity. Raises RateLimited."""
    megabytes = math.ceil(context.body.size / 2**20)
    # Asked first: whom the identity's limit refuses, the address's does not suffer from.
    limiter.check("upload_mb", "identity", identity.key, megabytes)
    limiter.hit("upload_mb", "address", context.address, megabytes)
    limiter.hit("upload_mb", "identity", identity.key, megabytes)


def receive(file_id, context, is_guest, how="file"):
    """Take the body in and look at it: what was found. Raises Invalid, TooLarge, RateLimited."""
    if not uploads.receive(file_id, context.body.pieces()):
        raise Invalid("The file is empty. Choose another.")
    part, new = (uploads.folder / f"{file_id}{end}" for end in (PART, NEW))
    return inspection.look(part, new, inspection.turn_for(uploads.head(file_id), context.address, not is_guest), how)


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

"""The folders of files in the instance: room for them, writing, reading and deleting, all off the hub.

A file lies under its id, `ID.part` is on its way in, `ID.new` is an image drawn anew.
"""
import hashlib
import os
import threading
from collections import Counter
from contextlib import contextmanager, suppress

from . import files_store, storage
from .database import reader
from .errors import RateLimited, StorageUnavailable
from .green import in_thread

PART, NEW = ".part", ".new"
PIECE, HEAD = 128 * 1024, 16
# What must stay free on the disk: the database comes first.
LEAST_FREE = 200 * 2**20
# Files on their way in at the same time: for one address or manager, for all guests, and for all managers, whom no guest
# keeps out.
AT_ONCE, GUESTS_AT_ONCE, MANAGERS_AT_ONCE = 10, 200, 50
# The room is looked at anew whenever this much has come of a file.
STEP = 2**20
# What guests' files in no message may take: a quarter of all room, but some dozens of files in any case.
UNUSED_PART, LEAST_UNUSED = 4, 200 * 2**20
# The threads off the hub are few, and COMMIT needs one.
_turns = threading.BoundedSemaphore(4)
FULL = "The server has no room for more files. Send it in another way, or try again later."
BROKEN = "The server can't store files right now. Try again later."


def _on_disk(function, *args):
    with _turns:
        return in_thread(function, *args)


class Uploads:
    """The folders `uploads/` and `avatars/`, and what is being received into them."""

    def __init__(self):
        self.folder = self.avatars = None
        self._trouble = storage.Trouble("files")
        self._forget()

    def _forget(self):
        self._used = self._unused = None
        # By whether they are guests', how many files each sends; by file, what has come, and what is about to be stored.
        self._sending, self._coming, self._taking = {True: Counter(), False: Counter()}, {}, {}

    def init_app(self, app):
        settings = app.config["REPLYX"]
        self.folder, self.avatars = settings.instance / "uploads", settings.instance / "avatars"
        self._most = settings.uploads_max_mb * 2**20
        for folder in (self.folder, self.avatars):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._forget()

    # Room

    @contextmanager
    def room(self, file_id, who, size, for_guest):
        """Room for a file of up to `size` bytes while it comes in, counted for `who`; what it left half done is gone at the
        end. Guests' files that are in no message have a share of it: they can't keep all others out. What is announced takes
        none: it may never come.

        Raises RateLimited or StorageUnavailable.
        """
        sending, most = self._sending[for_guest], GUESTS_AT_ONCE if for_guest else MANAGERS_AT_ONCE
        if sending[who] >= AT_ONCE or sending.total() >= most:
            raise RateLimited("Too many files are being sent at once. Wait until some have arrived.", retry_after=5)
        sending[who] += 1
        self._coming[file_id] = 0
        try:
            self._require_room(size)
            if for_guest:
                self._require_share(size)
            yield
        except OSError as error:
            self._trouble.report(error)
            raise StorageUnavailable(BROKEN) from error
        finally:
            sending[who] -= 1
            if not sending[who]:
                del sending[who]
            del self._coming[file_id]
            self._taking.pop(file_id, None)
            _on_disk(_remove, [self.folder / f"{file_id}{end}" for end in (PART, NEW)])

    def _require_room(self, size):
        """Room for `size` bytes more than have come."""
        used = self.used()
        if used + sum(self._coming.values()) + size > self._most:
            self._refuse(f"{used // 2**20} MB of REPLYX_UPLOADS_MAX_MB are used")
        found = _on_disk(os.statvfs, self.folder)
        if found.f_bavail * found.f_frsize < LEAST_FREE + size:
            self._refuse(f"less than {LEAST_FREE // 2**20} MB are free on the disk")

    def _require_share(self, size):
        """Those that messages took since the last look still count: it is taken again before anybody is refused. What is
        on its way does not: it may never arrive, and must not stand in the way of what does."""
        share = max(self._most // UNUSED_PART, min(self._most, LEAST_UNUSED))
        size += sum(self._taking.values())
        if self._unused is None or self._unused + size > share:
            self._unused = files_store.unused_of_guests(reader)
        if self._unused + size > share:
            self._refuse(f"{self._unused // 2**20} MB are in no message, of {share // 2**20} MB for such files of guests")

    def take_share(self, file_id, size):
        """A guest's file has come and is about to have its row. Raises StorageUnavailable when others were faster."""
        self._require_share(size)
        self._taking[file_id] = size

    def _refuse(self, why):
        self._trouble.report(why)
        raise StorageUnavailable(FULL)

    def used(self):
        """Bytes of all files that are kept."""
        if self._used is None:
            self._used = files_store.total(reader)
        return self._used

    def count(self, size, for_guest):
        """A file has come, and its row."""
        if self._used is not None:
            self._used += size
        if for_guest and self._unused is not None:
            self._unused += size

    def discount(self, size):
        """Files and their rows have gone."""
        if self._used is not None:
            self._used -= size

    def count_anew(self):
        """Look the bytes up at the next need."""
        self._used = self._unused = None

    # Writing

    def receive(self, file_id, pieces):
        """Write what comes in to `ID.part`, in a `room`; its size. Raises StorageUnavailable."""
        for piece in pieces:
            before = self._coming[file_id]
            self._coming[file_id] += len(piece)
            if before // STEP < self._coming[file_id] // STEP:
                self._require_room(0)
            _on_disk(_append, self.folder / f"{file_id}{PART}", piece)
        return self._coming[file_id]

    def head(self, file_id):
        """The first bytes of what came in."""
        return _on_disk(_read, self.folder / f"{file_id}{PART}", 0, HEAD)

    def keep(self, file_id, is_new):
        """Make what came in, or the image drawn from it, the file; its size. It is on the disk when this returns."""
        size = _on_disk(_keep, self.folder / f"{file_id}{NEW if is_new else PART}", self.folder / file_id)
        self._trouble.over()
        return size

    def keep_avatar(self, file_id):
        """Make the image drawn from what came in an avatar, named by its content; its name."""
        return _on_disk(_keep_avatar, self.folder / f"{file_id}{NEW}", self.avatars)

    def remove(self, names):
        """Delete files; what is gone already does not matter."""
        _on_disk(_remove, [self.folder / name for name in names])

    def remove_avatars(self, names):
        _on_disk(_remove, [self.avatars / name for name in names])

    # Reading

    def size(self, file_id):
        """The bytes of a file, None if there is none."""
        return _on_disk(_size, self.folder / file_id)

    def pieces(self, file_id, size):
        """The file, a piece at a time. Between them no file is open: a slow reader costs none."""
        for start in range(0, size, PIECE):
            yield _on_disk(_read, self.folder / file_id, start, PIECE)

    def avatar(self, name):
        """An avatar's bytes. Raises OSError."""
        return _on_disk((self.avatars / name).read_bytes)

    def names(self, before):
        """What lies in the folder and was written before a time (Unix), whatever it is."""
        return _on_disk(_older, self.folder, before)

    def avatar_names(self, before):
        """The avatars that were written before a time (Unix)."""
        return _on_disk(_older, self.avatars, before)


def _append(path, piece):
    with open(path, "ab") as file:
        file.write(piece)


def _sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep(source, target):
    _sync(source)
    os.rename(source, target)
    _sync(target.parent)
    return os.stat(target).st_size


def _keep_avatar(source, folder):
    name = f"{hashlib.sha256(source.read_bytes()).hexdigest()}.webp"
    _keep(source, folder / name)
    return name


def _remove(paths):
    """Delete what can be deleted now. What is left, on a disk that fails, is found as a stray another day."""
    for path in paths:
        with suppress(OSError):
            os.unlink(path)


def _size(path):
    with suppress(OSError):
        return os.stat(path).st_size


def _read(path, start, size):
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        return file.read(size)


def _older(folder, before):
    names = []
    for entry in os.scandir(folder):
        # It may go meanwhile.
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < before:
                names.append(entry.name)
    return names


uploads = Uploads()

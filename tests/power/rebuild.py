"""What a disk would hold after a power loss at a given moment, from the records of shim.c."""
import os
import struct
from collections import namedtuple

RECORD = struct.Struct("=c7sQQQdd")
MARK = b"REPLYX!"
SECTOR = 512
Record = namedtuple("Record", "kind inode offset length begin end data")


def records(log):
    """The records of the log file, in their order. A process killed while it wrote one leaves a part of it."""
    text, place = log.read_bytes(), 0
    while (place := text.find(MARK, place) - 1) >= 0 and place + RECORD.size <= len(text):
        kind, _, *numbers = RECORD.unpack_from(text, place)
        kind, place = kind.decode(), place + RECORD.size
        length = numbers[2] if kind in "CWU" else 0
        if place + length > len(text) or (kind == "W" and MARK in text[place:place + length]):
            continue
        yield Record(kind, *numbers, text[place:place + length])
        place += length


class _File:
    """One file: what of it is durable, and the changes since its last sync, oldest first."""

    def __init__(self, content=b""):
        self.durable, self.pending = bytearray(content), []

    def sync(self, begin):
        """Everything that was asked for before the sync began is on the disk once it has ended."""
        for record in self.pending:
            if record.begin < begin:
                _apply(self.durable, record.kind, record.offset, record.data)
        self.pending = [record for record in self.pending if record.begin >= begin]

    def after_a_loss(self, chance):
        """The durable content with a random part of the rest: whole changes are lost, and writes tear between sectors.
        A sector that is lost while later ones are kept is what reordering amounts to."""
        content = bytearray(self.durable)
        kept, whole = chance.choice([0, 0.3, 0.7, 1]), chance.random() < 0.5
        for record in self.pending:
            if record.kind == "T":
                if chance.random() < kept:
                    _apply(content, "T", record.offset, b"")
                continue
            for start, part in ([(record.offset, record.data)] if whole else _sectors(record.offset, record.data)):
                if chance.random() < kept:
                    _apply(content, "W", start, part)
        return bytes(content)


def _sectors(offset, data):
    """(offset, bytes) of the pieces of a write between the disk's sectors."""
    start = 0
    while start < len(data):
        length = min(SECTOR - (offset + start) % SECTOR, len(data) - start)
        yield offset + start, data[start:start + length]
        start += length


def _apply(content, kind, offset, data):
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if kind == "T":
        del content[offset:]
    else:
        content[offset:offset + len(data)] = data


class Disk:
    """The disk under a folder. It begins with the files that are there, all durable; `play` brings it forward."""

    def __init__(self, folder, log):
        names = [name for name in ("replyx.db", "replyx.db-wal", "replyx.db-journal") if (folder / name).exists()]
        self._names = {name: _File((folder / name).read_bytes()) for name in names}
        self._by_inode = {os.stat(folder / name).st_ino: self._names[name] for name in names}
        # Changes of the folder since its last sync: (when, name, file or None for gone).
        self._changes = []
        self._log = log
        self._records, self._next = None, None
        self.checkpoints = 0

    def play(self, until):
        """Go through what happened up to this moment of CLOCK_MONOTONIC."""
        if self._records is None:
            self._records = records(self._log)
            self._next = next(self._records, None)
        while self._next and (self._next.end or self._next.begin) <= until:
            self._take(self._next)
            self._next = next(self._records, None)

    def _take(self, record):
        if record.kind == "C":
            made = self._by_inode[record.inode] = _File()
            self._changes.append((record.begin, record.data.decode(), made))
        elif record.kind == "U":
            self._changes.append((record.begin, record.data.decode(), None))
        elif record.kind == "D":
            for when, name, file in self._changes:
                if when < record.begin:
                    _rename(self._names, name, file)
            self._changes = [change for change in self._changes if change[0] >= record.begin]
        elif record.kind == "S":
            self.checkpoints += self._by_inode[record.inode] is self._names.get("replyx.db")
            self._by_inode[record.inode].sync(record.begin)
        elif record.kind in "WT":
            self._by_inode[record.inode].pending.append(record)
        else:
            raise AssertionError(f"a call that the rebuilder does not know: {record.kind}")

    def lose_power(self, chance):
        """{name: content} of what could be there now: the folder's changes up to some point, the files' in part."""
        names = dict(self._names)
        for _, name, file in self._changes[:chance.randint(0, len(self._changes))]:
            _rename(names, name, file)
        return {name: file.after_a_loss(chance) for name, file in names.items()}

    def written(self):
        """{name: content} as the processes see it: everything kept."""
        names = dict(self._names)
        for _, name, file in self._changes:
            _rename(names, name, file)
        for file in names.values():
            file.sync(float("inf"))
        return {name: bytes(file.durable) for name, file in names.items()}


def _rename(names, name, file):
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file

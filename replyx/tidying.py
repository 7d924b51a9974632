"""What nothing names any more goes, a day later: files that no message took, files without a row, avatars of nobody."""
import logging
import threading
import time

from . import clock, files_store
from .clock import now
from .database import reader
from .errors import StorageUnavailable
from .extensions import writer
from .uploads import NEW, PART, uploads

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600
ORPHAN_SECONDS = 24 * 3600
STRAY_SWEEPS = 24 * 3600 // SWEEP_SECONDS
BATCH = 100
MOST_BATCHES = 20
# Lines looked at in one go for the avatars that they name.
LINES = 2000
PAUSE = 0.05
# What the last sweep for strays found, by kind.
_suspects = {}


def start():
    threading.Thread(target=_sweep_again_and_again, name="replyx-tidying", daemon=True).start()


def _sweep_again_and_again():
    sweeps = 0
    while True:
        try:
            sweep(with_strays=sweeps % STRAY_SWEEPS == 0)
        except StorageUnavailable:
            # The storage has told the log.
            pass
        except Exception:
            log.exception("[Files] tidying up failed")
        sweeps += 1
        time.sleep(SWEEP_SECONDS)


def sweep(with_strays):
    """Delete orphans; `with_strays`, which only a crash or a failed deletion leaves, and old avatars too."""
    count = _delete_orphans()
    if with_strays:
        count += _delete_strays()
        _delete_avatars()
        uploads.count_anew()
    if count:
        log.info("[Files] deleted %d files that were in no message", count)


def _delete_orphans():
    """The row goes first: a file without a row is found later, a row without a file could still be put into a message."""
    before, count = now(-ORPHAN_SECONDS), 0
    for _ in range(MOST_BATCHES):
        rows = writer.submit(lambda tx: files_store.delete_orphans(tx, before, BATCH))
        uploads.remove([row["file_id"] for row in rows])
        uploads.discount(sum(row["size"] for row in rows))
        count += len(rows)
        if len(rows) < BATCH:
            break
        time.sleep(PAUSE)
    return count


def _delete_strays():
    names = uploads.names(clock.seconds() - ORPHAN_SECONDS)
    # No row is ever named after what was half done.
    halves = {name for name in names if name.endswith((PART, NEW))}
    rest, strays = [name for name in names if name not in halves], set()
    for start in range(0, len(rest), BATCH):
        batch = rest[start:start + BATCH]
        strays.update(set(batch) - files_store.known(reader, batch))
        time.sleep(PAUSE)
    gone = halves | _again("files", strays)
    uploads.remove(gone)
    return len(gone)


def _delete_avatars():
    """Avatars that neither a person nor a line names. The lines are read only when there is something to find."""
    old = set(uploads.avatar_names(clock.seconds() - ORPHAN_SECONDS)) - files_store.avatars_of_people(reader)
    after, last = 0, files_store.last_message_id(reader) if old else 0
    while old and after < last:
        old -= files_store.avatars_of_messages(reader, after, after + LINES)
        after += LINES
        time.sleep(PAUSE)
    # Somebody may have taken an old picture again meanwhile.
    uploads.remove_avatars(_again("avatars", old - files_store.avatars_of_people(reader)))


def _again(kind, names):
    """Those of the names that nothing named in the sweep before either. A new database may stand in a broken one's place:
    who recovers the old one within a day finds all files."""
    found = names & _suspects.get(kind, set())
    _suspects[kind] = names - found
    return found

"""What nothing names any more goes: files that no message took, files without a row, avatars of nobody."""
import logging
import threading
import time

from . import clock, files_store
from .clock import now
from .database import reader
from .errors import StorageUnavailable
from .extensions import writer
from .uploads import uploads

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600
ORPHAN_SECONDS = 24 * 3600
STRAY_SWEEPS = 24 * 3600 // SWEEP_SECONDS
BATCH = 100
MOST_BATCHES = 20
# Lines looked at in one go for the avatars that they name.
LINES = 2000
PAUSE = 0.05


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
    if count:
        uploads.count_anew()
        log.info("[Files] deleted %d files that were in no message", count)


def _delete_orphans():
    """The row goes first: a file without a row is found later, a row without a file could still be put into a message."""
    before, count = now(-ORPHAN_SECONDS), 0
    for _ in range(MOST_BATCHES):
        ids = writer.submit(lambda tx: files_store.delete_orphans(tx, before, BATCH))
        uploads.remove(ids)
        count += len(ids)
        if len(ids) < BATCH:
            break
        time.sleep(PAUSE)
    return count


def _delete_strays():
    names, count = sorted(uploads.names()), 0
    for start in range(0, len(names), BATCH):
        batch = names[start:start + BATCH]
        # Before the look into the table: what arrives has its row when it leaves this set.
        arriving = set(uploads.arriving)
        kept = files_store.known(reader, batch) | {name for name in batch if name[:36] in arriving}
        strays = [name for name in batch if name not in kept]
        uploads.remove(strays)
        count += len(strays)
        time.sleep(PAUSE)
    return count


def _delete_avatars():
    """Avatars a day old that neither a person nor a line names. The lines are read only when there is something to find."""
    old = set(uploads.avatar_names(clock.seconds() - ORPHAN_SECONDS)) - files_store.avatars_of_people(reader)
    after, last = 0, files_store.last_message_id(reader) if old else 0
    while old and after < last:
        old -= files_store.avatars_of_messages(reader, after, after + LINES)
        after += LINES
        time.sleep(PAUSE)
    # Somebody may have taken an old picture again meanwhile.
    uploads.remove_avatars(old - files_store.avatars_of_people(reader))

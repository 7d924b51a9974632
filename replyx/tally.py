"""How messages fared, for each site: counted in memory, added to the database every few seconds."""
import logging
import threading
import time

from . import clock, delivery_store
from .errors import StorageUnavailable
from .extensions import writer

log = logging.getLogger(__name__)

FLUSH_SECONDS = 2
KEEP_DAYS = 90


class Tally:
    """Counts by (site_id, transport, outcome, code). Counting costs the message path one dict entry and no SQL; a kill
    loses the last seconds, and a disk that hangs may count some twice. A count belongs to the day (UTC) on which it is written."""

    def __init__(self):
        self._counts = {}
        self._pruned_on = None

    def add(self, site_id, transport, outcome, code="", count=1):
        """Count something of a site that exists; `code` only for outcomes `refused` and `failed`, one of a fixed list:
        the number of counts is bounded."""
        key = site_id, transport, outcome, code
        self._counts[key] = self._counts.get(key, 0) + count

    def flush(self):
        """Add what was counted to the database. What can't be written now stays for the next time."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        today = clock.now()[:10]
        try:
            writer.submit(lambda tx: self._write(tx, counts, today))
            self._pruned_on = today
        except StorageUnavailable:
            for key, count in counts.items():
                self.add(*key, count)

    def _write(self, tx, counts, today):
        for key, count in counts.items():
            delivery_store.add(tx, today, *key, count)
        if self._pruned_on != today:
            delivery_store.prune(tx, first_day(KEEP_DAYS))

    def start_flushing(self):
        threading.Thread(target=self._flush_again_and_again, name="replyx-tally", daemon=True).start()

    def _flush_again_and_again(self):
        while True:
            time.sleep(FLUSH_SECONDS)
            try:
                self.flush()
            except Exception:
                log.exception("writing the counts of messages failed")

    def stop(self):
        """Write what was counted, and what the writer stores before this: a line is counted after its COMMIT."""
        try:
            writer.submit(lambda tx: None)
        except StorageUnavailable:
            log.error("the last counts of messages are lost: the database takes no writes")
        else:
            self.flush()


def first_day(days):
    """The first of the last `days` days, today being one of them, as the start of a time in UTC."""
    return clock.now(-(days - 1) * 24 * 3600)[:10]


tally = Tally()

"""What must happen after a commit, kept in the database until it has happened: mail about unread lines, and what guests ask for.

A line's own transaction leaves a task: look at this dialog in some minutes. If its lines are unread then, the task becomes
letters, one for each person, in one transaction that also moves the dialog's mark: no line gets into two letters. A letter is
leased before it is sent and deleted after. A crash in between leaves it leased, and it is sent again, under the same
Message-ID: a mail that comes twice is a nuisance, and mail systems may drop the second; one that never comes is a guest lost.
"""
import logging
import random
import threading
from datetime import datetime

from . import clock
from . import outbox_store as store
from .clock import now
from .database import reader
from .errors import RateLimited, StorageUnavailable
from .extensions import writer
from .limits import limiter
from .notify import digest, transcript
from .notify.base import Undelivered
from .notify.email import Email
from .values import mailbox

log = logging.getLogger(__name__)

# What goes out as it is; the other kinds are tasks.
LETTERS = {"mail": digest.compose, "transcript": transcript.compose}
BATCH = 50
MOST_DIALOGS = 100
MOST_ATTEMPTS = 12
# Seconds.
SHORTEST_SLEEP, LONGEST_SLEEP = 0.05, 60
LONGEST_BACK_OFF = 3600
LEASE = 600
STOP = 5


class Outbox:
    """The rows that a message leaves, and the one thread that works them off. Without a mail server it is off."""

    def __init__(self):
        self._channel = self._after = self._url = self._thread = None
        self._wake, self._stops = threading.Event(), False
        # Letters that went out while the database refused to hear of it, and when each manager was last written to.
        self._sent, self._mailed_at = set(), {}

    def init_app(self, app):
        settings = app.config["REPLYX"]
        self._channel = Email(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
        self._after, self._url = settings.mail_after * 60, settings.url
        self._sent, self._mailed_at = set(), {}

    @property
    def is_on(self):
        return self._channel is not None

    # In the transaction of a line

    def note_guest_line(self, tx, dialog_id):
        if self.is_on:
            store.add_task(tx, "tell_managers", dialog_id, now(self._after))

    def note_manager_line(self, tx, dialog_id, has_email):
        if self.is_on and has_email:
            store.add_task(tx, "tell_guest", dialog_id, now(self._after))

    # The worker

    def start(self):
        if self.is_on:
            self._stops = False
            self._wake.clear()
            self._thread = threading.Thread(target=self._run, name="replyx-outbox", daemon=True)
            self._thread.start()

    def stop(self):
        """Begin no letter any more, and wait a moment for the one that is being sent."""
        self._stops = True
        self._wake.set()
        if self._thread:
            self._thread.join(STOP)

    def wake(self):
        """Look at once: something is due that was not a moment ago."""
        self._wake.set()

    def _run(self):
        is_fresh = True
        while not self._stops:
            try:
                if is_fresh:
                    writer.submit(store.end_leases)
                    is_fresh = False
                self.run_due()
                pause = self._pause()
            except StorageUnavailable:
                # The storage has told the log.
                pause = LONGEST_SLEEP
            except Exception:
                log.exception("[Mail] working off the outbox failed")
                pause = LONGEST_SLEEP
            self._wake.wait(pause)
            self._wake.clear()

    def _pause(self):
        """Seconds until the next row is due. A line's row is due no sooner than `_after` from now: to look that often is
        enough, and a line need not wake anybody."""
        due_at = store.next_due(reader)
        wait = _seconds_until(due_at) if due_at else LONGEST_SLEEP
        return max(SHORTEST_SLEEP, min(wait, self._after, LONGEST_SLEEP))

    def run_due(self):
        """Do what is due: tasks become letters, then letters go out."""
        tasks = [row for row in store.due(reader, BATCH) if row["kind"] not in LETTERS]
        if tasks:
            writer.submit(lambda tx: [self._settle(tx, row) for row in tasks])
        letters = [row["id"] for row in store.due(reader, BATCH) if row["kind"] in LETTERS]
        for row, letter in self._deliver(letters):
            log.info("[Mail] letter sent letter=%d dialogs=%d", row["id"], len(row["lines"]) if row["kind"] == "mail" else 1)

    # Tasks

    def _settle(self, tx, task):
        kind, dialog_id = task["kind"], task["dialog_id"]
        unread = store.unread(tx, kind, dialog_id)
        if unread is None:
            return store.delete(tx, task["id"])
        is_cancelled = unread["status"] == "closed" if kind == "tell_managers" else unread["email"] is None
        if unread["first_at"] is None or is_cancelled:
            return store.delete(tx, task["id"])
        if _seconds_until(unread["first_at"]) > -self._after:
            # The lines that it was left for have been read; those since have time.
            return store.postpone(tx, task["id"], _later(unread["first_at"], self._after))
        store.delete(tx, task["id"])
        store.set_told(tx, kind, dialog_id, unread["up_to"])
        managers = store.managers_to_mail(tx, unread["site_id"]) if kind == "tell_managers" else [{"id": None}]
        for manager in managers:
            self._write(tx, manager["id"], dialog_id, [unread["after"], unread["up_to"]])

    def _write(self, tx, manager_id, dialog_id, span):
        """Put the dialog's lines into the letter that waits for this person, or begin one. Nobody gets letters closer to each
        other than a line waits: however many guests write, a manager's mail box bears it."""
        letter = store.letter_to_extend(tx, manager_id, dialog_id)
        if letter is None:
            ready = self._mailed_at.get(manager_id, 0) + self._after - clock.seconds()
            store.add_letter(tx, manager_id, dialog_id, {str(dialog_id): span}, now(max(0, ready)))
        elif str(dialog_id) in letter["lines"] or len(letter["lines"]) < MOST_DIALOGS:
            after = letter["lines"].get(str(dialog_id), span)[0]
            store.set_lines(tx, letter["id"], {**letter["lines"], str(dialog_id): [after, span[1]]})

    # Letters

    def _deliver(self, ids):
        """Send what the rows hold; gives (row, letter) for each that went out."""
        rows = {}
        for letter, failure in self._channel.deliver(self._compose(ids, rows)):
            row = rows[letter.key]
            if failure:
                self._fail(row, failure)
                continue
            self._sent.add(row["id"])
            if row["manager_id"]:
                self._mailed_at[row["manager_id"]] = clock.seconds()
            elif row["kind"] == "mail":
                limiter.hit_all(_uses(row, letter))
            self._forget(row["id"])
            yield row, letter

    def _compose(self, ids, rows):
        """Lease each letter when its turn comes, and write it as things are then."""
        for letter_id in ids:
            if self._stops:
                return
            if letter_id in self._sent:
                self._forget(letter_id)
                continue
            row = writer.submit(lambda tx: store.lease(tx, letter_id, now(LEASE)))
            letter = row and LETTERS[row["kind"]](reader, row, self._url)
            if letter is None:
                self._forget(letter_id)
            elif self._may_send(row, letter):
                rows[letter.key] = row
                yield letter

    def _may_send(self, row, letter):
        """A guest's address is anything that somebody typed: a stranger's gets a few mails a day, the rest waits. Whole dialogs
        were counted when they were asked for."""
        if row["manager_id"] or row["kind"] != "mail":
            return True
        try:
            limiter.check_all(_uses(row, letter))
            return True
        except RateLimited as error:
            until = now(error.retry_after)
            writer.submit(lambda tx: store.postpone(tx, row["id"], until))
            return False

    def _forget(self, letter_id):
        writer.submit(lambda tx: store.delete(tx, letter_id))
        self._sent.discard(letter_id)

    def _fail(self, row, failure: Undelivered):
        is_dead = failure.final or row["attempts"] >= MOST_ATTEMPTS
        log.warning("[Mail] letter %s letter=%d attempt=%d reason=%s", "given up" if is_dead else "failed", row["id"],
                    row["attempts"], str(failure).replace(" ", "-"))
        if is_dead:
            writer.submit(lambda tx: store.bury(tx, row["id"], str(failure)))
        else:
            writer.submit(lambda tx: store.fail(tx, row["id"], str(failure), now(self._back_off(row["attempts"]))))

    def _back_off(self, attempts):
        """Seconds until the next try: a fifth of what a line waits, doubled each time, an hour at most; and not all at once."""
        wait = min(self._after / 5 * 2 ** (attempts - 1), LONGEST_BACK_OFF)
        return wait * random.uniform(0.75, 1.25)


def _uses(row, letter):
    """What a mail to a guest uses of the limits: by the dialog, and by whom it goes to. What is known to be somebody's own
    address does not count with what strangers say is theirs."""
    to = mailbox(letter.address)
    return [("mail", "identity", (row["dialog_id"], to)), ("mail", "address", (letter.is_known, to))]


def _parsed(text):
    return datetime.fromisoformat(text).timestamp()


def _seconds_until(text):
    return _parsed(text) - clock.seconds()


def _later(text, seconds):
    return now(_parsed(text) + seconds - clock.seconds())


outbox = Outbox()

"""The letter that a guest asked for: a whole dialog, or the end of a long one."""
import json

from .. import guest_store
from .. import outbox_store as store
from .base import Letter, one_line
from .layout import foot, join, key, quote
from .texts import texts_for

MOST_LINES = 1000
MOST_BYTES = 500_000
PAGE = 100


def compose(q, row, url):
    """The letter of an outbox row, with all that is in the dialog at this moment; None for a dialog that is no more."""
    dialog = store.dialog_to_mail(q, row["dialog_id"])
    if dialog is None:
        return None
    words, site = texts_for(row["lines"]["lang"] or dialog["lang"]), one_line(dialog["site_name"])
    lines, are_all = _newest(q, row["dialog_id"])
    head = [words["your_dialog"](site)] + ([] if are_all else [words["newest_alone"](len(lines))])
    return Letter(key(row), row["lines"]["email"], "", words["dialog"](site), join(
        *head, *(_written(line, words) for line in lines), foot(words["why_transcript"](site))), "")


def _newest(q, dialog_id):
    """As many of the newest lines as a mail may hold, the oldest first; and whether these are all."""
    found, size, before = [], 0, None
    while page := guest_store.transcript_page(q, dialog_id, before, PAGE):
        for line in page:
            size += len(line["text"].encode())
            if len(found) == MOST_LINES or size > MOST_BYTES:
                return found[::-1], False
            found.append(line)
        before = page[-1]["id"]
    return found[::-1], True


def _written(line, words):
    names = {"guest": words["you"], "manager": line["author_name"] or words["somebody"],
             "assistant": line["author_name"] or words["assistant"], "system": words["note"]}
    files = [f"[{one_line(file['name'])}]" for file in json.loads(line["attachments"] or "[]")]
    at = f"{line['created_at'][:10]} {line['created_at'][11:16]} UTC"
    return quote("\n".join([*([line["text"]] if line["text"] else []), *files]), f"{one_line(names[line['sender']])}, {at}")

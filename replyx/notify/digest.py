"""What a letter says: unread lines of its dialogs, bounded, with the way to them and the way out.

Addresses stand in angle brackets (RFC 3986, appendix C): a signature may end in what mail programs take for punctuation.
"""
from .. import outbox_store as store
from ..attachments import names
from ..links import links
from ..tokens import digest
from .base import Letter, one_line
from .layout import foot, join, key, quote
from .texts import texts_for

MOST_DIALOGS = 20
MOST_LINES = 10
LONGEST_LINE = 1000


def address_digest(address):
    """What ties an unsubscribe link to the address that it was sent to, and does not tell it."""
    return digest(address)[:16]


def compose(q, row, url):
    """The letter of an outbox row, with what is unread at this moment; None if there is nothing, or nobody, any more."""
    return _to_manager(q, row, url) if row["manager_id"] else _to_guest(q, row, url)


def _unread(q, row, dialog_id, sender, mark):
    """The dialog and the lines in the letter's range that its side has not read; no lines without a dialog."""
    dialog = store.dialog_to_mail(q, dialog_id)
    if dialog is None:
        return None, []
    dialog["site_name"] = one_line(dialog["site_name"])
    after, up_to = row["lines"][str(dialog_id)]
    return dialog, store.lines(q, dialog_id, sender, max(after, dialog[mark]), up_to, MOST_LINES + 1)


def _quoted(line, name=""):
    text = line["text"][:LONGEST_LINE] + ("…" if len(line["text"]) > LONGEST_LINE else "")
    return quote("\n".join([*([text] if text else []), *(f"[{name}]" for name in names(line["attachments"]))]), name)


def _to_manager(q, row, url):
    manager = store.manager_to_mail(q, row["manager_id"])
    if manager is None:
        return None
    words, parts, count, dialogs = texts_for(manager["lang"]), [], 0, []
    for dialog_id in map(int, row["lines"]):
        dialog, lines = _unread(q, row, dialog_id, "guest", "manager_read_id")
        if not lines or dialog["status"] != "open" or not _sees(manager, dialog):
            continue
        dialogs.append(dialog)
        count += min(len(lines), MOST_LINES)
        if len(dialogs) <= MOST_DIALOGS:
            parts.append(_dialog(words, dialog, lines, url))
    if not dialogs:
        return None
    if len(dialogs) > MOST_DIALOGS:
        parts.append(f"{words['more_dialogs']}\n<{url}/console>")
    stop = _stop(url, "manager", manager)
    site, guest = dialogs[0]["site_name"], dialogs[0]["guest_id"]
    return Letter(key(row), manager["email"], manager["name"],
                  f"{words['unread'](count)} {words['from_guests'](len(dialogs), site, guest)}",
                  join(words["nobody_read"], *parts, foot(f"{words['why_manager']}\n<{stop}>")), stop)


def _sees(manager, dialog):
    return manager["site_ids"] is None or dialog["site_id"] in manager["site_ids"]


def _dialog(words, dialog, lines, url):
    way = words["more_lines"] if len(lines) > MOST_LINES else words["answer_here"]
    return join(words["guest"](dialog["guest_id"], dialog["site_name"]), *map(_quoted, lines[:MOST_LINES]),
                f"{way}\n<{url}/console#{dialog['id']}>")


def _to_guest(q, row, url):
    dialog, lines = _unread(q, row, row["dialog_id"], "manager", "guest_read_id")
    if not lines or not dialog["email"]:
        return None
    words = texts_for(dialog["lang"])
    quoted = [_quoted(line, one_line(line["author_name"] or words["somebody"])) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        quoted.append("…")
    # The credential is in the fragment, which no server and no log ever sees.
    link = f"{url}/chat?assistant_id={dialog['assistant_id']}#link={links.guest_link(dialog['site_id'], dialog['guest_id'])}"
    stop = _stop(url, "guest", {"id": dialog["guest_id"], "email": dialog["email"]})
    return Letter(key(row), dialog["email"], "", words["answer"](dialog["site_name"]),
                  join(words["answered"](dialog["site_name"]), *quoted, f"{words['go_on']}\n<{link}>",
                       foot(f"{words['no_reply']}\n{words['why_guest'](dialog['site_name'])}\n<{stop}>")),
                  stop, bool(dialog["is_verified"]))


def _stop(url, who, person):
    return f"{url}/unsubscribe/{links.unsubscribe(who, person['id'], address_digest(person['email']))}"

"""A test message over each transport and back: a guest writes, a manager hears it and replies, the guest hears that."""
import contextlib
import time
import uuid

from . import fixes
from .lines import HttpLine, PollingLine, WebSocketLine
from .report import Doubt, Fault

SLOW_SECONDS = 1.0
FASTER = 4


def http(visit):
    return _talk(visit, HttpLine)


def websocket(visit):
    return _talk(visit, WebSocketLine)


def polling(visit):
    return _talk(visit, PollingLine)


def _talk(visit, line):
    seconds = _round_trip(visit, line)
    if seconds > SLOW_SECONDS:
        # Once more: the machine may have been busy with something else.
        seconds = min(seconds, _round_trip(visit, line))
    if seconds > SLOW_SECONDS and visit.direct and _round_trip(visit.direct, line) * FASTER < seconds:
        raise Doubt(f"A message and its reply took {seconds:.1f} s, at the server itself much less: something in between holds "
                    "answers back.", fixes.SLOW)
    return f"A message and its reply took {seconds * 1000:.0f} ms."


def _round_trip(visit, line):
    """The seconds from the guest's line leaving to the reply being heard."""
    with contextlib.closing(line(visit, "manager")) as manager, contextlib.closing(line(visit, "guest")) as guest:
        asked, replied = _line("A test line of `replyx doctor`."), _line("A test reply of `replyx doctor`.")
        started = time.monotonic()
        opened = guest.call("dialog_open", {"message": asked})
        dialog_id = opened["dialog"]["id"]
        heard = [manager.hear(dialog_id, asked["client_id"])]
        manager.call("message_post", {"dialog_id": dialog_id, **replied})
        heard.append(guest.hear(dialog_id, replied["client_id"]))
        if heard != [asked["text"], replied["text"]]:
            raise Fault("The text of messages is changed on the way.", fixes.REWRITING)
        return time.monotonic() - started


def _line(text):
    return {"text": text, "client_id": str(uuid.uuid4())}


def silence(visit):
    """A socket on which nobody speaks, for `visit.wait` seconds: the server pings every 25 s."""
    # All is said: the test's dialog need not wait in open consoles meanwhile.
    close(visit)
    with contextlib.closing(WebSocketLine(visit, "guest")) as line:
        started = time.monotonic()
        try:
            line.keep(visit.wait)
        except Fault:
            raise Fault(f"A silent WebSocket was cut after {time.monotonic() - started:.0f} s: a time-out in between is shorter "
                        "than the 25 s between two pings.", fixes.TIMEOUT) from None
    return f"A silent WebSocket was kept for {visit.wait:g} s." + (" `--wait 60` watches for longer." if visit.wait < 30 else "")


def close(visit):
    """Close the temporary dialogs, so that they leave the lists of managers whose console is open."""
    for way in filter(None, (visit.direct, visit)):
        with contextlib.suppress(Fault, KeyError, TypeError):
            answer = way.http("GET", f"/api/manager/dialogs?site_id={visit.badge.site_id}", visit.manager)
            for dialog in answer.json["dialogs"]:
                way.http("POST", f"/api/manager/dialogs/{dialog['id']}/close", visit.manager, {})
            return

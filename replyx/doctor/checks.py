"""The order of the checks, what each needs, and how long it may take."""
import contextlib
import queue
import threading
import time
from dataclasses import dataclass, replace

from .. import config
from ..database import SchemaError
from ..errors import ReplyXError
from . import channel, fixes, machine, mail, network, proxy, temporary, web
from .report import Fault, Result, Silence
from .visit import Visit

ALL_SECONDS = 30
CHECK_SECONDS = 12


@dataclass(frozen=True)
class Check:
    """`run(visit)` gives a line for the owner, or raises Fault. It is skipped unless all of `needs` have passed.

    What fails through a proxy is tried at the server itself too, if `compares`: that tells whose fault it is.
    """
    name: str
    run: object
    needs: tuple = ()
    compares: bool = True


CHECKS = (
    Check("settings", machine.settings, compares=False),
    Check("files", machine.files, compares=False),
    Check("disk", machine.disk, ("files",), compares=False),
    Check("database", machine.integrity, ("files",), compares=False),
    Check("server", machine.server, compares=False),
    Check("mail", mail.mail, compares=False),
    Check("dns", network.dns, compares=False),
    Check("connect", network.connect, ("dns",), compares=False),
    Check("tls", network.tls, ("connect",), compares=False),
    Check("health", web.health, ("tls",)),
    Check("clock", web.clock, ("health",), compares=False),
    Check("instance", web.instance, ("database", "health")),
    Check("origin", proxy.origin, ("instance",), compares=False),
    Check("loader", web.loader, ("instance",)),
    Check("frame", web.frame, ("origin",)),
    Check("address", proxy.address, ("origin",), compares=False),
    Check("cors", proxy.cors, ("instance",)),
    Check("body", proxy.body, ("origin",)),
    Check("cache", proxy.cache, ("origin",)),
    Check("http", channel.http, ("origin", "cache")),
    Check("websocket", channel.websocket, ("origin",)),
    Check("polling", channel.polling, ("origin",)),
    Check("silence", channel.silence, ("websocket",)),
)


def examine(settings, origin, wait, tell):
    """Run all checks of the ReplyX at `origin`; `tell(result)` hears each Result at once. All of them, in order."""
    done, deadline = {}, time.monotonic() + ALL_SECONDS + wait
    visit = Visit(settings, origin, origin, wait)
    with contextlib.ExitStack() as stack:
        for check in CHECKS:
            if check.name == "mail" and not settings.smtp_url:
                continue
            refusal = None
            if check.name == "instance" and not _missing(check, done):
                visit, refusal = _with_site(visit, stack)
            result = refusal or _result(check, visit, done, deadline)
            done[check.name] = result
            tell(result)
    return list(done.values())


def _with_site(visit, stack):
    """The visit with the temporary site, or the Result that says why there is none."""
    try:
        visit = replace(visit, badge=stack.enter_context(temporary.site(visit.settings)))
        stack.callback(channel.close, visit)
        return visit, None
    except Fault as fault:
        return visit, Result("instance", "failed", fault.text, fault.fix)
    except (ReplyXError, SchemaError, config.ConfigError) as error:
        return visit, Result("instance", "failed", f"The temporary site for the test messages can't be made: {error}")


def _missing(check, done):
    """The checks whose failing, at the root of it, keeps this one from being made."""
    return list(dict.fromkeys(cause for name in check.needs if not done[name].passed for cause in done[name].causes or [name]))


def _result(check, visit, done, deadline):
    missing, left = _missing(check, done), deadline - time.monotonic()
    if missing:
        return Result(check.name, "skipped", f"because of: {', '.join(missing)}.", causes=missing)
    if left <= 0:
        return Result(check.name, "skipped", "because the time is up: what came before was too slow.")
    try:
        return Result(check.name, "ok", _limited(min(left, CHECK_SECONDS + visit.wait), check.run, visit))
    except Fault as fault:
        fault = _blamed(check, visit, fault)
        return Result(check.name, fault.state, fault.text, fixes.fitted(fault.fix, visit.settings))


def _limited(seconds, run, visit):
    """What `run(visit)` gives or raises, within the time: name look-ups and trickling answers know no time-out."""
    outcome = queue.SimpleQueue()

    def work():
        try:
            outcome.put((run(visit), None))
        except Exception as error:
            outcome.put((None, error))
    threading.Thread(target=work, daemon=True).start()
    try:
        text, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise Silence(f"This takes more than {seconds:.0f} s.") from None
    if isinstance(error, Fault):
        raise error
    if error is not None:
        raise Fault(f"What came back can't be understood ({type(error).__name__}: {error}).")
    return text


def _blamed(check, visit, fault):
    """The fault, saying whether the server itself has it too: then no proxy's line helps."""
    if not check.compares or visit.direct is None or fault.state != "failed":
        return fault
    try:
        _limited(CHECK_SECONDS, check.run, replace(visit.direct, wait=min(visit.wait, 1)))
    except Fault as same:
        if same.state == "failed":
            fix = {place: lines for place, lines in same.fix.items() if place not in ("nginx", "caddy")}
            return Fault(f"{fault.text} Not the proxy's fault, for at {visit.direct.base} too: {same.text}", fix)
    fix = fault.fix or (fixes.SLOW if isinstance(fault, Silence) else {})
    return Fault(f"{fault.text} At {visit.direct.base} it works: the proxy's fault.", fix)

"""What the panel is told about its site, in the page that it comes in: settings, language, and who is there now."""
import json

from . import accounts_store, attachments, clock, form_revisions, hours, site_schemas, styles, texts
from .database import reader
from .outbox import outbox
from .version import VERSION

FEATURES = ("files", "emoji", "sound", "rating", "transcript")


def settings(row, kind, lang, version):
    """The panel's settings for the site behind a public name. `kind` is `frame`, `page` or `preview`; `version` the files'."""
    site, chosen = row["site"], site_schemas.whole(row["site"]["settings"])
    lines = texts.lines(lang, chosen["texts"].get(lang, {}))
    for group in ("host",) if kind == "page" else ("host", "link"):
        del lines[group]
    return {
        "site": site["id"], "version": f"{VERSION} {version}", "kind": kind, "mail": outbox.is_on,
        "lang": lang, "dir": texts.direction(lang), "texts": lines, "look": chosen["look"],
        "assistant": _assistant(row["assistant_id"]), "greeting": chosen["greeting"] or lines["greeting"],
        "proactive": chosen["proactive"], "features": _features(chosen),
        "forms": {"prechat": _form(chosen["prechat"]) or None, "offline": _form(chosen["offline"])},
        "revisions": form_revisions.shown(chosen),
        "hours": hours.state(chosen["hours"], clock.seconds()), "reply_time": chosen["reply_time"],
    }


def _assistant(assistant_id):
    assistant = accounts_store.assistant(reader, assistant_id)
    return {"name": assistant["name"], "avatar": attachments.avatar_url(assistant["avatar"])}


def _features(chosen):
    return {name: chosen[name] for name in FEATURES} | {"transcript": chosen["transcript"] and outbox.is_on}


def _form(form):
    """The fields of a form that is on. The one to leave a message has the message itself, and may have no more."""
    return form["fields"] if form["on"] else None


def loader_settings(stored, sheet):
    """What the loader is told of a site's settings: the launcher's look, as `sheet` draws it, and name in each language,
    and of the rest what differs from the defaults."""
    own, look = stored.get("texts", {}), site_schemas.whole(stored)["look"]
    words = {lang: f"{look['label']} {own.get(lang, {}).get('host.open', words['open'])}".strip()
             for lang, words in texts.host_words().items()}
    drawn = {name: look[name] for name in ("corner", "offset_x", "offset_y", "label")}
    drawn |= {name: look[name] for name in ("theme", "variables") if name in stored.get("look", {})}
    places = {"CORNER": look["corner"], "OFFSET_X": look["offset_x"], "OFFSET_Y": look["offset_y"], "COLOR": look["color"],
              "INK": styles.ink(look), "FONT": look["variables"].get("--rx-font", "system-ui"),
              "ICON": styles.ICONS[look["icon"]]}
    due = {"due": min(rule["after"] for rule in stored["proactive"])} if stored.get("proactive") else {}
    return {"look": drawn, **due, "sheet": filled(sheet, places), "open": words,
            **{name: stored[name] for name in ("proactive", "lang") if name in stored}}


def filled(template, places):
    """The text with a value for each `__NAME__`."""
    for name, value in places.items():
        template = template.replace(f"__{name}__", str(value))
    return template


def in_page(value):
    """JSON as a page may hold it in a script element, also as a data block: nothing in it ends the element or opens a comment."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")

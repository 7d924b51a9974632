"""What the widget says, in each language: the files `widget_static/texts/*.json`, with a site's own lines in place of theirs."""
import json

from .config import ROOT

FALLBACK = "en"
RIGHT_TO_LEFT = ("ar",)
TEXTS = {file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "widget_static" / "texts").glob("*.json"))}
LANGS = tuple(TEXTS)


def flat(texts):
    """A language's lines by their dotted keys."""
    return {f"{group}.{key}": line for group, lines in texts.items() if isinstance(lines, dict)
            for key, line in lines.items()} | {key: line for key, line in texts.items() if isinstance(line, str)}


# Said where no site is known, which could have words of its own.
FIXED = frozenset(("host.unknown", "host.unknownText"))
KEYS = frozenset(flat(TEXTS[FALLBACK])) - FIXED
# What the loader says on the host page.
HOST = ("title", "close", "host.open", "host.failed", "host.foreign", "host.dismiss")


def lines(lang, own):
    """A language's lines, nested as in its file; `own` are a site's by dotted keys: those that are unknown count for nothing."""
    found = {key: dict(line) if isinstance(line, dict) else line for key, line in TEXTS[lang].items()}
    for key, line in own.items():
        if key in KEYS:
            group, _, name = key.rpartition(".")
            (found[group] if group else found)[name] = line
    return found


def direction(lang):
    """As HTML has it."""
    return "rtl" if lang in RIGHT_TO_LEFT else "ltr"


def host_words():
    """What the loader says, in every language, by the last part of its keys."""
    return {lang: {key.rpartition(".")[2]: flat(TEXTS[lang])[key] for key in HOST} for lang in LANGS}


def known(lang):
    """The language of a BCP 47 tag ("de-AT": "de") if there is one of ours, else None."""
    lang = (lang or "").lower().replace("_", "-").partition("-")[0]
    return lang if lang in TEXTS else None


def choose(page, is_asked, site, accepted):
    """The language to speak. `page` is the host page's tag, `is_asked` when it was chosen there by hand; `site` the site's
    setting, `auto` or a language; `accepted` the browser's tags, the dearest first."""
    wanted = [page, site] if is_asked else [site, page]
    return next(filter(None, map(known, (*wanted, *accepted))), FALLBACK)

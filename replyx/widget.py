"""What a site's page loads: the loader, the frame page and its assets; the demo page; the health check."""
import logging

from flask import Blueprint, abort, current_app, render_template, request

from . import accounts_store, config, origins, panel, sites, texts, tokens
from .assets import SmallAssets, text_response
from .credentials import number, own_origin
from .database import reader
from .refusals import refusals
from .version import VERSION

log = logging.getLogger(__name__)
widget = Blueprint("widget", __name__)
# What a script of the host page may hold in place of a text: its words in every language.
PLACES = {'"__REPLYX_TEXTS__"': panel.in_page(texts.host_words())}
# Each in one request: a browser asks anew for what did not come, but some not for what that imports.
JOINED = tuple(f"{name}.js" for name in (
    "frame", "host", "signs",
    "attach", "attachments", "contact", "diagnosis", "emoji", "form", "forms", "history", "menu", "page", "preview", "rating",
    "transcript"))
TEMPLATES = ("loader.js", "launcher.css", "frame.html", "unknown.html")
assets = SmallAssets(config.ROOT / "widget_static", templates=TEMPLATES, joined=JOINED, places=PLACES)

SETTINGS_PLACE = '"__REPLYX_SETTINGS__"'
UNKNOWN = "The site_token or assistant_id in the snippet is missing or not valid. Copy the snippet again."

# The console's test hears why no chat comes: the loader stops at once, and its other half has no site to speak for.
TELL_UNKNOWN = """
if (/^#replyx-test=/.test(location.hash) && document.currentScript) import(new URL(
"/api/manager/trial/told?step=failed&reason=unknown&key=" + location.hash.split("=")[1],
document.currentScript.src)).catch(() => {});
"""

NAMELESS = "The snippet names no site. Copy it again."


def init_app(app):
    app.register_blueprint(widget)


def _named():
    """The public name in the query string, as the frame's address repeats it, and the row behind it or None."""
    token, assistant_id = request.args.get("site_token", ""), number(request.args.get("assistant_id"))
    if token:
        return f"site_token={token}", tokens.look_up(("site", token))
    if isinstance(assistant_id, int):
        return f"assistant_id={assistant_id}", tokens.look_up(("assistant", assistant_id))
    return "", None


@widget.get("/replyx.js")
def loader():
    """The loader with the site's settings inside, so that look and rules need no second request."""
    name, row = _named()
    if row:
        site = row["site"]
        settings = {"frame": f"/frame?{name}", "site": site["id"], "domains": site["domains"],
                    **_launcher(site["settings"])}
    elif request.args:
        settings = {"error": UNKNOWN}
        _log_refusal()
    else:
        settings = {"error": NAMELESS, **_launcher({})}
    text = assets.text("loader.js").replace(SETTINGS_PLACE, panel.in_page({"base": f"/w/{assets.version}", **settings}))
    if settings.get("error") == UNKNOWN:
        text += TELL_UNKNOWN
    response = text_response(text, "text/javascript", Cache_Control="public, max-age=300", Access_Control_Allow_Origin="*")
    return _unless_known(response)


def _launcher(settings):
    return panel.loader_settings(settings, assets.text("launcher.css"))


def _unless_known(response):
    """304 in place of what the browser has."""
    response.add_etag()
    return response.make_conditional(request)


@widget.get("/frame")
def frame():
    """The page inside the iframe. Who may embed it follows from the public name in its address, nothing else."""
    row = _require_named()
    return _panel(row, "frame", origins.frame_ancestors(row["site"]["domains"]))


@widget.get("/preview")
def preview():
    """The same page as the console shows it beside a site's settings."""
    return _panel(_require_named(), "preview", "'self'")


@widget.get("/chat")
def chat():
    """The same page by itself: where a mail's link leads. Nobody may embed it."""
    _, row = _named()
    if row:
        return _panel(row, "page", "'none'")
    _log_refusal()
    return _unknown()


def _unknown():
    """For visitors, who have neither seen a snippet nor can change it."""
    lang = _lang({})
    words = texts.TEXTS[lang]["host"]
    text = _filled("unknown.html", {"LANG": lang, "DIR": texts.direction(lang), "TITLE": words["unknown"],
                                    "TEXT": words["unknownText"]})
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    response = text_response(text, "text/html", Content_Security_Policy=policy, Cache_Control="no-store",
                             Referrer_Policy="no-referrer")
    response.status_code = 404
    return response


def _filled(name, places):
    return panel.filled(assets.text(name), {"BASE": f"/w/{assets.version}", **places})


def _require_named():
    _, row = _named()
    if row is None:
        _log_refusal()
        abort(404, UNKNOWN)
    return row


def _log_refusal():
    """Which of the pages here was asked for with a name that is not valid, and from where."""
    prefix, page = "Site" if request.args.get("site_token") else "Widget", request.endpoint.rpartition(".")[2]
    address = request.environ["replyx.address"]
    if refusals.is_new(prefix, page, "unauthorized", address):
        log.warning("[%s] %s refused: unauthorized address=%s", prefix, page, address)


def _panel(row, kind, ancestors):
    socket = own_origin(request.environ, current_app.config["REPLYX"]).replace("http", "ws", 1)
    policy = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; base-uri 'none'; "
              f"form-action 'none'; connect-src 'self' {socket}; frame-ancestors {ancestors}")
    settings = panel.settings(row, kind, _lang(row["site"]["settings"]), assets.version)
    text = _filled("frame.html", {"LANG": settings["lang"], "DIR": settings["dir"], "SETTINGS": panel.in_page(settings)})
    response = text_response(text, "text/html", Content_Security_Policy=policy, Cache_Control="no-cache",
                             Referrer_Policy="no-referrer", Vary="Accept-Encoding, Accept-Language")
    return _unless_known(response)


def _lang(settings):
    return texts.choose(request.args.get("lang"), "asked" in request.args, settings.get("lang"),
                        request.accept_languages.values())


@widget.get("/w/<version>/<path:name>")
def asset(version, name):
    return assets.respond(version, name)


@widget.get("/demo")
def demo():
    """A host page with the real snippet of the site "Demo", where there is one."""
    site = accounts_store.site_by_name(reader, sites.DEMO)
    if site is None:
        abort(404, "There is no site named Demo. `make run` makes it.")
    own = own_origin(request.environ, current_app.config["REPLYX"])
    return render_template("demo.html", snippet=sites.snippet(site, own), version=VERSION)


@widget.get("/healthz")
def health():
    reader.one("SELECT 1")
    return {"ok": True, "version": VERSION}

"""What a site's page loads: the loader, the frame page and its assets; the demo page; the health check."""
import logging

from flask import Blueprint, abort, current_app, render_template, request

from . import accounts_store, config, origins, panel, sites, texts, tokens
from .assets import SmallAssets, text_response
from .credentials import number, own_origin
from .database import reader
from .version import VERSION

log = logging.getLogger(__name__)
widget = Blueprint("widget", __name__)
# What a script of the host page may hold in place of a text: its words in every language.
PLACES = {'"__REPLYX_TEXTS__"': panel.in_page(texts.host_words())}
JOINED = ("frame.js", "host.js", "signs.js")
TEMPLATES = ("loader.js", "launcher.css", "frame.html")
assets = SmallAssets(config.ROOT / "widget_static", templates=TEMPLATES, joined=JOINED, places=PLACES)

SETTINGS_PLACE = '"__REPLYX_SETTINGS__"'
UNKNOWN = "The site_token or assistant_id in the snippet is missing or not valid. Copy the snippet again."

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
        log.warning("[Widget] loader refused: unauthorized address=%s", request.environ["replyx.address"])
    else:
        settings = {"error": NAMELESS, **_launcher({})}
    text = assets.text("loader.js").replace(SETTINGS_PLACE, panel.in_page({"base": f"/w/{assets.version}", **settings}))
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
    return _panel(_require_named(), "page", "'none'")


def _require_named():
    _, row = _named()
    if row is None:
        abort(404, UNKNOWN)
    return row


def _panel(row, kind, ancestors):
    socket = own_origin(request.environ, current_app.config["REPLYX"]).replace("http", "ws", 1)
    policy = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; base-uri 'none'; "
              f"form-action 'none'; connect-src 'self' {socket}; frame-ancestors {ancestors}")
    settings = panel.settings(row, kind, _lang(row["site"]["settings"]), assets.version)
    places = {"BASE": f"/w/{assets.version}", "LANG": settings["lang"], "DIR": settings["dir"],
              "SETTINGS": panel.in_page(settings)}
    text = panel.filled(assets.text("frame.html"), places)
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

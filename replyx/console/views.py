"""The console's one page, its static files, and the import map that tells the browser where its modules are."""
import base64
import hashlib
import json
from pathlib import Path

from flask import Blueprint, current_app, redirect, render_template, request

from .. import styles, widget
from ..assets import Assets, text_response
from ..credentials import cookie_name, own_origin
from ..version import VERSION

console = Blueprint("console", __name__)
assets = Assets(Path(__file__).parent / "static")

BASE = f"/console/static/{assets.version}"
VENDOR = f"{BASE}/vendor"
IMPORTS = json.dumps({"imports": {
    "preact": f"{VENDOR}/preact.mjs",
    "preact/hooks": f"{VENDOR}/hooks.mjs",
    "htm": f"{VENDOR}/htm.module.js",
    "@preact/signals": f"{VENDOR}/signals.mjs",
    "@preact/signals-core": f"{VENDOR}/signals-core.mjs",
    "replyx/": f"/w/{widget.assets.version}/",
}})
ICONS = json.dumps(styles.ICONS)
VARIABLES = json.dumps({name: [styles.KINDS[kind], kind.pattern] for name, kind in styles.VARIABLES.items()})
IMPORTS_HASH = base64.b64encode(hashlib.sha256(IMPORTS.encode()).digest()).decode()


def init_app(app):
    app.register_blueprint(console)


@console.get("/")
def index():
    return redirect("/console")


@console.get("/console")
@console.get("/console/setup")
def page():
    socket = own_origin(request.environ, current_app.config["REPLYX"]).replace("http", "ws", 1)
    has_session = cookie_name(current_app.config["REPLYX"]) in request.cookies
    policy = (f"default-src 'none'; script-src 'self' 'sha256-{IMPORTS_HASH}'; style-src 'self'; img-src 'self'; "
              f"connect-src 'self' {socket}; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    return text_response(render_template("console.html", base=BASE, imports=IMPORTS, icons=ICONS, variables=VARIABLES,
                                         has_session=has_session,
                                         version=f"{VERSION} {assets.version}"), "text/html",
                         # Who has opened this page could send it elsewhere.
                         Cross_Origin_Opener_Policy="same-origin",
                         Content_Security_Policy=policy, Cache_Control="no-cache", Referrer_Policy="no-referrer")


@console.get("/console/static/<version>/<path:name>")
def asset(version, name):
    return assets.respond(version, name)

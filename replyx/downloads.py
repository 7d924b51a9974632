"""Files and avatars as browsers get them. Who has a file's address may read it; the address tells until when."""
import re
from collections import Counter
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, request

from . import credentials, files_store, tokens
from .actions import MANAGER
from .assets import IMMUTABLE
from .database import reader
from .errors import ReplyXError
from .inspection import IMAGES
from .links import links
from .uploads import uploads
from .values import UUID

downloads = Blueprint("downloads", __name__)

AVATAR = re.compile(r"[0-9a-f]{64}\.webp")
# Files on their way to one manager, or to all others at an address, at a time: each that is not read keeps a piece of it in the
# memory.
AT_ONCE = 100
RETRY_SECONDS = 10
MANY = "Too many files are on their way already. Wait until some have arrived."
STALE = "This link is not whole or over a day old. Open the chat again and click the file there."
# Nothing that somebody sent may run, be taken for something else, or act for ReplyX's origin.
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}

# By who gets them.
_sending = Counter()


def init_app(app):
    app.register_blueprint(downloads)


@downloads.get("/files/<file_id>/<int:expires>/<signature>")
def file(file_id, expires, signature):
    left = links.file_seconds_left(file_id, expires, signature) if UUID.fullmatch(file_id) else 0
    if left <= 0:
        abort(404, STALE)
    row = files_store.file(reader, file_id)
    if row is None or uploads.size(file_id) != row["size"]:
        abort(404, "This file is no more.")
    who = _reader(request.environ)
    if _sending[who] >= AT_ONCE:
        abort(429, MANY, retry_after=RETRY_SECONDS)
    # Only what our own encoder made is shown in place.
    way = "inline" if row["type"] in IMAGES else "attachment"
    return Response(_counted(who, uploads.pieces(file_id, row["size"])), mimetype=row["type"], headers={
        **SAFE, "Content-Length": str(row["size"]), "Cache-Control": f"private, max-age={left}",
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(row['name'], safe='')}",
        "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer"})


def _reader(environ):
    """Who asks for a file: a manager whose session shows, as it does for a link in the console, or whoever is at the address."""
    try:
        return tokens.identify(credentials.from_request(environ, "console", current_app.config["REPLYX"]), MANAGER).key
    except ReplyXError:
        return environ["replyx.address"]


def _counted(who, pieces):
    """The pieces, counted as one file on its way from the first to the end, or until the client has gone."""
    _sending[who] += 1
    try:
        yield from pieces
    finally:
        _sending[who] -= 1
        if not _sending[who]:
            del _sending[who]


@downloads.get("/avatars/<name>")
def avatar(name):
    """Public: pages of any site may show them."""
    if not AVATAR.fullmatch(name):
        abort(404)
    try:
        body = uploads.avatar(name)
    except OSError:
        abort(404)
    return Response(body, mimetype="image/webp", headers={**SAFE, "Cache-Control": IMMUTABLE, "Access-Control-Allow-Origin": "*",
                                                          "Cross-Origin-Resource-Policy": "cross-origin"})

"""Static files under an address that names their content: made small once, kept in memory, cached by browsers for good."""
import gzip
import hashlib
import mimetypes
import re
from pathlib import Path

import rcssmin
import rjsmin
from flask import Response, abort, request

from .joining import join

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
IMMUTABLE = "public, max-age=31536000, immutable"
# The minifier takes the inner text of these for code.
NESTED = re.compile(r"\$\{[^{}`\n]*`.*")
MINIFIERS = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin}


def text_response(text, mimetype, **headers):
    """A page or script made for this request, gzipped when the browser takes it. `headers` names use underscores."""
    body = text.encode()
    response = Response(body, mimetype=mimetype)
    if request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(body, 9, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.headers.update({"Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"})
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Assets:
    """The files of a folder, read once. `version` is a hash over all that is served."""

    def __init__(self, folder, templates=()):
        """`templates` are files that are filled in before they are served; as they are, they are not."""
        folder, self._templates = Path(folder), templates
        self._files = self._read({file.relative_to(folder).as_posix(): file.read_bytes()
                                  for file in sorted(folder.rglob("*")) if file.is_file()})
        self._zipped = {}
        everything = hashlib.sha256()
        for name, body in self._files.items():
            everything.update(f"{name}\0{len(body)}\0".encode() + body)
        self.version = everything.hexdigest()[:12]

    def _read(self, files):
        """What to serve of the files."""
        return files

    def text(self, name):
        return self._files[name].decode()

    def respond(self, version, name):
        """A file for a browser. A page of another version gets what there is, but may not keep it."""
        body = self._files.get(name)
        if body is None or name in self._templates:
            abort(404)
        suffix = Path(name).suffix
        mimetype = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": IMMUTABLE if version == self.version else "no-cache", "Vary": "Accept-Encoding",
                   "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}
        if request.accept_encodings["gzip"]:
            if name not in self._zipped:
                self._zipped[name] = gzip.compress(body, 9, mtime=0)
            body, headers["Content-Encoding"] = self._zipped[name], "gzip"
        return Response(body, mimetype=mimetype, headers=headers)


class SmallAssets(Assets):
    """The same, with scripts and styles without comments and blanks."""

    def __init__(self, folder, templates=(), joined=(), places=()):
        """`joined` are modules that are served in one with all that they import. `places` maps what stands in a script to
        what to put there. Raises JoinError, and ValueError for a script that can't be made small."""
        self._joined, self._places = joined, dict(places)
        super().__init__(folder, templates)

    def _read(self, files):
        texts = {name: body.decode() for name, body in files.items() if Path(name).suffix in MINIFIERS}
        texts |= {name: join(texts, name) for name in self._joined}
        return files | {name: self._small(name, text).encode() for name, text in texts.items()}

    def _small(self, name, text):
        if found := NESTED.search(text):
            raise ValueError(f"{name}: a template within a template would lose its blanks: {found[0].strip()}")
        for place, filling in self._places.items():
            text = text.replace(place, filling)
        return MINIFIERS[Path(name).suffix](text)

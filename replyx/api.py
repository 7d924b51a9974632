"""The HTTP transport: unpack a request, call the intake, answer. One route for each action and channel."""
import logging
import re

import orjson
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from . import credentials, intake, wire
from .accounts import SESSION_SECONDS
from .actions import Context
from .body import Body
from .errors import CODES, Invalid, ReplyXError, TooLarge
from .links import DEVICE_SECONDS
from .refusals import refusals

log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024
NUMBER = re.compile(r"-?[0-9]{1,40}")
NAMES_OF_STATUS = {400: "invalid", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "not_found",
                   409: "conflict", 413: "too_large", 429: "rate_limited", 503: "storage_unavailable"}
PREFIXES = {"site": "Site", "widget": "Widget", "manager": "Console"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers":
        "Content-Type, Authorization, Replyx-Site-Token, Replyx-Assistant-Id, Replyx-Guest-Id, Replyx-Guest-Link",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}
PAGE_OF_TEXT = {"X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}


def init_app(app):
    api = Blueprint("api", __name__, url_prefix="/api")
    for action in intake.ACTIONS.values():
        if "guest" in action.who:
            _add(api, action, "guest", f"/<any(site, widget):channel>{action.route}")
        if "guest" not in action.who or "manager" in action.who:
            _add(api, action, "manager", f"/manager{action.route}")
    app.register_blueprint(api)
    # One byte more than is allowed: Werkzeug ends a chunked body at its limit without a word.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1
    app.register_error_handler(ReplyXError, answer_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.after_request(_add_cors)


def _add(api, action, speaks, route):
    def view(channel="console", **path):
        config = current_app.config["REPLYX"]
        shown = credentials.from_request(request.environ, channel, config)
        raw = Body(request, action.raw) if action.raw else None
        context = Context("http", request.environ["replyx.address"], shown.own_origin,
                          credentials.arrival(request.environ, config), raw,
                          credentials.device(request.environ, config) if action.by_device else None)
        unpack = (lambda: _beside(raw, speaks)) if raw else (lambda: _with_path(_payload(speaks), path))
        status, body, answer = intake.handle(action, shown, unpack, context)
        response = _json(body, status)
        if answer.session is not None:
            _set_session(response, answer.session, config)
        if answer.device is not None:
            _set_device(response, answer.device, config)
        return response
    api.add_url_rule(route, f"{speaks}.{action.name}".replace(".", "_"), view, methods=[action.method],
                     provide_automatic_options=False)


def _with_path(payload, path):
    twice = payload.keys() & path.keys()
    if twice:
        raise Invalid(fields={name: ["Is in the address already."] for name in twice})
    return payload | {name: _value(value) for name, value in path.items()}


def _payload(speaks):
    if request.method in ("GET", "HEAD"):
        return {name: _value(value) for name, value in request.args.items() if name not in credentials.IN_QUERY}
    if speaks == "manager" and request.mimetype != "application/json" and not request.authorization:
        # A form of another site can't send this type, nor an API key, without a preflight.
        raise Invalid("Send the body as application/json.")
    try:
        body = request.get_data(cache=False)
        if len(body) > MAX_BODY:
            raise TooLarge()
        payload = wire.loads(body) if body else {}
    except RequestEntityTooLarge:
        raise TooLarge() from None
    except (ValueError, ClientDisconnected):
        raise Invalid("The body is not valid JSON. Send a JSON object in UTF-8.") from None
    if not isinstance(payload, dict):
        raise Invalid("The body must be a JSON object.")
    return payload


def _beside(body, speaks):
    """The payload of an action whose body is no JSON: the query string. A file's name may look like a number."""
    body.check()
    return {name: _value(value) if name.endswith("_id") else value for name, value in request.args.items()
            if speaks == "manager" or name not in credentials.IN_QUERY}


def _value(text):
    """A value of the path or the query string: a number if it is written as one."""
    return int(text) if NUMBER.fullmatch(text) else text


def _json(body, status):
    return Response(orjson.dumps(body), status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _set_session(response, token, config):
    name = credentials.cookie_name(config)
    if token:
        response.set_cookie(name, token, max_age=SESSION_SECONDS, httponly=True, samesite="Lax", secure=config.is_https)
    else:
        response.delete_cookie(name, httponly=True, samesite="Lax", secure=config.is_https)


def _set_device(response, device, config):
    response.set_cookie(credentials.device_cookie_name(config), device, max_age=DEVICE_SECONDS, path=credentials.DEVICE_PATH,
                        httponly=True, samesite="Strict", secure=config.is_https)


def answer_error(error):
    response = _json(error.to_wire(), error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _answer_http_error(error):
    """The framework's own refusals, in the one shape under /api; a page elsewhere, which is text and nothing more."""
    if not _is_api() or error.code < 400:
        response = error.get_response()
        response.headers.update(PAGE_OF_TEXT)
        return response
    if request.method == "OPTIONS":
        return Response(status=204)
    name = NAMES_OF_STATUS.get(error.code, "internal" if error.code >= 500 else "invalid")
    # What reaches no action: a client that asks at the wrong address. The address itself may hold anything.
    channel = request.path.removeprefix("/api/").partition("/")[0]
    kind = (PREFIXES.get(channel, "Api"), request.method if request.method in METHODS else "request", name,
            request.environ["replyx.address"])
    if refusals.is_new(*kind):
        log.warning("[%s] %s refused: %s address=%s status=%d", *kind, error.code)
    response = _json({"ok": False, "error": {"code": name, "message": CODES[name].message}}, error.code)
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _is_api():
    return request.path == "/api" or request.path.startswith("/api/")


def _add_cors(response):
    """Any page may ask, without cookies; tokens.identify decides, so that a refusal can be read."""
    if _is_api():
        response.headers.update(CORS)
    return response

"""The page that a mail's way out leads to. Reading it changes nothing, as mail scanners do; its button, or a mail program's
own, posts (RFC 8058)."""
from flask import Blueprint, current_app, render_template, request

from . import credentials, intake
from .actions import Context
from .assets import text_response
from .console.views import BASE
from .errors import ReplyXError
from .links import links
from .notify.texts import texts_for

unsubscribe = Blueprint("unsubscribe", __name__)

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def init_app(app):
    app.register_blueprint(unsubscribe)


@unsubscribe.get("/unsubscribe/<token>")
def ask(token):
    found = links.read_unsubscribe(token)
    words = _words()
    if found is None:
        return _page(words["bad_link"], "", 404)
    return _page(words["stop_title"], words[f"stop_{found[0]}"], button=words["stop"])


@unsubscribe.post("/unsubscribe/<token>")
def stop(token):
    shown = credentials.from_request(request.environ, "console", current_app.config["REPLYX"])
    context = Context("http", request.environ["replyx.address"])
    try:
        intake.handle(intake.ACTIONS["unsubscribe"], shown, lambda: {"token": token}, context)
    except ReplyXError as error:
        return _page(_words()["bad_link"] if error.code in ("not_found", "invalid") else error.message, "", error.status)
    return _page(_words()["stopped_title"], _words()["stopped"])


def _words():
    return texts_for(request.accept_languages.best_match(["en", "ru"]))


def _page(title, text, status=200, button=""):
    lang = request.accept_languages.best_match(["en", "ru"]) or "en"
    page = render_template("unsubscribe.html", base=BASE, lang=lang, title=title, text=text, button=button)
    # With `no-referrer` the browser would send the form from nowhere, which is nobody's page.
    response = text_response(page, "text/html", Content_Security_Policy=POLICY, Cache_Control="no-store",
                             Referrer_Policy="same-origin")
    response.status_code = status
    return response

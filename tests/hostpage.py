"""A host page on an origin of its own, as customers' sites are, and the visitor's hands on the widget in it."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import expect

from tests.served import until


class HostPage:
    """`with HostPage(snippet) as page`: served at page.url, any path, from `localhost`, while ReplyX is at 127.0.0.1.

    `name` is another host's, `headers` go with the page, `body` stands before the snippet. The snippet may be set later.
    """

    def __init__(self, snippet="", head="", name="localhost", headers=None, body="<h1>A shop</h1>"):
        self.snippet, self.head, self.body = snippet, head, body

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):
                page = b"" if handler.path == "/favicon.ico" else self._page()
                handler.send_response(200)
                for header, value in {"Content-Type": "text/html", "Content-Length": len(page), **(headers or {})}.items():
                    handler.send_header(header, str(value))
                handler.end_headers()
                handler.wfile.write(page)

            def log_message(self, *_):
                pass
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://{name}:{self.port}"

    def _page(self):
        return f"<!doctype html><html lang=en><head><meta charset=utf-8><title>A shop</title>{self.head}</head>" \
               f"<body>{self.body}{self.snippet}</body></html>".encode()

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Widget:
    """The chat as a visitor uses it on a page, by the names that a screen reader reads."""

    def __init__(self, page):
        self.page = page
        self.frame = page.frame_locator('iframe[title="Chat"]')
        self.text = self.frame.get_by_role("textbox", name="Message")
        self.log = self.frame.get_by_role("log")
        self.lines = self.log.locator(".text")

    @property
    def was_open(self):
        """Whether the chat was open on the page before: then it opens by itself."""
        return self.page.evaluate("""() => {
            try {
                return Object.entries(sessionStorage).some(([key, value]) => key.endsWith(".used.tab") && value === "open"
                    && localStorage.getItem(key.replace("used.tab", "guest_id")));
            } catch { return false; }
        }""")

    def open(self):
        self.page.bring_to_front()
        if not self.was_open:
            self.page.get_by_role("button", name="Open chat").click()
        self.text.wait_for()
        return self

    def close(self):
        self.page.get_by_role("button", name="Close chat").click()

    def write(self, text):
        # Chromium does not lay out a page behind another: a click would miss.
        self.page.bring_to_front()
        self.text.fill(text)
        self.frame.get_by_role("button", name="Send").click()

    def state(self, words):
        """Wait until the connection's state reads like this."""
        self.frame.locator("#state").get_by_text(words).wait_for()

    def stored(self):
        """What the page has in its storage for the chat."""
        return self.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('replyx.'))")

    def unsent(self):
        """The texts that the page keeps until the server has acknowledged them, oldest first."""
        return self.page.evaluate("""() => Object.keys(localStorage).filter((key) => key.includes(".outbox."))
            .map((key) => JSON.parse(localStorage.getItem(key))).sort((a, b) => a.at - b.at).map((entry) => entry.text)""")

    def go_offline(self):
        """Cut the browser's network. The frame is another process and hears of it later: until it says so, a line would
        still leave over its open socket. A line that is shown as sent may wait for its ack, which the cut would take."""
        until(lambda: self.unsent() == [])
        self.page.context.set_offline(True)
        self.state("No connection")


def launcher(page):
    return page.get_by_role("button", name="Open chat")


def console_lines(page):
    found = []
    page.on("console", lambda message: found.append(message.text))
    return found


def frame_of(page):
    return next(frame for frame in page.frames if "/frame" in frame.url)


def dialog_of(cast, text):
    """The dialog whose newest line is this text, once it is there."""
    def found():
        for dialog in cast.owner.http("GET", "/dialogs").json()["dialogs"]:
            if dialog["last_message"]["text"] == text:
                return dialog["id"]
    return until(found)


def begin(page, cast, text):
    """A dialog begun in the open panel; the widget, and the dialog's id."""
    widget = Widget(page).open()
    widget.write(text)
    expect(widget.log).to_contain_text("Sent")
    return widget, dialog_of(cast, text)


def answer(cast, dialog_id, text):
    assert cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", {"text": text}).ok


def rated_as(cast, dialog_id):
    """The stars and the text that a dialog has."""
    dialog = cast.manager.http("GET", f"/dialogs/{dialog_id}").json()["dialog"]
    return dialog["rating"], dialog["rating_text"]

"""The shop of the scenes: its sites and people, what is said there, and hands on its chat in every language."""
import io
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import expect

from tests.cast import Cast
from tests.hostpage import HostPage
from tests.served import Served, free_port

# Mail is set up, so that all that comes with it is offered; nothing is unread for so long that any is sent.
MAIL = {"REPLYX_SMTP_URL": "smtp://127.0.0.1:9", "REPLYX_MAIL_FROM": "Shop <chat@shop.example>", "REPLYX_MAIL_AFTER": "1440"}
NEVER = {"zone": "UTC", "week": [[]] * 7}
FIELDS = [
    {"name": "who", "kind": "name", "label": "Your name", "required": True},
    {"name": "mail", "kind": "email", "label": "E-mail"},
    {"name": "about", "kind": "choice", "label": "What is it about?", "required": True, "choices": ["An order", "A return"]},
    {"name": "terms", "kind": "consent", "label": "I agree to https://shop.example/privacy", "required": True},
]
LEFT = [{"name": "mail", "kind": "email", "label": "E-mail", "required": True},
        {"name": "country", "kind": "choice", "label": "Country", "choices": list("ABCDEF")}]
SETTINGS = {
    "Lamps": {"reply_time": "minutes", "greeting": "Hi there! Ask us about lamps, orders or returns."},
    "متجر": {"lang": "ar", "reply_time": "minutes"},
    "Asking": {"prechat": {"on": True, "fields": FIELDS}, "reply_time": "hour"},
    "Closed": {"offline": {"on": True, "fields": LEFT}, "hours": NEVER},
}
EN = {
    "first": "Hi! Do you ship to Norway? https://shop.example/lamp", "sent": "This is the one I mean 😀", "away": "Bergen, please",
    "answer": "Yes, we do. **Two ways:**\n\n1. Standard, 4 to 6 days\n2. Express, `2 days`\n\n> Free from 100 €\n\n"
              "More in [our guide](https://shop.example/guide).",
    "question": "Which city is it?", "offer": "Express is free for you today.", "second": "One more thing: is the lamp dimmable?",
}
AR = {
    "first": "مرحبا! هل تشحنون إلى النرويج؟ https://shop.example/lamp", "sent": "هذا هو المصباح 😀", "away": "برغن من فضلك",
    "answer": "نعم. **طريقتان:**\n\n1. عادي، من 4 إلى 6 أيام\n2. سريع، `2`\n\nالمزيد في [دليلنا](https://shop.example/guide).",
    "question": "أي مدينة؟", "offer": "الشحن السريع مجاني لك اليوم.", "second": "سؤال آخر: هل يمكن تعتيم المصباح؟",
}
PHONE = "<meta name=viewport content='width=device-width, initial-scale=1'>"
PAGE = ("<main style='max-width:38rem;margin:8vh auto;padding:0 1.5rem;font:17px/1.6 system-ui'><h1>Lamps for late readers</h1>"
        "<p>Warm light, made to last. Every lamp can be repaired, and we send parts for free.</p></main>")


def lamp(size=(480, 320)):
    """A picture's bytes."""
    made = io.BytesIO()
    light = Image.radial_gradient("L").resize(size)
    Image.merge("RGB", [light.point(lambda value, low=low: 255 - value * low // 255) for low in (60, 130, 235)]).save(made, "PNG")
    return made.getvalue()


PICTURE = {"name": "lamp.png", "mimeType": "image/png", "buffer": lamp()}
PAPER = {"name": "invoice-2041.txt", "mimeType": "text/plain", "buffer": b"paid" * 500}


def serve(folder):
    """A server for a Shop."""
    port = free_port()
    return Served(folder, port, REPLYX_RATE_LIMITS="off", REPLYX_URL=f"http://127.0.0.1:{port}", **MAIL)


class Shop:
    """The sites with their settings and the people, on a server that `serve` has made."""

    def __init__(self, served):
        self.cast = Cast(served)
        with ThreadPoolExecutor() as pool:
            made = pool.map(lambda name: served.command("site", "add", name, "--domain", "localhost", "--json"), SETTINGS)
        self.sites = dict(zip(SETTINGS, made))
        for name, settings in SETTINGS.items():
            body = {"settings": settings, "assistant_name": "مينا" if "lang" in settings else "Mira"}
            assert self.cast.owner.http("POST", f"/sites/{self.sites[name]['id']}", body).ok

    @contextmanager
    def visit(self, page, name):
        """The page shows the site's, with the chat closed."""
        scheme = "<style>:root{color-scheme:light dark}</style>"
        with HostPage(self.sites[name]["snippet"], head=PHONE + scheme, body=PAGE) as host:
            page.goto(host.url)
            yield Panel(page, self, self.sites[name])


class Panel:
    """The chat, by what is the same in every language."""

    def __init__(self, page, shop, site):
        self.page, self.shop, self.cast, self.site = page, shop, shop.cast, site
        self.launcher = page.locator("button[aria-label]").first
        self.frame = page.frame_locator("iframe")
        self.lines = self.frame.locator("#log .text")

    def at(self, selector):
        return self.frame.locator(selector)

    def open(self, shows="#text"):
        self.launcher.click()
        expect(self.at(shows)).to_be_visible()

    def write(self, text):
        count = self.lines.count()
        self.at("#text").fill(text)
        self.at("#send").click()
        expect(self.lines).to_have_count(count + 1)

    def sent(self):
        expect(self.at(".sending, .waiting")).to_have_count(0)

    def choose(self, *files):
        with self.page.expect_file_chooser() as chooser:
            self.at("#attach").click()
        chooser.value.set_files(list(files))

    def reply(self, *texts):
        [dialog, *_] = self.cast.owner.http("GET", f"/dialogs?site_id={self.site['id']}").json()["dialogs"]
        for text in texts:
            assert self.cast.owner.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": text}).ok
        return dialog["id"]

    def end(self):
        assert self.cast.owner.http("POST", f"/dialogs/{self.reply()}/close").ok

    def keep_refused(self, text):
        """A line that an earlier page has left behind: the server had refused it."""
        line = {"client_id": str(uuid.uuid4()), "text": text, "at": int(time.time() * 1000), "reason": "forbidden"}
        self.page.evaluate("([key, line]) => localStorage.setItem(key, line)",
                           [f"replyx.{self.site['id']}.outbox.{line['client_id']}", json.dumps(line)])

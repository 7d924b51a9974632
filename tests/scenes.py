"""Every state of the widget and of the console in the real browser. A walk goes from one to the next, and yields each one's
name once it is on the screen: what is on it then can be looked at, or examined."""
import io
import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import expect

from tests.cast import PASSWORD, Cast, Guest
from tests.console import Settings, press, sign_in
from tests.hostpage import HostPage
from tests.served import Served, free_port, until

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


def talk(page, shop, name="Lamps"):
    """The states of a conversation."""
    words = AR if SETTINGS[name].get("lang") == "ar" else EN
    with shop.visit(page, name) as panel:
        yield "closed"
        panel.open()
        yield "greeting"
        panel.write(words["first"])
        panel.sent()
        panel.reply(words["answer"], words["question"])
        expect(panel.lines).to_have_count(3)
        yield from _files(panel, words)
        yield from _around(panel)
        yield from _trouble(panel, words)
        yield from _ending(panel, words)


def _files(panel, words):
    panel.choose(PICTURE, PAPER)
    expect(panel.at("#attached .done")).to_have_count(2)
    yield "files to send"
    panel.write(words["sent"])
    panel.sent()
    expect(panel.at("#log .image img")).to_be_visible()
    panel.reply(words["offer"])
    expect(panel.lines).to_have_count(5)
    yield "conversation"
    held = []
    panel.page.context.route(re.compile("/files[?]name="), lambda route: held.append(route))
    panel.choose({"name": "a photo of the lamp.png", "mimeType": "image/png", "buffer": lamp((90, 60))})
    expect(panel.at("#attached .sending")).to_be_visible()
    yield "file on its way"
    until(lambda: held, page=panel.page)
    held[0].abort()
    panel.at("#attached .drop").click()
    panel.page.context.unroute_all()


def _around(panel):
    keys = panel.page.keyboard
    panel.at("#emoji").click()
    expect(panel.at("#emoji-box button").first).to_be_focused()
    yield "emoji"
    keys.press("Escape")
    panel.at("#menu").click()
    expect(panel.at("#menu-items")).to_be_visible()
    yield "menu"
    panel.at("#menu-items [role=menuitem]").nth(1).click()
    expect(panel.at("dialog input")).to_be_focused()
    yield "transcript"
    keys.press("Escape")
    expect(panel.at("dialog")).to_have_count(0)
    panel.at("#contact button").click()
    expect(panel.at("#contact input")).to_be_visible()
    yield "answers by e-mail"
    keys.press("Escape")


def _trouble(panel, words):
    panel.page.context.set_offline(True)
    expect(panel.at("body")).to_have_attribute("data-state", "offline")
    panel.write(words["away"])
    expect(panel.at(".waiting")).to_be_visible()
    yield "no connection"
    panel.page.context.set_offline(False)
    panel.sent()
    panel.at("#close").click()
    panel.reply(words["offer"])
    expect(panel.page.locator(".bubble b")).to_be_visible()
    yield "unread"
    panel.keep_refused(words["away"])
    panel.page.reload()
    panel.open()
    expect(panel.at(".failed")).to_be_visible()
    yield "not sent"
    panel.at(".failed .foot button").last.click()
    expect(panel.at(".failed")).to_have_count(0)


def _ending(panel, words):
    panel.end()
    expect(panel.at("#rating fieldset")).to_be_visible()
    yield "closed by the shop"
    panel.at("#rating label").nth(3).click()
    yield "rating"
    guest_id = panel.page.evaluate(f"localStorage.getItem('replyx.{panel.site['id']}.guest_id')")
    Guest(panel.cast, guest_id=guest_id, site=panel.site).open(words["second"])
    expect(panel.lines).to_have_count(1)
    panel.at("#menu").click()
    panel.at("#menu-items [role=menuitem]").first.click()
    entry = panel.at("dialog li button")
    expect(entry).to_be_focused()
    yield "earlier chats"
    entry.click()
    expect(panel.at("#past button")).to_be_focused()
    yield "an earlier chat"


def forms(page, shop):
    """What a site may ask, with what is said of wrong answers."""
    with shop.visit(page, "Asking") as panel:
        panel.open("#ask")
        yield "form"
        panel.at("#ask [type=submit]").click()
        expect(panel.at("#ask .why:visible").first).to_be_visible()
        yield "form with mistakes"
    with shop.visit(page, "Closed") as panel:
        panel.open("#ask")
        yield "out of hours"
        panel.at("#ask [type=email]").fill("ines@shop.example")
        panel.at("#ask textarea").fill("Is the lamp dimmable?")
        panel.at("#ask [type=submit]").click()
        expect(panel.at("#thanks:not(:empty)")).to_be_visible()
        yield "message left"


def full_page(page, shop):
    """The chat as a page of its own."""
    site = shop.sites["Lamps"]
    page.goto(f"{shop.cast.served.url}/chat?site_token={site['site_token']}")
    page.locator("#text").fill(EN["first"])
    page.locator("#send").click()
    expect(page.locator(".guest.last .foot")).to_contain_text("Sent")
    yield "a page of its own"


def entrance(page, shop):
    """Signing in to the console, in a browser that nobody is signed in to."""
    page.goto(f"{shop.cast.served.url}/console")
    page.get_by_label("Email").fill(shop.cast.owner.email)
    page.get_by_label("Password").fill(f"not {PASSWORD}")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_be_visible()
    yield "sign-in"


def desk(page, shop):
    """The console, as the owner has it."""
    dialog_id = _dialog(shop)
    sign_in(page, shop.cast.owner)
    page.get_by_role("radio", name="All").check(force=True)
    expect(page.locator(".row")).not_to_have_count(0)
    yield "list"
    page.locator(f".row[href='#{dialog_id}']").click()
    expect(page.locator(".log .picture img")).to_be_visible()
    expect(page.locator(".log .foot").last).to_be_in_viewport()
    details = page.get_by_role("button", name="Details")
    if details.get_attribute("aria-expanded") == "false":
        yield "thread"
        details.click()
    expect(page.locator(".details")).to_be_visible()
    yield "thread with details"
    yield from _settings(page, shop)
    page.goto(f"{shop.cast.served.url}/console#/delivery")
    expect(page.get_by_role("table")).to_be_visible()
    yield "delivery"
    press(page, "Account")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "account"


def _dialog(shop):
    """A dialog with all that a thread may show, among others; its id."""
    for text in EN["second"], EN["away"]:
        Guest(shop.cast, site=shop.sites["Lamps"]).open(text)
    guest = Guest(shop.cast, site=shop.sites["Asking"])
    files = [guest.upload(file["buffer"], file["name"]).json()["file"]["id"] for file in (PICTURE, PAPER)]
    opened = guest.http("POST", "/dialogs", {
        "message": {"text": EN["first"], "client_id": str(uuid.uuid4()), "attachments": files},
        "form": {"who": "Ines Berg", "mail": "ines@shop.example", "about": "An order", "terms": True},
        "profile": {"name": "Ines Berg", "user_id": "u-42", "attributes": {"plan": "Pro", "orders": 3}}}).json()
    dialog_id = opened["dialog"]["id"]
    assert shop.cast.owner.http("POST", f"/dialogs/{dialog_id}/messages", {"text": EN["answer"]}).ok
    assert shop.cast.owner.http("POST", f"/dialogs/{dialog_id}/close").ok
    assert guest.http("POST", f"/dialogs/{dialog_id}/rating", {"rating": 4, "text": "Quick and kind."}).ok
    return dialog_id


def _settings(page, shop):
    settings = Settings(page, shop.cast, shop.sites["Asking"])
    for tab in ("look", "greeting", "forms", "hours", "features", "texts", "install", "identity"):
        settings.go(tab)
        if page.locator(".sample").count():
            expect(page.frame_locator(".sample iframe").locator("#log .text")).to_have_count(2)
        yield f"site: {tab}"
        yield from _mistakes.get(tab, lambda *_: ())(page, settings)


def _refused(page, settings):
    settings.fill(Colour="red", **{"CSS variables": "--rx-radius: 8em;"})
    press(page, "Save")
    expect(page.get_by_label("Colour", exact=True)).to_be_focused()
    yield "site: look, not saved"
    press(page, "Discard changes")


def _for_nobody(page, settings):
    page.get_by_label("Show a form outside working hours").check()
    page.get_by_role("radio", name="Outside hours").check(force=True)
    page.get_by_role("link", name="Set the hours").scroll_into_view_if_needed()
    yield "site: forms, without hours"
    press(page, "Discard changes")


def _untested(page, settings):
    page.get_by_label("New domain").fill("x/y")
    press(page, "Add")
    page.get_by_label("Page's address").fill("abc")
    press(page, "Test it now")
    expect(page.get_by_text("This is not the address of a web page.")).to_be_visible()
    yield "site: install, not tested"


_mistakes = {"look": _refused, "forms": _for_nobody, "install": _untested}

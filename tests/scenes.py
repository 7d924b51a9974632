"""Every state of the widget and of the console in the real browser. A walk goes from one to the next, and yields each one's
name once it is on the screen: what is on it then can be looked at, or examined."""
import re
import uuid

from playwright.sync_api import expect

from tests.cast import PASSWORD, Guest
from tests.console import Settings, press, sign_in
from tests.served import until
from tests.shop import AR, EN, PAPER, PICTURE, SETTINGS, lamp


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

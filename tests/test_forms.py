"""What a site asks before the first line, in the real Chromium: nothing gets lost, and nothing stands in a visitor's way."""
import json
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from replyx.site_schemas import DEFAULTS
from tests.console import log, sign_in
from tests.hostpage import HostPage, Widget
from tests.served import until

pytestmark = pytest.mark.browser

NEVER = {"zone": "UTC", "week": [[], [], [], [], [], [], []]}
CONSENT = {"name": "terms", "kind": "consent", "label": "I agree to https://shop.example/privacy, gladly", "required": True}
PRECHAT = [
    {"name": "who", "kind": "name", "label": "Your name", "required": True},
    {"name": "mail", "kind": "email", "label": "E-mail"},
    {"name": "about", "kind": "choice", "label": "What is it about?", "required": True,
     "choices": ["An order", "A return", "Else"]},
    CONSENT,
]
COUNTRIES = ["Austria", "Belgium", "France", "Germany", "Italy", "Spain"]
OFFLINE = [
    {"name": "mail", "kind": "email", "label": "E-mail", "required": True},
    {"name": "country", "kind": "choice", "label": "Country", "required": True, "choices": COUNTRIES},
    {"name": "order", "kind": "text", "label": "Order number"},
]


@pytest.fixture(scope="module")
def sites(served):
    """Enough for each test to have one of its own."""
    return [served.command("site", "add", f"Shop {number}", "--domain", "localhost", "--json") for number in range(6)]


class Shop:
    """A site with these settings, and a page of it."""

    def __init__(self, cast, site, settings):
        self.cast, self.site = cast, site
        answer = cast.owner.http("POST", f"/sites/{self.site['id']}", {"settings": {**dict.fromkeys(DEFAULTS), **settings}})
        assert answer.status_code == 200, answer.text
        self.host = HostPage(self.site["snippet"])

    def __enter__(self):
        self.host.__enter__()
        return self

    def __exit__(self, *args):
        self.host.__exit__(*args)

    def visit(self, context):
        page = context.new_page()
        page.goto(self.host.url)
        return Widget(page)

    def dialogs(self):
        rows = self.cast.owner.http("GET", f"/dialogs?site_id={self.site['id']}").json()["dialogs"]
        return [self.cast.owner.http("GET", f"/dialogs/{row['id']}").json()["dialog"] for row in rows]


def open_panel(widget):
    """Open the chat where there may be a form in place of the conversation."""
    if not widget.was_open:
        widget.page.get_by_role("button", name="Open chat").click()
    return widget


def form_of(widget):
    return widget.frame.get_by_role("form")


def answers(shop):
    """What the one dialog was begun with, once it is there."""
    [dialog] = until(shop.dialogs)
    return {answer["label"]: answer["value"] for answer in dialog["form"]}


def test_a_form_filled_in_by_keyboard_alone_says_what_is_wrong_and_goes_with_the_first_line(context, cast, sites):
    with Shop(cast, sites.pop(), {"prechat": {"on": True, "fields": PRECHAT}, "reply_time": "hour"}) as shop:
        widget, press = shop.visit(context), context.pages[0].keyboard.press
        requests = []
        widget.page.on("request", lambda request: requests.append(request.url))
        widget.page.get_by_role("button", name="Open chat").focus()
        press("Enter")
        form, frame = form_of(widget), widget.frame
        expect(form).to_have_accessible_name("Before we start")
        expect(form).to_contain_text("We usually reply within an hour.")
        assert any("/forms.js" in url for url in requests) and not any("/attach.js" in url for url in requests)
        expect(widget.text).to_be_hidden()
        name, mail = frame.get_by_role("textbox", name="Your name"), frame.get_by_role("textbox", name="E-mail (optional)")
        expect(name).to_be_focused()
        expect(name).to_have_attribute("autocomplete", "name")
        expect(mail).to_have_attribute("autocomplete", "email")
        assert mail.evaluate("(input) => parseFloat(getComputedStyle(input).fontSize)") >= 16
        press("Enter")
        expect(name).to_be_focused()
        expect(name).to_have_accessible_description("Please fill this in.")
        expect(name).to_have_attribute("aria-invalid", "true")
        widget.page.keyboard.type("Ines")
        expect(name).to_have_accessible_description("")
        press("Tab")
        widget.page.keyboard.type("ines@shop")
        press("Enter")
        expect(mail).to_be_focused()
        expect(mail).to_have_accessible_description(re.compile("This is not an e-mail address"))
        widget.page.keyboard.type(".example")
        press("Enter")
        group = frame.get_by_role("group", name="What is it about?")
        first = group.get_by_role("radio", name="An order")
        expect(first).to_be_focused()
        expect(first).to_have_accessible_description("Please choose one of these.")
        press("Space")
        press("ArrowDown")
        expect(group.get_by_role("radio", name="A return")).to_be_checked()
        press("Enter")
        consent = frame.get_by_role("checkbox", name="I agree to")
        expect(consent).to_be_focused()
        expect(consent).to_have_accessible_description("Please tick this box to go on.")
        link = frame.get_by_role("link", name="https://shop.example/privacy", exact=True)
        expect(link).to_have_attribute("href", "https://shop.example/privacy")
        expect(link).to_have_attribute("rel", re.compile("noopener"))
        press("Space")
        press("Enter")
        expect(widget.text).to_be_focused()
        expect(form).to_have_count(0)
        widget.page.keyboard.type("Where is it?")
        press("Enter")
        expect(widget.log).to_contain_text("Sent")
        assert answers(shop) == {"Your name": "Ines", "E-mail": "ines@shop.example", "What is it about?": "A return",
                                 CONSENT["label"]: True}
        until(lambda: not [key for key in widget.stored() if key.endswith(".form")])
        widget.page.reload()
        open_panel(widget)
        expect(widget.lines).to_have_text(["Where is it?"])
        expect(form).to_have_count(0)


def test_answers_survive_reloads_and_a_failed_send(context, cast, sites):
    with Shop(cast, sites.pop(), {"prechat": {"on": True, "fields": PRECHAT}}) as shop:
        widget = open_panel(shop.visit(context))
        frame = widget.frame
        frame.get_by_label("Your name").fill("Jo")
        frame.get_by_label("A return").check()
        frame.get_by_role("checkbox").check()
        until(lambda: '"terms":true' in widget.page.evaluate("JSON.stringify(Object.values(localStorage))").replace("\\", ""))
        widget.page.reload()
        open_panel(widget)
        expect(frame.get_by_label("Your name")).to_have_value("Jo")
        expect(frame.get_by_label("A return")).to_be_checked()
        expect(frame.get_by_role("checkbox")).to_be_checked()
        frame.get_by_role("button", name="Start the chat").click()
        expect(widget.text).to_be_focused()
        widget.page.reload()
        open_panel(widget)
        expect(widget.text).to_be_visible()
        widget.go_offline()
        widget.write("from the tunnel")
        expect(widget.log).to_contain_text("Waiting for a connection")
        widget.page.goto("about:blank")
        context.set_offline(False)
        widget.page.goto(shop.host.url)
        open_panel(widget)
        expect(widget.log).to_contain_text("Sent")
        assert answers(shop)["Your name"] == "Jo"


def test_out_of_hours_a_message_can_be_left_and_says_what_happens_next(browser, cast, sites):
    back = (datetime.now(timezone.utc) + timedelta(days=3)).replace(hour=20, minute=30)
    week = [[["20:30", "21:00"]] if day == back.weekday() else [] for day in range(7)]
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Tokyo")
    with Shop(cast, sites.pop(), {"offline": {"on": True, "fields": OFFLINE}, "hours": {"zone": "UTC", "week": week}}) as shop:
        widget = open_panel(shop.visit(context))
        frame, there = widget.frame, back + timedelta(hours=9)
        form = form_of(widget)
        expect(form).to_have_accessible_name("We are not here right now")
        expect(form).to_contain_text(f"We are back {there:%A} at 05:30.")
        # There is no mail server: nothing may promise a letter.
        expect(form).not_to_contain_text("comes by mail")
        expect(frame.get_by_label("E-mail")).to_have_attribute("dir", "ltr")
        frame.get_by_label("E-mail").fill("kim@shop.example")
        country = frame.get_by_role("combobox", name="Country")
        assert country.locator("option").all_inner_texts() == ["Please choose…", *COUNTRIES]
        send = frame.get_by_role("button", name="Leave the message")
        send.click()
        expect(country).to_be_focused()
        expect(country).to_have_accessible_description("Please choose one of these.")
        country.select_option("Spain")
        send.click()
        expect(widget.text).to_be_focused()
        expect(widget.text).to_have_accessible_description("Please fill this in.")
        widget.text.fill("Call me back")
        send.click()
        expect(widget.lines).to_have_text(["Call me back"])
        thanks = frame.get_by_role("status").get_by_text("Thank you, we have your message.")
        expect(thanks).to_have_count(1)
        # Said to who hears the chat; who sees it has it in the header.
        expect(frame.locator("#reply")).to_have_text(f"We are back {there:%A} at 05:30.")
        expect(frame.locator("#handler")).to_have_text(f"We are back {there:%A} at 05:30.")
        assert frame.locator("#reply").bounding_box()["width"] > 100 and frame.locator("#handler").bounding_box()["width"] == 1
        assert answers(shop) == {"E-mail": "kim@shop.example", "Country": "Spain"}
        [dialog] = shop.dialogs()
        cast.owner.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "We will"})
        expect(widget.lines).to_have_text(["Call me back", "We will"])
        expect(thanks).to_have_count(0)
    context.close()


def test_a_panel_that_stays_open_hears_the_hours_begin_and_end(context, cast, sites):
    """Without fields, the message stands alone."""
    today = datetime.now(timezone.utc).replace(hour=12)
    week = [[["00:00", "24:00"]] if day == today.weekday() else [] for day in range(7)]
    with Shop(cast, sites.pop(), {"offline": {"on": True, "fields": []}, "hours": {"zone": "UTC", "week": week}}) as shop:
        widget = shop.visit(context).open()
        form, page = form_of(widget), widget.page
        expect(form).to_have_count(0)

        def look_again(days):
            page.clock.set_fixed_time(today + timedelta(days=days))
            widget.close()
            open_panel(widget)
        look_again(1)
        expect(form).to_have_accessible_name("We are not here right now")
        expect(widget.text).to_be_focused()
        expect(widget.frame.locator("#reply")).to_contain_text("We are back")
        look_again(7)
        expect(form).to_have_count(0)
        expect(widget.frame.locator("#reply")).to_be_empty()
        page.clock.set_fixed_time(today)
        page.reload()
        widget.open()
        look_again(1)
        expect(form).to_have_count(1)
        widget.text.fill("Begun")
        # What is begun stays: nobody loses a text to the clock.
        look_again(7)
        expect(widget.text).to_have_value("Begun")
        widget.frame.get_by_role("button", name="Leave the message").click()
        expect(widget.lines).to_have_text(["Begun"])
        until(lambda: len(shop.dialogs()) == 1)


def test_a_form_stands_in_nobodys_way(context, cast, sites):
    """An unsent line goes at once; a form that can't be loaded is left out; a guest with a dialog sees that."""
    with Shop(cast, sites.pop(), {"prechat": {"on": True, "fields": PRECHAT}, "hours": NEVER}) as shop:
        widget, client_id = shop.visit(context), str(uuid.uuid4())
        value = json.dumps({"client_id": client_id, "text": "written before", "at": 1})
        place = f"replyx.{shop.site['id']}.outbox.{client_id}"
        widget.page.evaluate("([key, value]) => localStorage.setItem(key, value)", [place, value])
        widget.page.reload()
        open_panel(widget)
        expect(widget.lines).to_have_text(["written before"])
        expect(widget.log).to_contain_text("Sent")
        expect(form_of(widget)).to_have_count(0)
        widget.page.evaluate("localStorage.clear()")
        context.route("**/forms.js", lambda route: route.abort())
        widget.page.reload()
        open_panel(widget)
        widget.write("without a form")
        expect(widget.lines).to_have_text(["without a form"])
        context.unroute_all()
        widget.page.evaluate("localStorage.clear()")
        widget.page.reload()
        open_panel(widget)
        expect(form_of(widget)).to_have_accessible_name("Before we start")


def test_what_the_visitor_was_shown_is_recorded_and_a_tick_stays_with_its_words(context, cast, sites):
    """The owner changes the form while it is open, and while it is half filled in; nobody says when they are back."""
    agree = {**CONSENT, "label": "I agree to the notice"}
    off = {"name": "mail", "kind": "email", "label": "E-mail", "required": True}
    with Shop(cast, sites.pop(), {"offline": {"on": True, "fields": [off, agree]}, "hours": NEVER}) as shop:
        def rename(label):
            offline = {"on": True, "fields": [off, {**agree, "label": label}]}
            assert cast.owner.http("POST", f"/sites/{shop.site['id']}", {"settings": {"offline": offline}}).ok
        widget = open_panel(shop.visit(context))
        frame, page = widget.frame, widget.page
        frame.get_by_label("E-mail").fill("kim@shop.example")
        frame.get_by_label("I agree to the notice").check()
        until(lambda: '"terms":true' in page.evaluate("JSON.stringify(Object.values(localStorage))").replace("\\", ""))
        rename("I agree to letters")
        page.reload()
        open_panel(widget)
        expect(frame.get_by_label("E-mail")).to_have_value("kim@shop.example")
        ticked = frame.get_by_label("I agree to letters")
        expect(ticked).not_to_be_checked()
        ticked.check()
        widget.text.fill("Call me")
        rename("I agree to advertising every day")
        frame.get_by_role("button", name="Leave the message").click()
        expect(widget.lines).to_have_text(["Call me"])
        expect(frame.locator("#handler")).to_have_text("We are not here right now")
        assert answers(shop) == {"E-mail": "kim@shop.example", "I agree to letters": True}
        [dialog] = shop.dialogs()
        sign_in(page, cast.owner, dialog["id"])
        expect(log(page).locator("article")).to_contain_text("Left outside working hours")

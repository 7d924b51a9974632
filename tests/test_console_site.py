"""The console's pages of a site's settings in the real browser: what is set there is stored, and is what visitors get."""
import re
import time

import pytest
import requests
from PIL import Image
from playwright.sync_api import expect

from replyx import styles, texts
from tests.console import Settings, press, sign_in
from tests.hostpage import HostPage, Widget

pytestmark = pytest.mark.browser
TABS = ("look", "greeting", "forms", "hours", "features", "texts", "install", "identity")

# Every control that can be focused, of those without a name that a reader could read.
NAMELESS = """() => [...document.querySelectorAll("main :is(button, input, select, textarea, a, iframe, [role=img])")]
    .filter((node) => node.type !== "file" && !(node.labels?.length || node.getAttribute("aria-label") || node.title
        || node.textContent.trim())).map((node) => node.outerHTML)"""


@pytest.fixture
def page(context):
    return context.new_page()


@pytest.fixture
def settings(cast, page):
    sign_in(page, cast.owner)
    return Settings(page, cast)


def sample(page):
    return page.frame_locator('iframe[title="Preview of the chat"]')


def test_the_look_is_seen_before_it_is_saved_and_is_what_visitors_get(cast, page, settings):
    page.get_by_role("link", name="Site", exact=True).click()
    expect(page.get_by_role("form", name="Look")).to_be_visible()
    expect(sample(page).get_by_role("heading", name="Shop")).to_be_visible()
    settings.go("look").fill(Colour="#0b6e4f", **{"Assistant's name": "Robin", "Text beside the icon": "Ask us"})
    page.get_by_role("radio", name="Bottom left").check(force=True)
    launcher = page.locator(".launcher")
    expect(launcher).to_have_css("background-color", "rgb(11, 110, 79)")
    expect(launcher).to_have_css("left", "20px")
    expect(launcher).to_have_text("Ask us")
    settings.fill(**{"Text beside the icon": "W" * 30, "Distance from the side, px": "200", "Distance from the bottom, px": "200"})
    expect(launcher).to_have_css("bottom", "200px")
    launcher.scroll_into_view_if_needed()
    expect(launcher).to_be_in_viewport(ratio=1)
    settings.fill(**{"Text beside the icon": "Ask us", "Distance from the side, px": "20", "Distance from the bottom, px": "20"})
    expect(sample(page).get_by_role("heading", name="Robin")).to_be_visible()
    expect(page.get_by_text("Text on it is easy to read (contrast 6.")).to_be_visible()
    assert settings.stored["assistant"]["name"] == "Shop"
    page.get_by_role("radio", name="Dark").last.check(force=True)
    expect(sample(page).locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("link", name="Look").get_by_role("img", name="Unsaved changes")).to_be_visible()
    settings.save()
    expect(page.get_by_role("img", name="Unsaved changes")).to_have_count(0)
    look = settings.stored["settings"]["look"]
    assert (look["color"], look["corner"], look["label"]) == ("#0b6e4f", "left", "Ask us")
    assert settings.stored["assistant"]["name"] == "Robin"


def test_another_owners_change_stays(cast, page, settings):
    settings.go("look").fill(**{"Text beside the icon": "Mine"})
    answer = cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": {"greeting": "Another's", "emoji": False}})
    assert answer.ok
    settings.save()
    stored = settings.stored["settings"]
    assert (stored["greeting"], stored["emoji"], stored["look"]["label"]) == ("Another's", False, "Mine")
    settings.go("greeting")
    expect(page.get_by_role("textbox", name="Greeting")).to_have_value("Another's")
    expect(page.get_by_role("img", name="Unsaved changes")).to_have_count(0)
    assert cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": dict.fromkeys(stored)}).ok


def test_what_is_refused_is_said_where_it_stands(page, settings):
    settings.go("look").fill(Colour="red", **{"Distance from the side, px": "999",
                                              "CSS variables": "--rx-radius: 8px;\n--rx-evil: url(x);"})
    colour, alert = page.get_by_label("Colour", exact=True), page.get_by_role("alert")
    # What would be refused is not shown as if it would do.
    expect(page.locator(".launcher")).to_have_css("right", "20px")
    expect(page.get_by_role("complementary", name="Preview")).to_contain_text("What is not valid yet is shown as it was saved.")
    colour.scroll_into_view_if_needed()
    page.locator("main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    press(page, "Save")
    expect(alert).to_have_text("Not saved. To correct: Colour; Distance from the side, px; CSS variables.")
    expect(alert).to_be_in_viewport(ratio=1)
    expect(colour).to_be_focused()
    expect(colour).to_be_in_viewport(ratio=1)
    expect(colour).to_have_accessible_description(re.compile("Write the colour like #1a73e8"))
    expect(page.get_by_label("Distance from the side, px")).to_have_accessible_description("A number from 0 to 200.")
    expect(page.get_by_text("Line 2: there is no variable --rx-evil.")).to_be_visible()
    variables = page.get_by_label("CSS variables")
    for name in styles.VARIABLES:
        expect(variables).to_have_accessible_description(re.compile(rf"{name}[,.]"))
    settings.fill(**{"Distance from the side, px": "40", "CSS variables": "--rx-radius: 8em;\n--rx-link: blue;"})
    expect(alert).to_have_text("Not saved. To correct: Colour.")
    expect(page.locator(".launcher")).to_have_css("right", "40px")
    press(page, "Save")
    expect(variables).to_have_accessible_description(
        re.compile("Line 1: write --rx-radius like 8px, up to 99px. Line 2: write the colour of --rx-link like #1a73e8."))
    # What is typed stays while another page is looked at, and can be given up.
    settings.go("hours").go("look")
    expect(colour).to_have_value("red")
    expect(alert).to_have_count(0)
    press(page, "Discard changes")
    expect(colour).to_have_value(re.compile("^#[0-9a-f]{6}$"))
    settings.fill(**{"CSS variables": "--rx-radius: 8px;"})
    settings.save()
    assert settings.stored["settings"]["look"]["variables"] == {"--rx-radius": "8px"}


def test_greeting_hours_features_and_texts(cast, page, settings):
    settings.go("greeting").fill(Greeting="Hello from the shop")
    press(page, "Add a message")
    settings.fill(Text="Need help?", **{"After seconds on the page": 5, "Only where the address contains": "/cart"})
    settings.save()
    settings.go("hours")
    page.get_by_label("Somebody answers at certain hours only").check()
    settings.fill(**{"Time zone": "Europe/Oslo", "Monday: until, 1": "12:00"})
    press(page, "Monday: add hours")
    settings.fill(**{"Monday: from, 2": "13:00"})
    press(page, "Save")
    expect(page.get_by_label("Monday: until, 2")).to_have_attribute("aria-invalid", "true")
    settings.fill(**{"Monday: until, 2": "18:00"})
    press(page, "Copy Monday to all weekdays")
    page.get_by_label("You usually answer").select_option("within an hour")
    settings.save()
    settings.go("features")
    page.get_by_label("Choose emoji").uncheck()
    settings.save()
    settings.go("texts")
    # What the server takes, line for line: a line that it had not would keep all of them from being saved.
    english = texts.flat(texts.TEXTS["en"])
    labels = page.locator(".lines label")
    expect(labels).to_have_count(len(texts.KEYS))
    assert sorted(labels.all_text_contents()) == sorted(english[key] for key in texts.KEYS)
    page.get_by_label("Search").fill("Send")
    expect(page.get_by_label("Close chat")).to_have_count(0)
    page.get_by_role("textbox", name="Send", exact=True).fill("Post it")
    expect(sample(page).get_by_role("button", name="Post it")).to_be_visible()
    page.get_by_label("Search").fill("{name} answers")
    line = page.get_by_role("textbox", name="{name} answers.")
    line.fill("Someone is here")
    expect(line).to_have_accessible_description("Without {name}: visitors will not read what stands there.")
    line.fill("")
    expect(line).to_have_accessible_description("")
    page.get_by_label("Lines in").select_option("العربية")
    expect(sample(page).locator("html")).to_have_attribute("dir", "rtl")
    expect(sample(page).locator("#text")).to_have_attribute("placeholder", texts.TEXTS["ar"]["placeholder"])
    page.get_by_label("Search").fill(texts.TEXTS["ar"]["send"])
    page.get_by_role("textbox", name=texts.TEXTS["ar"]["send"], exact=True).fill("XX")
    expect(sample(page).get_by_role("button", name="XX")).to_be_visible()
    page.get_by_role("textbox", name=texts.TEXTS["ar"]["send"], exact=True).fill("")
    page.get_by_label("Lines in").select_option("English")
    expect(page.get_by_text("Your own lines in this language: 1.")).to_be_visible()
    settings.save()
    stored = settings.stored["settings"]
    assert stored["greeting"] == "Hello from the shop" and stored["emoji"] is False
    assert stored["proactive"] == [{"text": "Need help?", "after": 5, "url": "/cart"}]
    day = [["09:00", "12:00"], ["13:00", "18:00"]]
    assert stored["hours"] == {"zone": "Europe/Oslo", "week": [day] * 5 + [[], []]} and stored["reply_time"] == "hour"
    assert stored["texts"] == {"en": {"send": "Post it"}}
    with HostPage(cast.site["snippet"]) as host:
        page.goto(host.url)
        page.get_by_role("button", name="Open chat").click()
        frame = Widget(page).frame
        expect(frame.get_by_text("Hello from the shop")).to_be_visible()
        expect(frame.get_by_role("button", name="Post it")).to_be_visible()


def test_a_form_is_made_by_keyboard(cast, page, settings):
    settings.go("forms")
    page.get_by_label("Ask before the chat").focus()
    page.keyboard.press("Space")
    add = page.get_by_role("button", name="Add a field: Before the chat")
    for _ in range(3):
        add.press("Enter")
    expect(sample(page).get_by_label("Your email")).to_be_visible()
    third = page.get_by_role("group", name="Field 3")
    third.get_by_label("Kind").select_option("Choice")
    third.get_by_label("Label").fill("Topic")
    third.get_by_label("Choices").fill("Order\n\nOther")
    page.get_by_role("button", name="Move field 3 up").press("Enter")
    expect(page.get_by_role("button", name="Move field 2 up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move field 1 down")).to_be_focused()
    page.get_by_role("button", name="Remove field 3").press("Enter")
    page.get_by_role("group", name="Field 2").get_by_label("Label").press("Enter")
    expect(page.get_by_text("Saved. Visitors see it")).to_be_visible()
    fields = settings.stored["settings"]["prechat"]["fields"]
    assert [(field["kind"], field["label"], field["choices"]) for field in fields] == [
        ("choice", "Topic", ["Order", "Other"]), ("name", "Your name", [])]


def test_an_offline_form_needs_hours_and_both_are_seen_in_the_preview(cast, page, settings):
    assert cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": {"hours": None, "reply_time": None}}).ok
    settings.go("forms")
    views = page.get_by_role("group", name="Show")
    expect(views.get_by_role("radio", name="Before the chat")).to_be_checked()
    page.get_by_label("Show a form outside working hours").check()
    expect(views.get_by_role("radio", name="Outside hours")).to_be_checked()
    expect(sample(page).locator("#form-place")).to_contain_text("message")
    page.get_by_label("Ask before the chat").focus()
    expect(views.get_by_role("radio", name="Before the chat")).to_be_checked()
    expect(page.get_by_text("There are no working hours, so nobody will see this form.")).to_be_visible()
    page.get_by_role("link", name="Set the hours").click()
    page.get_by_label("Somebody answers at certain hours only").check()
    page.get_by_label("You usually answer").select_option("within an hour")
    expect(sample(page).locator("#reply")).to_have_text(re.compile("hour"))
    page.get_by_role("radio", name="Outside hours").check(force=True)
    expect(sample(page).locator("#reply")).to_have_text(re.compile("back .*9:00"))
    expect(sample(page).get_by_role("form").filter(has_text="back")).to_be_visible()
    settings.go("forms")
    expect(page.get_by_text("There are no working hours")).to_have_count(0)
    expect(page.get_by_role("radio", name="Outside hours")).to_be_checked()
    page.get_by_role("radio", name="Chat", exact=True).check(force=True)
    expect(sample(page).locator("#ask")).to_have_count(0)
    # A form that is drawn again and again leaves nothing behind.
    sample(page).locator("body").evaluate("""() => { window.added = 0;
        visualViewport.addEventListener = () => { window.added += 1; }; }""")
    page.get_by_role("radio", name="Outside hours").check(force=True)
    expect(sample(page).locator("#ask")).to_be_visible()
    assert sample(page).locator("body").evaluate("() => window.added") == 0


def test_a_secret_is_shown_once_and_replaced_with_a_warning(cast, page, settings):
    settings.go("identity")
    press(page, "Make a secret")
    shown = page.get_by_role("group", name="Secret", exact=True)
    # It is an hour until the example's signature ends.
    page.get_by_text("Node.js").click()
    [ends] = re.findall(r"exp: (\d+)", page.get_by_role("group", name="On the page").inner_text())
    assert 3000 < int(ends) - time.time() < 3700
    secret = shown.inner_text()
    assert secret.startswith("si_") and settings.stored["has_identity_secret"]
    page.reload()
    expect(page.get_by_text("There is a secret.")).to_be_visible()
    expect(shown).to_have_count(0)
    press(page, "Replace the secret")
    expect(page.get_by_text("no longer counts from this moment on")).to_be_visible()
    press(page, "Cancel")
    press(page, "Replace the secret")
    press(page, "Replace it now")
    expect(shown).to_be_visible()
    assert shown.inner_text() != secret


def test_every_control_has_a_name(page, settings):
    for tab in TABS:
        settings.go(tab)
        expect(page.get_by_role("main").get_by_role("heading", level=2).first).to_be_visible()
        assert page.evaluate(NAMELESS) == []


def test_managers_neither_see_the_pages_nor_get_them(cast, page):
    path = f"/site/{cast.site['id']}/look"
    sign_in(page, cast.manager, path)
    expect(page.get_by_role("link", name="Delivery")).to_be_visible()
    expect(page.get_by_role("link", name="Site", exact=True)).to_have_count(0)
    expect(page.locator("form.settings")).to_have_count(0)
    for method, tail in (("GET", ""), ("POST", ""), ("POST", "/secret")):
        assert cast.manager.http(method, f"/sites/{cast.site['id']}{tail}").status_code == 403


def test_pictures_of_the_assistant_and_of_oneself(cast, page, settings, tmp_path):
    picture, text = tmp_path / "face.png", tmp_path / "face.txt"
    Image.new("RGB", (60, 40), "#2255aa").save(picture)
    text.write_text("no picture")
    settings.go("look")
    field = page.locator(".avatar input[type=file]")
    field.set_input_files(text)
    expect(page.get_by_role("alert")).to_contain_text("This picture can't be used")
    field.set_input_files(picture)
    expect(page.locator(".avatar img")).to_be_visible()
    avatar = settings.stored["assistant"]["avatar"]
    assert requests.get(cast.served.url + avatar, timeout=5).headers["Content-Type"].startswith("image/")
    expect(sample(page).locator(f'img[src="{avatar}"]').first).to_be_visible()
    press(page, "Account")
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(picture)
    expect(page.get_by_role("dialog").locator(".portrait img")).to_be_visible()
    assert cast.owner.http("GET", "/session").json()["manager"]["avatar"]


def test_a_field_follows_its_kind_and_what_would_ask_nothing_is_said(cast, page, settings):
    settings.go("forms")
    page.get_by_label("Ask before the chat").check()
    while page.get_by_role("button", name="Remove field 1").count():
        page.get_by_role("button", name="Remove field 1").first.click()
    nothing = page.get_by_text("There is no field yet, so visitors are asked nothing.")
    expect(nothing).to_be_visible()
    page.get_by_role("button", name="Add a field: Outside working hours").click()
    field = page.get_by_role("group", name="Field 1")
    kind, label = field.get_by_label("Kind"), field.get_by_label("Label")
    # An address is the least that is needed; the label goes with the kind until somebody writes another.
    expect(kind).to_have_value("email")
    expect(label).to_have_value("Your email")
    kind.select_option("Name")
    expect(label).to_have_value("Your name")
    kind.select_option("Choice")
    label.fill("")
    press(page, "Save")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Not saved. To correct: Field 1: Label; Field 1: Choices.")
    expect(label).to_have_accessible_description("Write a label of 1 to 200 characters that no other field of the form has.")
    label.fill("Where to?")
    press(page, "Save")
    expect(alert).to_have_text("Not saved. To correct: Field 1: Choices.")
    choices = field.get_by_label("Choices")
    expect(choices).to_be_focused()
    expect(choices).to_have_accessible_description(re.compile("Write 1 to 20 choices"))
    kind.select_option("Email")
    expect(kind).to_be_visible()
    expect(label).to_have_value("Where to?")
    page.get_by_role("button", name="Add a field: Before the chat").click()
    expect(nothing).to_have_count(0)
    settings.save()
    stored = settings.stored["settings"]
    assert [(field["name"], field["kind"], field["label"]) for form in ("prechat", "offline")
            for field in stored[form]["fields"]] == [("name", "name", "Your name"), ("email", "email", "Where to?")]

"""The managers' console in the real browser: from the first account to the last line of a dialog."""
import re
import time

import pyotp
import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, Manager
from tests.served import until

pytestmark = pytest.mark.browser

# As where a proxy or a firewall lets no WebSocket through: each attempt fails.
NO_WEBSOCKET = """
    const Real = WebSocket;
    window.WebSocket = class extends Real { constructor() { super("ws://127.0.0.1:9/"); } };
"""


@pytest.fixture
def page(context):
    return context.new_page()


def fill(page, **fields):
    for name, value in fields.items():
        page.get_by_role("textbox", name=name.capitalize(), exact=True).fill(value)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def dialogs(page):
    return page.get_by_role("list", name="Dialogs")


def log(page):
    return page.get_by_role("log")


def hold_session(context, person):
    for name, value in person.session.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": person.cast.served.url}])


def sign_in(page, person, url=None):
    """Enter the console with the session that the person has."""
    hold_session(page.context, person)
    page.goto(url or f"{person.cast.served.url}/console")
    expect(dialogs(page)).to_be_visible()


def connected(page):
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def open_dialog(page, text):
    """Choose the dialog whose last line this is."""
    dialogs(page).get_by_role("link").filter(has_text=text).click()
    expect(log(page)).to_contain_text(text)


def reply(page, text):
    page.get_by_role("textbox", name="Reply").fill(text)
    press(page, "Send")


def received(socket, text):
    return [event for event in socket.events("message") if event["message"]["text"] == text]


def test_a_setup_link_makes_the_owners_account_once(served, page, context):
    secret = served.command("manager", "setup-link").strip().partition("#")[2]
    page.goto(f"{served.url}/console/setup#{secret}")
    assert page.url == f"{served.url}/console/setup"
    fill(page, name="Oscar", email="oscar@shop.example", password="too short")
    assert page.get_by_label("Password").evaluate("box => box.validity.tooShort")
    fill(page, password=PASSWORD)
    press(page, "Make the account")
    expect(dialogs(page)).to_be_visible()
    assert page.url == f"{served.url}/console"
    context.clear_cookies()
    page.goto(f"{served.url}/console/setup#{secret}")
    fill(page, name="Eve", email="eve@shop.example", password=PASSWORD)
    press(page, "Make the account")
    expect(page.get_by_role("alert")).to_contain_text("This link was used")
    assert "eve@" not in served.command("manager", "list")


def test_a_setup_page_without_its_secret_says_where_to_get_one(served, page):
    page.goto(f"{served.url}/console/setup")
    expect(page.get_by_role("alert")).to_contain_text("replyx manager setup-link")


def test_a_console_that_is_told_to_wait_says_so_and_asks_again(cast, page, context):
    hold_session(context, cast.manager)
    refusal = {"ok": False, "error": {"code": "rate_limited", "message": "Wait.", "retry_after": 3}}
    page.route("**/api/manager/session", lambda route: route.fulfill(status=429, json=refusal), times=1)
    page.goto(f"{cast.served.url}/console")
    expect(page.get_by_text(re.compile("tries again in [23] s"))).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    expect(dialogs(page)).to_be_visible()
    # Whose session has ended need not wait.
    page.route("**/api/manager/session", lambda route: route.fulfill(status=429, json=refusal))
    page.reload()
    press(page, "Sign in")
    expect(page.get_by_role("textbox", name="Email")).to_be_focused()
    page.unroute_all()


def test_a_page_that_opens_the_console_has_no_hold_on_it(cast, context, host):
    opener = context.new_page()
    opener.goto(host.url)
    with context.expect_page() as opened:
        opener.evaluate("url => { window.opened = window.open(url); }", f"{cast.served.url}/console")
    opened.value.wait_for_url("**/console")
    opener.wait_for_function("() => opened.closed")
    assert opened.value.evaluate("opener") is None and not opened.value.is_closed()


def test_signing_in_and_out(cast, page):
    page.goto(f"{cast.served.url}/console")
    fill(page, email=cast.manager.email, password="not the password")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("The email or the password is wrong")
    fill(page, password=PASSWORD)
    press(page, "Sign in")
    expect(dialogs(page)).to_be_visible()
    page.reload()
    expect(dialogs(page)).to_be_visible()
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_guests_line_appears_and_is_answered(cast, page):
    sign_in(page, cast.manager)
    connected(page)
    guest = cast.guest()
    dialog_id = guest.open("Do you ship to Norway?")["dialog"]["id"]
    row = dialogs(page).locator(f"a[href='#{dialog_id}']")
    expect(row).to_contain_text("Do you ship to Norway?")
    expect(row).to_contain_text("Waiting")
    expect(row.get_by_role("img", name="Unread")).to_be_visible()
    waiting = int(re.match(r"\((\d+)\) ReplyX", page.title()).group(1))
    with guest.socket() as socket:
        open_dialog(page, "Do you ship to Norway?")
        expect(row.get_by_role("img", name="Unread")).to_have_count(0)
        expect(row).to_have_attribute("aria-current", "true")
        until(lambda: [event for event in socket.events("read") if event["sender"] == "manager"], what="the read mark")
        box = page.get_by_role("textbox", name="Reply")
        box.fill("Yes,")
        box.press("Shift+Enter")
        box.press_sequentially("we do.")
        box.press("Enter")
        expect(log(page)).to_contain_text("Sent")
        line = until(lambda: received(socket, "Yes,\nwe do."), what="the reply")[0]["message"]
        assert line["author"]["name"] == "Anna"
        expect(row).to_contain_text("You")
        expect(page).to_have_title(f"({waiting - 1}) ReplyX" if waiting > 1 else "ReplyX")
        socket.call("read", {"dialog_id": line["dialog_id"], "message_id": line["id"]})
        expect(log(page)).to_contain_text("Read")
    # By the event, and as the server has it.
    for _ in range(2):
        expect(row.locator(".preview")).to_have_text(re.compile("^You: Yes,"))
        page.reload()
    assert cast.colleague.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "Anything else?"}).ok
    expect(row.locator(".preview")).to_have_text("Boris: Anything else?")
    namesake = Manager(cast, "anna.b@shop.example", cast.manager.name, sites=[cast.site])
    assert namesake.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "I do ask."}).ok
    for _ in range(2):
        expect(row.locator(".preview")).to_have_text("Anna: I do ask.")
        page.reload()


def test_typing_is_seen_on_both_sides(cast, page):
    guest = cast.guest()
    dialog_id = guest.open("typing?")["dialog"]["id"]
    sign_in(page, cast.manager)
    connected(page)
    open_dialog(page, "typing?")
    with guest.socket() as socket:
        socket.call("typing", {"dialog_id": dialog_id, "typing": True})
        expect(page.get_by_text("is typing…")).to_be_visible()
        socket.call("typing", {"dialog_id": dialog_id, "typing": False})
        expect(page.get_by_text("is typing…")).to_have_count(0)
        page.get_by_role("textbox", name="Reply").press_sequentially("abc")
        until(lambda: [event for event in socket.events("typing_start") if event["sender"] == "manager"], what="typing")
        press(page, "Send")
        until(lambda: [event for event in socket.events("typing_stop") if event["sender"] == "manager"], what="its end")


def test_the_buttons_follow_the_dialog(cast, page):
    guest = cast.guest()
    guest.open("buttons?")
    sign_in(page, cast.manager)
    connected(page)
    open_dialog(page, "buttons?")
    buttons = page.get_by_role("main").locator(".actions").get_by_role("button")
    with guest.socket() as socket:
        def last(**state):
            def fits():
                views = socket.events("dialog")
                return views and state.items() <= views[-1]["dialog"].items()
            until(fits, what=str(state))
        expect(buttons).to_have_text(["Close", "Take over"])
        press(page, "Take over")
        expect(buttons).to_have_text(["Close", "Release"])
        last(handler="manager")
        press(page, "Release")
        expect(buttons).to_have_text(["Close", "Take over"])
        last(handler="waiting")
        press(page, "Close")
        expect(buttons).to_have_text(["Reopen"])
        expect(page.get_by_role("textbox", name="Reply")).to_have_count(0)
        last(status="closed")
        press(page, "Reopen")
        expect(buttons).to_have_text(["Close", "Take over"])
        expect(page.get_by_role("textbox", name="Reply")).to_be_visible()
        last(status="open")


def test_a_colleagues_dialog_can_not_be_taken(cast, page):
    dialog_id = cast.guest().open("mine already")["dialog"]["id"]
    cast.colleague.http("POST", f"/dialogs/{dialog_id}/takeover")
    sign_in(page, cast.manager, f"{cast.served.url}/console#{dialog_id}")
    expect(page.get_by_text("Boris answers.")).to_be_visible()
    expect(page.get_by_role("main").locator(".actions").get_by_role("button")).to_have_text(["Close"])
    cast.colleague.http("POST", f"/dialogs/{dialog_id}/release")
    expect(page.get_by_role("button", name="Take over")).to_be_visible()


def test_a_refusal_says_why(cast, page):
    guest = cast.guest()
    dialog_id = guest.open("the older one")["dialog"]["id"]
    cast.manager.http("POST", f"/dialogs/{dialog_id}/close")
    guest.open("the newer one")
    sign_in(page, cast.manager, f"{cast.served.url}/console#{dialog_id}")
    press(page, "Reopen")
    expect(page.get_by_role("alert")).to_contain_text("The guest has a newer open dialog")
    page.goto(f"{cast.served.url}/console#{2**50}")
    expect(page.get_by_role("alert")).to_contain_text("There is no such dialog")


def test_everything_works_without_websockets(cast, page):
    page.add_init_script(NO_WEBSOCKET)
    sign_in(page, cast.manager)
    expect(page.get_by_text("Connected, with a short delay")).to_be_visible()
    guest = cast.guest()
    with guest.socket() as socket:
        dialog_id = guest.open("no sockets here")["dialog"]["id"]
        open_dialog(page, "no sockets here")
        press(page, "Take over")
        expect(page.get_by_role("button", name="Release")).to_be_visible()
        reply(page, "none needed")
        until(lambda: received(socket, "none needed"), what="the reply")
        socket.call("message_post", {"dialog_id": dialog_id, "text": "good to know"})
        expect(log(page)).to_contain_text("good to know")
        expect(dialogs(page)).to_contain_text("good to know")
        press(page, "Close")
        until(lambda: socket.events("dialog")[-1]["dialog"]["status"] == "closed", what="the closing")
        expect(dialogs(page)).not_to_contain_text("good to know")


@pytest.mark.parametrize("script", ["", NO_WEBSOCKET], ids=["socket", "http"])
def test_a_disabled_manager_is_asked_to_sign_in(cast, page, script):
    person = Manager(cast, f"dora{len(script)}@shop.example", "Dora", sites=[cast.site])
    page.add_init_script(script)
    sign_in(page, person)
    expect(page.get_by_text("Connected")).to_be_visible()
    cast.served.command("manager", "disable", person.email)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")
    fill(page, email=person.email, password=PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("wrong")


def test_signing_out_ends_the_other_tabs_too(cast, page, context):
    person = Manager(cast, "tabs@shop.example", "Tabea", sites=[cast.site])
    sign_in(page, person)
    connected(page)
    other = context.new_page()
    other.goto(page.url)
    press(other, "Sign out")
    expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")


def test_a_tab_left_open_does_not_write_as_the_next_manager(cast, page, context):
    page.add_init_script(NO_WEBSOCKET)
    sign_in(page, cast.manager)
    hold_session(context, cast.colleague)
    page.evaluate("document.body.id = 'before'; window.dispatchEvent(new Event('focus'))")
    expect(page.locator("body#before")).to_have_count(0)
    press(page, "Account")
    expect(page.get_by_role("dialog")).to_contain_text("Boris")


@pytest.mark.parametrize("text", [
    "<img src=x onerror='window.hit=1'>", "<script>window.hit=1</script>", "${window.hit=1} {{7*7}}",
    "javascript:window.hit=1", "\"><svg onload=window.hit=1>", "&lt;b&gt; \u202e right to left",
])
def test_text_stays_text(cast, page, text):
    cast.guest().open(text)
    sign_in(page, cast.manager)
    row = dialogs(page).get_by_role("link").filter(has_text=text)
    expect(row.locator(".preview")).to_have_text(text)
    row.click()
    expect(log(page).locator(".text")).to_have_text(text)
    reply(page, text)
    expect(log(page).locator(".manager .text")).to_have_text(text)
    assert page.evaluate("window.hit") is None
    assert log(page).locator(":is(script, img, svg, b)").count() == 0
    assert page.locator("#app :is(script, img)").count() == 0


def test_a_code_is_asked_for_once_it_is_turned_on(cast, page):
    person = Manager(cast, "tom@shop.example", "Tom", sites=[cast.site])
    sign_in(page, person)
    press(page, "Account")
    press(page, "Turn on")
    app = pyotp.TOTP(page.locator("dialog code").inner_text())
    assert page.get_by_role("link", name="Open in an app").get_attribute("href").startswith("otpauth://totp/")
    fill(page, code="abcdef")
    press(page, "Turn on with this code")
    expect(page.get_by_role("alert")).to_contain_text("The code does not fit")
    fill(page, code=app.now())
    press(page, "Turn on with this code")
    expect(page.get_by_text("Each sign-in asks for a code")).to_be_visible()
    press(page, "Close panel")
    press(page, "Sign out")
    fill(page, email=person.email, password=PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("Enter the code")
    fill(page, code="abcdef")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("Wait for the next one")
    # The code of this step was used to turn it on; one step of drift is allowed.
    fill(page, code=app.at(time.time() + 30))
    press(page, "Sign in")
    expect(dialogs(page)).to_be_visible()


def test_a_reply_written_offline_outlives_the_page(cast, page, context):
    guest = cast.guest()
    guest.open("are you there?")
    sign_in(page, cast.manager)
    connected(page)
    open_dialog(page, "are you there?")
    context.set_offline(True)
    # Until the page has heard of it, the reply would leave over the open socket.
    expect(page.get_by_text("No connection. What you write is kept")).to_be_visible()
    reply(page, "just in a tunnel")
    expect(log(page)).to_contain_text("Waiting for a connection…")
    with guest.socket() as socket:
        context.set_offline(False)
        page.reload()
        until(lambda: received(socket, "just in a tunnel"), what="the reply")
        expect(log(page)).to_contain_text("Sent")
        expect(log(page).locator(".manager .text")).to_have_count(1)
        assert len(received(socket, "just in a tunnel")) == 1
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_draft_stays_with_its_dialog(cast, page):
    cast.guest().open("first of two")
    cast.guest().open("second of two")
    sign_in(page, cast.manager)
    open_dialog(page, "first of two")
    page.get_by_role("textbox", name="Reply").fill("half a sent")
    open_dialog(page, "second of two")
    expect(page.get_by_role("textbox", name="Reply")).to_have_value("")
    open_dialog(page, "first of two")
    expect(page.get_by_role("textbox", name="Reply")).to_have_value("half a sent")


def test_long_lists_come_in_pages(cast, page):
    for number in range(1, 56):
        guest = cast.guest(site=cast.other_site)
        dialog_id = guest.open(f"question {number}.")["dialog"]["id"]
    for number in range(1, 61):
        guest.http("POST", f"/dialogs/{dialog_id}/messages", {"text": f"line {number}."})
    sign_in(page, cast.other_manager)
    connected(page)
    rows = dialogs(page).get_by_role("link")
    expect(rows).to_have_count(50)
    press(page, "Load more")
    expect(rows).to_have_count(55)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)
    open_dialog(page, "line 60.")
    expect(log(page).locator(".text")).to_have_count(50)
    press(page, "Earlier messages")
    expect(log(page).locator(".text")).to_have_count(61)
    expect(log(page).locator(".text").first).to_have_text("question 55.")
    expect(page.get_by_role("button", name="Earlier messages")).to_have_count(0)
    page.get_by_role("radio", name="Closed").check()
    expect(page.get_by_text("No closed dialogs yet.")).to_be_visible()
    press(page, "Close")
    expect(rows).to_have_count(1)


def test_a_phone_shows_one_pane_at_a_time(cast, page):
    page.set_viewport_size({"width": 390, "height": 844})
    cast.guest().open("on the phone " + "x" * 300)
    sign_in(page, cast.manager)
    dialogs(page).get_by_role("link").filter(has_text="on the phone").click()
    expect(dialogs(page)).to_be_hidden()
    expect(page.get_by_role("textbox", name="Reply")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    back = page.get_by_role("link", name="Back to the list")
    expect(back).to_be_focused()
    back.press("Enter")
    expect(dialogs(page)).to_be_visible()
    expect(dialogs(page).get_by_role("link").filter(has_text="on the phone")).to_be_focused()
    expect(log(page)).to_have_count(0)


def test_the_console_speaks_russian_to_russian_browsers(served, browser):
    with browser.new_context(locale="ru-RU") as profile:
        page = profile.new_page()
        page.goto(f"{served.url}/console")
        expect(page.get_by_role("button", name="Войти")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "ru"

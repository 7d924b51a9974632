"""The managers' console in the real browser: the list, and a dialog to its last line."""
import re

import pytest
from playwright.sync_api import expect

from tests.cast import Manager
from tests.console import NO_WEBSOCKET, connected, dialogs, enter, log, open_dialog, press, received, reply
from tests.served import until

pytestmark = pytest.mark.browser


@pytest.fixture
def page(context):
    return context.new_page()


def test_a_guests_line_appears_and_is_answered(cast, page):
    enter(page, cast.manager)
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
    marked = "It is **green** and _soft_, `x * y * z`, [see](https://shop.example/a) my_own_name, 2 * 3"
    assert cast.colleague.http("POST", f"/dialogs/{dialog_id}/messages", {"text": marked}).ok
    for _ in range(2):
        expect(row.locator(".preview")).to_have_text("Boris: It is green and soft, x * y * z, see my_own_name, 2 * 3")
        page.reload()
    namesake = Manager(cast, "anna.b@shop.example", cast.manager.name, sites=[cast.site])
    assert namesake.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "I do ask."}).ok
    for _ in range(2):
        expect(row.locator(".preview")).to_have_text("Anna: I do ask.")
        page.reload()


def test_typing_is_seen_on_both_sides(cast, page):
    guest = cast.guest()
    dialog_id = guest.open("typing?")["dialog"]["id"]
    enter(page, cast.manager)
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
    enter(page, cast.manager)
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
    enter(page, cast.manager, f"{cast.served.url}/console#{dialog_id}")
    expect(page.get_by_text("Boris answers.")).to_be_visible()
    warning = page.get_by_text("Boris answers here. What you send goes to the guest too.")
    expect(warning).to_be_visible()
    expect(page.get_by_role("main").locator(".actions").get_by_role("button")).to_have_text(["Close"])
    cast.colleague.http("POST", f"/dialogs/{dialog_id}/release")
    press(page, "Take over")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    expect(warning).to_have_count(0)
    # An owner takes it from whoever has it.
    enter(page, cast.owner, f"{cast.served.url}/console?owner#{dialog_id}")
    press(page, "Take over")
    expect(page.get_by_text("You answer.")).to_be_visible()


def test_a_refusal_says_why(cast, page):
    guest = cast.guest()
    dialog_id = guest.open("the older one")["dialog"]["id"]
    cast.manager.http("POST", f"/dialogs/{dialog_id}/close")
    guest.open("the newer one")
    enter(page, cast.manager, f"{cast.served.url}/console#{dialog_id}")
    press(page, "Reopen")
    expect(page.get_by_role("alert")).to_contain_text("The guest has a newer open dialog")
    page.goto(f"{cast.served.url}/console#{2**50}")
    expect(page.get_by_role("alert")).to_contain_text("There is no such dialog")


def test_everything_works_without_websockets(cast, page):
    page.add_init_script(NO_WEBSOCKET)
    enter(page, cast.manager)
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


@pytest.mark.parametrize("text", [
    "<img src=x onerror='window.hit=1'>", "<script>window.hit=1</script>", "${window.hit=1} {{7*7}}",
    "javascript:window.hit=1", "\"><svg onload=window.hit=1>", "&lt;b&gt; \u202e right to left",
])
def test_text_stays_text(cast, page, text):
    cast.guest().open(text)
    enter(page, cast.manager)
    row = dialogs(page).get_by_role("link").filter(has_text=text)
    expect(row.locator(".preview")).to_have_text(text)
    row.click()
    expect(log(page).locator(".text")).to_have_text(text)
    reply(page, text)
    expect(log(page).locator(".manager .text")).to_have_text(text)
    assert page.evaluate("window.hit") is None
    assert log(page).locator(":is(script, img, svg, b)").count() == 0
    assert page.locator("#app :is(script, img)").count() == 0


def test_a_reply_written_offline_outlives_the_page(cast, page, context):
    guest = cast.guest()
    guest.open("are you there?")
    enter(page, cast.manager)
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
    enter(page, cast.manager)
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
    enter(page, cast.other_manager)
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
    enter(page, cast.manager)
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

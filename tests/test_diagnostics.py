"""What went wrong on the way is kept without secrets, can be copied, and reaches the owner's page; in the real Chromium."""
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD
from tests.hostpage import Widget

pytestmark = pytest.mark.browser

SECRET = "my card is 4000-1234"


@pytest.fixture
def desk(browser, cast):
    """The owner's console, on the page "Delivery"."""
    with browser.new_context(locale="en-GB") as profile:
        made = profile.new_page()
        made.goto(f"{cast.served.url}/console")
        made.get_by_role("textbox", name="Email").fill(cast.owner.email)
        made.get_by_role("textbox", name="Password").fill(PASSWORD)
        made.get_by_role("button", name="Sign in").click()
        made.get_by_role("link", name="Delivery").click()
        made.get_by_role("heading", name="Delivery").wait_for()
        yield made


def row(desk, site):
    return desk.get_by_role("row", name=re.compile(f"^{site['name']}"))


def reasons(desk):
    return desk.get_by_role("main").get_by_role("list")


def refresh_until(desk, locator, text):
    """The page asks again on each beat, and when it gets the focus."""
    for _ in range(60):
        desk.evaluate("window.dispatchEvent(new Event('focus'))")
        try:
            return expect(locator).to_contain_text(text, timeout=250)
        except AssertionError:
            continue
    expect(locator).to_contain_text(text)


def copied(page, host):
    page.context.grant_permissions(["clipboard-read"], origin=host.url)
    return page.evaluate("navigator.clipboard.readText()")


def test_messages_over_http_show_on_the_owners_page_with_what_to_do(context, host, cast, desk):
    expect(desk.get_by_text("No messages in this time")).to_be_visible()
    context.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    for number in range(1, 6):
        widget.write(f"over HTTP {number}")
    expect(widget.log.get_by_text("Sent")).to_have_count(5)
    refresh_until(desk, row(desk, cast.site), "5 100%")
    expect(row(desk, cast.site).get_by_role("cell")).to_have_text(["5", "0", "5 100%", "0"])
    expect(row(desk, cast.other_site).get_by_role("cell")).to_have_text(["0", "0", "0", "0"])
    refresh_until(desk, reasons(desk), "could not open a socket")
    expect(reasons(desk)).to_contain_text("replyx doctor")
    desk.get_by_role("radio", name="30 days").check()
    expect(row(desk, cast.site)).to_contain_text("100%")
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("document.documentElement.scrollWidth") == 390
    desk.get_by_role("link", name="Back to the list").click()
    expect(desk.get_by_role("list", name="Dialogs")).to_be_visible()


def test_what_failed_while_the_server_was_down_is_told_once_it_is_back(page, host, cast, served, desk):
    widget = Widget(page).open()
    widget.write("before")
    expect(widget.log).to_contain_text("Sent")
    served.stop(signal.SIGKILL)
    widget.write("while down")
    expect(widget.log).to_contain_text("Waiting for a connection…")
    served.start()
    expect(widget.log.get_by_text("Sent")).to_have_count(2)
    refresh_until(desk, reasons(desk), "got no answer")


def test_what_is_copied_holds_no_text_no_guest_and_no_token(page, host, cast, served):
    """By keyboard alone, from the menu's button and back."""
    widget = Widget(page).open()
    widget.state("Connected")
    widget.go_offline()
    widget.write(SECRET)
    expect(widget.log).to_contain_text("Waiting for a connection…")
    page.context.set_offline(False)
    expect(widget.log).to_contain_text("Sent")
    expect(widget.frame.get_by_text("Connected", exact=True)).to_be_visible()
    button, item = widget.frame.get_by_role("button", name="Menu"), widget.frame.get_by_role("menuitem", name="Copy diagnostics")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(item).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(item).to_be_hidden()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(widget.frame.get_by_text("Copied")).to_be_visible()
    expect(button).to_be_focused()
    text = copied(page, host)
    for words in (f"Server: {served.url}", f"Page: {host.url}", "Browser: Mozilla", "Version: 0.", "State: online",
                  "1 of them by another try", "http dialog_open unreachable",
                  "message waits for another try unreachable", "connected socket"):
        assert words in text
    guest_id = page.evaluate(f"localStorage.getItem('replyx.{cast.site['id']}.guest_id')")
    for secret in (SECRET, "4000", guest_id, guest_id[:8], cast.site["site_token"], "st_", "rs_"):
        assert secret not in text


def test_where_the_clipboard_is_kept_from_us_the_text_is_there_to_be_copied_by_hand(context, host):
    context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    button = widget.frame.get_by_role("button", name="Menu")
    button.click()
    button.click()
    expect(widget.frame.get_by_role("menu")).to_be_hidden()
    button.click()
    widget.frame.get_by_role("menuitem", name="Copy diagnostics").click()
    box = widget.frame.get_by_role("textbox", name="Diagnostics")
    expect(box).to_be_focused()
    assert box.input_value().startswith("ReplyX diagnostics")
    assert box.evaluate("box => box.selectionEnd - box.selectionStart === box.value.length && box.readOnly")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(button).to_be_focused()
    expect(page.get_by_role("button", name="Close chat")).to_be_visible()


def test_the_console_copies_its_own(desk):
    desk.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    desk.get_by_role("button", name="Copy diagnostics").click()
    text = desk.get_by_role("textbox", name="This browser").input_value()
    assert text.startswith("ReplyX diagnostics") and "state online" in text and "olga" not in text.lower()

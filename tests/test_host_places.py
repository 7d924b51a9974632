"""The places that the panel takes: a phone's whole screen, and an element of the page; in the real Chromium."""
import pytest
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget, answer, begin
from tests.served import until

pytestmark = pytest.mark.browser


def test_on_a_phone_the_panel_covers_the_page_and_gives_its_place_back(browser, cast):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-GB")
    page = context.new_page()
    viewport = "<meta name=viewport content=width=device-width>"
    with HostPage(cast.site["snippet"], head=viewport) as host:
        cover_and_give_back(page, host)
        keep_the_end_above_the_keyboard(page, cast)
    context.close()


def cover_and_give_back(page, host):
    page.goto(host.url)
    page.evaluate("() => { document.body.style.height = '5000px'; scrollTo(0, 1234); }")
    page.get_by_role("button", name="Open chat").tap()
    widget = Widget(page)
    expect(widget.text).to_be_visible()
    until(lambda: page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844})
    expect(page.locator("button")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    page.evaluate("scrollTo(0, 0)")
    widget.frame.get_by_role("button", name="Close chat").tap()
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    until(lambda: page.evaluate("[scrollY, document.documentElement.outerHTML.startsWith('<html lang=\"en\">')]") == [1234, True])


def keep_the_end_above_the_keyboard(page, cast):
    """Each time that it comes, the newest line stays in sight; and what a finger presses is large enough for it."""
    widget, dialog_id = begin(page, cast, "on the phone")
    answer(cast, dialog_id, "\n".join(["a long answer"] * 40))
    expect(widget.lines).to_have_count(2)
    widget.text.tap()
    for height in (460, 844, 460, 844, 460):
        page.set_viewport_size({"width": 390, "height": height})
        until(lambda: widget.frame.locator("body").evaluate("(body) => body.clientHeight") == height)
        left = "(main) => main.scrollHeight - main.scrollTop - main.clientHeight"
        until(lambda: widget.frame.locator("#main").evaluate(left) < 2)
    small = widget.frame.locator("button:visible").evaluate_all("""(buttons) => buttons.filter((button) => {
        const { width, height } = button.getBoundingClientRect();
        return width < 44 || height < 44; }).map(({ outerHTML }) => outerHTML)""")
    assert small == []


def test_inline_the_panel_fills_its_place_when_that_comes_into_view(context, cast):
    place = "<input id=search style=position:fixed;top:0><div style=height:3000px></div>" \
            "<div id=chat style=width:500px;height:400px></div>"
    with HostPage(cast.site["snippet"].replace("<script", "<script data-inline='#chat'"), body=place) as host:
        page = context.new_page()
        page.goto(host.url, wait_until="networkidle")
        assert page.locator("iframe").count() == 0 and page.get_by_role("button").count() == 0
        page.locator("#search").focus()
        page.evaluate("document.getElementById('chat').scrollIntoView()")
        widget = Widget(page)
        widget.state("Connected")
        page.keyboard.type("a lamp")
        expect(page.locator("#search")).to_have_value("a lamp")
        widget.write("inline")
        expect(widget.log).to_contain_text("Sent")
        box = page.locator("iframe").bounding_box()
        assert (box["width"], box["height"]) == (500, 400)

"""The chat's other half on the host page: what shows while it is closed, how it opens and fits, and how it goes on from page
to page; in the real Chromium."""
import re
import uuid
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget, answer, begin, dialog_of
from tests.served import until

pytestmark = pytest.mark.browser


def test_a_closed_chat_shows_what_comes(page, cast):
    widget, dialog_id = begin(page, cast, "badge, please")
    launcher = page.get_by_role("button", name="Open chat")
    page.keyboard.press("Escape")
    expect(launcher).to_be_focused()
    # Nobody looks at the page: its title says so by turns, whatever the page does with it.
    page.evaluate("() => { window.titles = [document.title]; document.hasFocus = () => false; setInterval(() => {"
                  "  if (titles.at(-1) !== document.title) titles.push(document.title); }, 50); }")
    answer(cast, dialog_id, "<i>first</i>")
    expect(page.get_by_role("button", name="Open chat, 1")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Anna<i>first</i>")
    until(lambda: page.evaluate("titles.join()").startswith("A shop,(1) A shop,A shop,(1) A shop"))
    page.evaluate("document.title = 'Basket'")
    until(lambda: page.evaluate("titles.at(-1)") == "(1) Basket")
    page.evaluate("() => { delete document.hasFocus; window.dispatchEvent(new Event('focus')); }")
    assert page.title() == "Basket"
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("status")).to_be_empty()
    answer(cast, dialog_id, "second")
    expect(page.get_by_role("button", name="Open chat, 2")).to_be_visible()
    # A page in another tab asks once, and shows the same; a click on the line opens the chat.
    url, page = page.url, page.context.new_page()
    page.goto(url)
    widget, launcher = Widget(page), page.get_by_role("button", name="Open chat")
    expect(page.get_by_role("button", name="Open chat, 2")).to_be_visible()
    assert page.locator("iframe").count() == 0
    page.get_by_role("status").get_by_role("button", name="second").click()
    expect(widget.lines).to_have_text(["badge, please", "<i>first</i>", "second"])
    widget.close()
    expect(launcher).to_have_attribute("aria-label", "Open chat")
    expect(page.get_by_role("status")).to_be_empty()


MARKED = "Object.keys(sessionStorage).filter((key) => key.endsWith('.used.tab')).length"


def test_a_chat_goes_on_from_page_to_page_of_a_tab(context, cast):
    """Answers are heard there, and the panel is as it was; what the visitor does there is not disturbed."""
    rules = [{"text": "May I help?", "after": 1, "url": "/shelf"}]
    assert cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": {"proactive": rules}}).ok
    with HostPage(cast.site["snippet"], body="<input id=search autofocus>") as host:
        page = context.new_page()
        page.clock.install()
        page.goto(host.url)
        Widget(page).open().close()
        # Who has written nothing leaves nothing.
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        page.goto(f"{host.url}/shelf")
        page.get_by_role("button", name="May I help?").wait_for()
        assert page.locator("iframe").count() == 0
        widget, dialog_id = begin(page, cast, "from shelf to shelf")
        widget.close()

        page.goto(f"{host.url}/shelf/2")
        widget.frame.locator("body[data-state=online]").wait_for(state="attached")
        # Who has a dialog is not spoken to as a stranger.
        page.clock.run_for(5000)
        expect(page.get_by_role("button", name="May I help?")).to_have_count(0)
        answer(cast, dialog_id, "on the next page")
        expect(page.get_by_role("button", name="Open chat, 1")).to_be_visible()
        page.get_by_role("status").get_by_role("button", name="on the next page").click()
        expect(widget.text).to_be_focused()

        # Open it stays, and the visitor writes where they were going to.
        page.goto(f"{host.url}/shelf/3")
        expect(widget.lines).to_have_text(["from shelf to shelf", "on the next page"])
        expect(widget.text).to_be_visible()
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("a lamp")
        expect(page.locator("#search")).to_have_value("a lamp")

        page.set_viewport_size({"width": 400, "height": 700})
        page.goto(f"{host.url}/small")
        widget.frame.locator("body[data-state=online]").wait_for(state="attached")
        expect(page.get_by_role("button", name="Open chat")).to_be_visible()
        expect(page.locator("iframe")).to_be_hidden()
        page.set_viewport_size({"width": 1280, "height": 720})

        # Each tab for itself.
        other = context.new_page()
        with other.expect_response(re.compile("/unread")):
            other.goto(host.url)
        assert other.evaluate(MARKED) == 0 and other.locator("iframe").count() == 0
        # Who passes the launcher with the mouse does not chat; a click does, wherever the tab has been meanwhile.
        other.get_by_role("button", name="Open chat").hover()
        other.locator("iframe[title=Chat]").wait_for(state="attached")
        assert other.evaluate(MARKED) == 0
        other.get_by_role("button", name="Open chat").click()
        assert other.evaluate(MARKED) == 1
        other.evaluate("""() => {
            sessionStorage.setItem(Object.keys(sessionStorage).find((key) => key.endsWith(".used.tab")), "closed");
            dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })); }""")
        assert Widget(other).was_open
        other.close()

        # A click that comes first counts as it does anywhere.
        widget.open()
        page.route("**/host.js", lambda route: page.evaluate("document.querySelector('body > div').shadowRoot"
                                                             ".querySelector('button').click()") or route.continue_())
        page.goto(f"{host.url}/quick")
        expect(widget.text).to_be_focused()
        page.unroute("**/host.js")
        page.evaluate("ReplyX.reset()")
        expect(widget.lines).to_have_count(0)
        assert page.evaluate(MARKED) == 0
        widget.write("somebody else")
        expect(widget.log).to_contain_text("Sent")
        assert page.evaluate(MARKED) == 1
        page.evaluate("ReplyX.destroy()")
        assert page.evaluate(MARKED) == 0


def test_with_the_server_down_a_chat_that_was_open_waits_quietly_and_comes_back(context, served, cast):
    """The browser has the scripts from the page before. Nobody has clicked; who does hears what is wrong."""
    asked = []

    def down(route):
        path = urlsplit(route.request.url).path
        asked.append(path)
        if path.endswith(("/replyx.js", "/host.js")):
            route.continue_()
        else:
            route.abort()

    def tried(times):
        """The frame was asked for this often, and given up each time."""
        until(lambda: page.clock.run_for(500) or asked.count("/frame") >= times and not page.locator("iframe").count())
        assert page.get_by_role("alert").count() == 0
        expect(launcher).to_have_attribute("aria-busy", "false")
        expect(launcher).to_have_text("")
        expect(page.locator("#search")).to_be_focused()
    with HostPage(cast.site["snippet"], body="<input id=search autofocus>") as host:
        page = context.new_page()
        page.clock.install()
        launcher = page.get_by_role("button", name="Open chat")
        page.goto(host.url)
        widget, dialog_id = begin(page, cast, "before the night")
        line = {"client_id": str(uuid.uuid4()), "text": "in the night", "at": 1}
        page.evaluate("""(line) => {
            const key = Object.keys(localStorage).find((name) => name.endsWith(".guest_id"));
            localStorage.setItem(key.replace("guest_id", `outbox.${line.client_id}`), JSON.stringify(line)); }""", line)
        page.route(f"{served.url}/**", down)
        page.goto(f"{host.url}/next")
        tried(times=1)
        page.clock.run_for(5000)
        tried(times=2)
        assert widget.was_open
        page.evaluate("dispatchEvent(new Event('online'))")
        tried(times=3)
        page.goto(f"{host.url}/after/next")
        tried(times=4)
        page.unroute(f"{served.url}/**")
        page.clock.run_for(5000)
        expect(widget.lines).to_have_text(["before the night", "in the night"])
        expect(widget.text).to_be_visible()
        expect(page.locator("#search")).to_be_focused()
        until(lambda: dialog_of(cast, "in the night") == dialog_id)

        page.route(f"{served.url}/frame?*", lambda route: route.abort())
        page.goto(f"{host.url}/last")
        launcher.click()
        expect(page.get_by_role("alert")).to_have_text("The chat did not load. Try again.")
        page.unroute(f"{served.url}/frame?*")
        launcher.click()
        expect(widget.text).to_be_focused()
        expect(page.get_by_role("alert")).to_have_count(0)
        # Closed before it came, it stays so.
        page.keyboard.press("Escape")
        assert not widget.was_open


def test_closed_before_it_has_come_it_stays_closed_on_the_next_page(page, cast, served):
    begin(page, cast, "no more for now")
    held = []
    page.route(f"{served.url}/frame?*", lambda route: held.append(route))
    page.goto(f"{page.url}next")
    until(lambda: held, page=page)
    page.evaluate("ReplyX.close()")
    mark = "Object.entries(sessionStorage).find(([key]) => key.endsWith('.used.tab'))[1]"
    until(lambda: page.evaluate(mark) == "closed")


def test_a_reload_while_a_line_leaves(page, cast):
    widget, _ = begin(page, cast, "before")
    widget.text.fill("while it reloads")
    widget.text.press("Enter")
    page.reload()
    widget.open()
    expect(widget.lines).to_have_text(["before", "while it reloads"])
    until(lambda: dialog_of(cast, "while it reloads"))


def test_what_does_not_come_is_said_once_and_asked_for_again(context, host, cast):
    """The part for small screens, the count of lines, and a frame that begins anew while the server is away."""
    context.clock.install()
    page = context.new_page()
    lines = []
    page.on("console", lambda message: lines.append(message.text))
    page.set_viewport_size({"width": 400, "height": 700})
    page.route("**/phone.js", lambda route: route.abort())
    page.goto(host.url)
    with page.expect_request(lambda request: request.url.endswith("/phone.js?")):
        widget, dialog_id = begin(page, cast, "small and far away")
    until(lambda: any("phone.js" in line and line.startswith("[ReplyX]") for line in lines), page=page)
    widget.frame.get_by_role("button", name="Close chat").click()

    # In another tab.
    page = context.new_page()
    page.set_viewport_size({"width": 400, "height": 700})
    page.route("**/unread*", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "/unread" in request.url):
        page.goto(host.url)
    page.get_by_role("button", name="Open chat").hover()
    page.locator("iframe[title=Chat]").wait_for(state="attached")
    answer(cast, dialog_id, "are you there?")
    expect(page.get_by_role("status")).to_contain_text("are you there?")
    assert page.locator("button > i").count() == 1
    Widget(page).open()
    expect(page.get_by_role("status")).to_be_empty()

    held = []
    page.route("**/frame?*", lambda route: held.append(route))
    page.evaluate("ReplyX.reset()")
    # On a small screen there would be nothing else to see.
    expect(page.locator("button[aria-busy=true]")).to_be_visible()
    until(lambda: held, page=page)
    page.unroute("**/frame?*")
    page.route("**/frame?*", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "/frame?" in request.url):
        held[0].abort()
    context.clock.fast_forward(16_000)
    expect(page.get_by_role("alert")).to_have_text("The chat did not load. Try again.")
    # The launcher that has come back under the pointer may have loaded the panel again.
    context.clock.fast_forward(16_000)
    expect(page.locator("iframe")).to_have_count(0)
    page.unroute("**/frame?*")
    expect(Widget(page).open().lines).to_have_count(0)

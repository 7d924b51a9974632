"""The widget on a host page of another origin, in the real Chromium."""
import gzip
import re

import pytest
import requests
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget
from tests.served import until

pytestmark = pytest.mark.browser


def no_websocket(context):
    """A network that lets no WebSocket through: each is closed before it reaches the server."""
    context.route_web_socket(re.compile(".*"), lambda socket: socket.close())


def only_dialog(desk, text):
    """The dialog whose newest line is this text, once it is there."""
    def found():
        for dialog in desk.call("dialog_list", {})["dialogs"]:
            if dialog["last_message"]["text"] == text:
                return dialog
    return until(found)


@pytest.mark.parametrize("blocked", [False, True], ids=["WebSocket", "HTTP alone"])
def test_a_conversation_without_reload_and_after_one(context, cast, host, blocked):
    if blocked:
        no_websocket(context)
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    greeting = f"Where is my order? ({blocked})"
    with cast.manager.socket() as desk:
        widget.write(greeting)
        expect(widget.log).to_contain_text("Sent")
        dialog = only_dialog(desk, greeting)
        desk.call("message_post", {"dialog_id": dialog["id"], "text": "On its way"})
        expect(widget.lines).to_have_text([greeting, "On its way"])
        expect(widget.log).to_contain_text("Anna")
        widget.state("with a short delay" if blocked else "Connected")
        page.reload()
        widget.open()
        expect(widget.lines).to_have_text([greeting, "On its way"])
        desk.call("message_post", {"dialog_id": dialog["id"], "text": "Anything else?"})
        expect(widget.lines).to_have_count(3)
        widget.write("No, thanks")
        until(lambda: desk.events("message") and desk.events("message")[-1]["message"]["text"] == "No, thanks")
        until(lambda: desk.events("read"))
    assert context.pages[0].url.startswith("http://localhost")


def test_before_the_click_there_is_one_request_and_nothing_stored(context, host, served):
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host.url, wait_until="networkidle")
    page.get_by_role("button", name="Open chat").wait_for()
    assert [url.split("?")[0] for url in asked if url.startswith(served.url)] == [f"{served.url}/replyx.js"]
    assert page.locator("iframe").count() == 0
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_the_loader_is_light(cast, served):
    answer = requests.get(f"{served.url}/replyx.js", params={"site_token": cast.site["site_token"]}, timeout=10)
    assert len(gzip.compress(answer.content, 9)) <= 2048
    assert answer.headers["Content-Encoding"] == "gzip" and "max-age=300" in answer.headers["Cache-Control"]
    again = requests.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
    assert again.status_code == 304


def test_typing_shows_both_ways_and_a_read_line_says_so(page, cast):
    widget = Widget(page).open()
    widget.write("typing test")
    with cast.manager.socket() as desk:
        dialog = only_dialog(desk, "typing test")
        desk.call("typing", {"dialog_id": dialog["id"], "typing": True})
        expect(widget.frame.get_by_text("Typing…")).to_be_visible()
        widget.text.press_sequentially("I wri")
        until(lambda: {"dialog_id": dialog["id"], "sender": "guest"} in desk.events("typing_start"))
        desk.call("read", {"dialog_id": dialog["id"], "message_id": dialog["last_message_id"]})
        expect(widget.log).to_contain_text("Read")
        desk.call("close", {"dialog_id": dialog["id"]})
        expect(widget.frame.get_by_text("This chat was closed")).to_be_visible()


def test_the_panel_opens_and_closes_by_keyboard_and_focus_returns(page):
    launcher = page.get_by_role("button", name="Open chat")
    launcher.focus()
    page.keyboard.press("Enter")
    widget = Widget(page)
    expect(widget.text).to_be_focused()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(widget.lines).to_have_text(["by keyboard"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()


def test_a_spoilt_guest_id_in_the_storage_is_replaced(page, cast):
    site = cast.site["id"]
    page.evaluate(f"localStorage.setItem('replyx.{site}.guest_id', 'spoilt')")
    widget = Widget(page).open()
    widget.write("who am I")
    expect(widget.log).to_contain_text("Sent")
    assert page.evaluate(f"localStorage.getItem('replyx.{site}.guest_id').length") == 36


def test_text_is_shown_as_text(page, cast):
    evil = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    widget = Widget(page).open()
    widget.write(evil)
    expect(widget.lines).to_have_text([evil])
    with cast.manager.socket() as desk:
        desk.call("message_post", {"dialog_id": only_dialog(desk, evil)["id"], "text": evil})
    expect(widget.lines).to_have_text([evil, evil])
    assert widget.page.frames[1].title() == "Chat"


@pytest.mark.parametrize("snippet, why", [
    ('<script async src="{url}/replyx.js?site_token=st_wrong"></script>', "Copy the snippet again"),
    ('<script async src="{url}/replyx.js"></script>', "names no site"),
], ids=["a wrong token", "no token"])
def test_a_bad_snippet_says_why_in_the_pages_console(context, served, snippet, why):
    with HostPage(snippet.format(url=served.url)) as host:
        page = context.new_page()
        with page.expect_console_message(lambda message: why in message.text) as told:
            page.goto(host.url)
        assert told.value.text.startswith("[ReplyX]")
        assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize("snippet", [
    '<script async src="{url}/replyx.js?assistant_id={site[assistant_id]}"></script>',
    '<script async src="{url}/replyx.js" data-site-token="{site[site_token]}"></script>',
    '<script async src="{url}/replyx.js" data-assistant-id="{site[assistant_id]}"></script>',
])
def test_every_form_of_the_snippet_works(context, cast, served, snippet):
    with HostPage(snippet.format(url=served.url, site=cast.site), head=snippet.format(url=served.url, site=cast.site)) as host:
        page = context.new_page()
        page.goto(host.url)
        widget = Widget(page).open()
        widget.write("hello")
        expect(widget.log).to_contain_text("Sent")
        assert page.get_by_role("button", name="Close chat").count() == 1


def test_a_page_of_a_foreign_domain_is_told_at_the_click(context, cast):
    """The site's domain is club.example; the host page is on localhost."""
    with HostPage(cast.other_site["snippet"]) as host:
        page = context.new_page()
        page.goto(host.url)
        with page.expect_console_message(lambda message: "is not among the site's domains: club.example" in message.text):
            page.get_by_role("button", name="Open chat").click()
        expect(page.get_by_role("alert")).to_contain_text("isn't set up for this page's address")
        assert page.locator("iframe").count() == 0


def test_a_page_of_a_foreign_domain_cannot_embed_the_chat(context, cast, served):
    """A snippet without settings does not know the domains; the frame's own policy keeps it out all the same."""
    snippet = f'<script async src="{served.url}/replyx.js" data-site-token="{cast.other_site["site_token"]}"></script>'
    with HostPage(snippet) as host:
        page = context.new_page()
        page.clock.install()
        page.goto(host.url)
        with page.expect_event("framenavigated", lambda frame: frame.url == "chrome-error://chromewebdata/"):
            page.get_by_role("button", name="Open chat").click()
        page.clock.fast_forward(15_000)
        expect(page.get_by_role("alert")).to_have_text("The chat did not load. Try again.")


def test_a_text_that_is_too_long_stays_and_says_so(page):
    widget = Widget(page).open()
    widget.write("a" * 10_001)
    expect(widget.frame.get_by_role("alert")).to_have_text(
        "The message is too long: 10001 of 10000 characters. Send it in parts.")
    assert len(widget.text.input_value()) == 10_001
    widget.write("a" * 10_000)
    expect(widget.log).to_contain_text("Sent")


def test_a_page_that_swaps_its_body_keeps_the_launcher(page):
    page.evaluate("""() => {
        const snippet = document.querySelector("script[src*='replyx.js']").src;
        document.body = document.createElement("body");
        document.body.append(Object.assign(document.createElement("script"), { src: snippet }));
    }""")
    expect(page.get_by_role("button", name="Open chat")).to_have_count(1)


def test_a_panel_closed_while_it_loads_reads_nothing(page, cast):
    Widget(page).open().write("read me not")
    with cast.manager.socket() as desk:
        dialog = only_dialog(desk, "read me not")
        url, context = page.url, page.context
        page.close()
        page = context.new_page()
        page.goto(url)
        launcher = page.get_by_role("button", name="Open chat")
        launcher.click()
        page.get_by_role("button", name="Close chat").click()
        until(lambda: page.locator("iframe").count())
        desk.call("message_post", {"dialog_id": dialog["id"], "text": "unseen"})
        Widget(page).open()
        until(lambda: desk.events("read"))
        reads = [event for event in desk.events("read") if event["sender"] == "guest"]
    assert len(reads) == 1


def test_destroy_takes_everything_away(page):
    Widget(page).open()
    page.evaluate("ReplyX.destroy()")
    assert page.get_by_role("button").count() == 0 and page.locator("iframe").count() == 0


def test_the_chat_speaks_the_pages_language(context, cast):
    with HostPage(cast.site["snippet"], head="<script>document.documentElement.lang = 'ru'</script>") as host:
        page = context.new_page()
        page.goto(host.url)
        page.get_by_role("button", name="Открыть чат").click()
        frame = page.frame_locator('iframe[title="Чат"]')
        frame.get_by_role("textbox", name="Сообщение").fill("Привет")
        frame.get_by_role("button", name="Отправить").click()
        expect(frame.get_by_role("log")).to_contain_text("Отправлено")

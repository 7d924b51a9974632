"""The loader as a guest on other people's pages: what it asks for, where it stands, how it leaves; in the real Chromium."""
import re

import pytest
import requests
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget, console_lines, launcher
from tests.served import until

pytestmark = pytest.mark.browser

# How long the page's own thread was held up, in ms.
WATCH = """window.held = 0;
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.held += duration; })
    .observe({ type: "longtask", buffered: true });"""
QUEUE = "<script>window.ReplyX = window.ReplyX || []; ReplyX.push(['on', 'open', () => { window.opened = true; }])</script>"


def asked(page, served):
    """What the page asks ReplyX for, from now on: (method, path without the files' version)."""
    found = []
    page.on("request", lambda request: request.url.startswith(served.url) and found.append(
        (request.method, re.sub(r"\?.*|/w/\w+", "", request.url.removeprefix(served.url)))))
    return found


def body(served, path, **query):
    return requests.get(f"{served.url}{path}", params=query, headers={"Accept-Encoding": "gzip"}, stream=True,
                        timeout=10).raw.read()


def test_bytes(served, cast):
    loader = body(served, "/replyx.js", site_token=cast.site["site_token"])
    base = re.search(r'"base":"(/w/\w+)"', requests.get(cast.site["snippet"].split('"')[1], timeout=10).text)[1]
    assert len(loader) <= 2048
    assert len(body(served, f"{base}/host.js")) <= 4700


def test_before_the_first_sign_of_interest_one_request_and_then_those_of_the_panel(context, served, cast):
    """From the head of the page, before there is a body, with commands that do not wait for the script."""
    with HostPage(head=QUEUE + cast.site["snippet"].replace(" async", "")) as host:
        page = context.new_page()
        page.add_init_script(WATCH)
        seen, storage = asked(page, served), "localStorage.length + sessionStorage.length + document.cookie.length"
        page.goto(f"{host.url}#replyx", wait_until="networkidle")
        expect(launcher(page)).to_have_count(1)
        assert seen == [("GET", "/replyx.js")]
        assert page.evaluate(storage) == 0
        assert page.evaluate("held") < 200
        page.evaluate("setTimeout(() => { const end = performance.now() + 400; while (performance.now() < end); })")
        until(lambda: page.evaluate("held") >= 400)
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        launcher(page).hover()
        widget = Widget(page)
        until(lambda: page.evaluate("document.querySelector('body > div').shadowRoot.querySelector('iframe[title]') !== null"))
        # Who passes with the mouse has the files, and no connection.
        assert page.frames[1].evaluate("document.body.dataset.state ?? null") is None
        assert sorted(path for _, path in seen) == ["/api.js", "/frame", "/frame.css", "/frame.js", "/host.js", "/replyx.js"]
        assert sockets == []
        # The panel is there, unseen; nothing is stored by looking at the launcher.
        expect(page.locator("iframe")).to_be_hidden()
        assert page.evaluate(storage) == 0 and not page.evaluate("window.opened")
        launcher(page).click()
        expect(widget.text).to_be_focused()
        until(lambda: page.evaluate("window.opened"))
        until(lambda: len(sockets) == 1, page=page)
        panel = {("GET", path) for path in ("/replyx.js", "/host.js", "/frame", "/frame.css", "/frame.js")}
        assert panel <= set(seen) and len(seen) <= 8, seen


def test_a_page_that_replaces_its_parts_keeps_one_launcher(context, cast):
    """Two snippets, a history of its own, a new body, a new root, the snippet run again, and a way out that leaves nothing."""
    with HostPage(cast.site["snippet"], head=cast.site["snippet"]) as host:
        page = context.new_page()
        lines = console_lines(page)
        with page.expect_console_message():
            page.goto(host.url)
        assert lines == ["[ReplyX] The snippet is on this page twice."]
        page.evaluate("() => { history.pushState(null, '', '/next'); document.body = document.createElement('body'); }")
        expect(launcher(page)).to_have_count(1)
        page.evaluate("""() => {
            const root = document.createElement("html");
            root.append(document.createElement("head"), document.createElement("body"));
            document.documentElement.replaceWith(root);
        }""")
        expect(launcher(page)).to_have_count(1)
        Widget(page).open()
        # The frame goes with the body, and comes back open.
        page.evaluate("() => { document.body = document.createElement('body'); }")
        expect(Widget(page).text).to_be_visible()
        page.evaluate("""(src) => { const again = Object.assign(document.createElement("script"), { src });
            document.body.append(again); return new Promise((resolve) => { again.onload = resolve; }); }""",
                      cast.site["snippet"].split('"')[1])
        expect(page.get_by_role("button", name="Close chat")).to_have_count(1)
        page.evaluate("ReplyX.destroy()")
        left = page.evaluate("[document.querySelectorAll('body > div').length, typeof ReplyX, frames.length]")
        assert left == [0, "undefined", 0]
        page.evaluate("""(src) => document.body.append(Object.assign(document.createElement("script"), { src }))""",
                      cast.site["snippet"].split('"')[1])
        Widget(page).open()


def test_a_launcher_with_a_label_is_a_cross_alone_while_the_chat_is_open(context, served, cast):
    site = served.command("site", "add", "Label", "--domain", "localhost", "--json")
    assert cast.owner.http("POST", f"/sites/{site['id']}", {"settings": {"look": {
        "label": "Questions?", "variables": {"--rx-font": "Inter, serif"}}}}).ok
    # An option without a value is none.
    with HostPage(site["snippet"].replace("<script", "<script data-inline=''")) as host:
        page = context.new_page()
        page.goto(host.url)
        button = page.get_by_role("button", name="Questions? Open chat")
        expect(button).to_have_css("font-family", "Inter, serif")
        wide = button.bounding_box()["width"]
        button.click()
        Widget(page).text.wait_for()
        box = page.get_by_role("button", name="Close chat").bounding_box()
        assert wide > 100 and (box["width"], box["height"]) == (56, 56)


@pytest.mark.parametrize("late", ["/host.js", "/frame?"])
def test_the_panel_begins_to_load_beside_the_other_half(context, cast, late):
    """Whichever comes first, there is one frame."""
    with HostPage(cast.site["snippet"]) as host:
        page, held, asked = context.new_page(), [], []
        page.route(lambda url: late in url, lambda route: held.append(route))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(host.url)
        launcher(page).click()
        until(lambda: held and all([url for url in asked if part in url] for part in ("/host.js", "/frame?")), page=page)
        if late == "/host.js":
            # All that the panel needs is there, and waits. Who sees nothing come clicks again.
            page.frames[1].wait_for_load_state()
            launcher(page).click()
        held[0].continue_()
        expect(Widget(page).text).to_be_focused()
        assert len([url for url in asked if "/frame?" in url]) == 1


def test_a_page_that_only_looks_like_one_of_the_sites_gets_no_panel(context, served):
    """At another port."""
    site = served.command("site", "add", "Port", "--domain", "shop.test", "--json")
    with HostPage(site["snippet"], name="shop.test") as host:
        page = context.new_page()
        lines = console_lines(page)
        page.goto(host.url)
        launcher(page).click()
        expect(page.get_by_role("alert")).to_contain_text("isn't set up for this page's address")
        assert page.locator("iframe").count() == 0
        assert [line for line in lines if "did not load" in line] == []


def test_with_the_server_down_a_click_says_so_soon_and_another_tries_again(context, cast):
    """A gateway's error page, and the browser's own; on a small screen the launcher stays in sight until there is a panel."""
    with HostPage(cast.site["snippet"]) as host:
        page = context.new_page()
        page.set_viewport_size({"width": 400, "height": 700})
        page.route("**/host.js", lambda route: route.abort())
        page.goto(host.url)
        launcher(page).click()
        expect(launcher(page)).to_have_text("⚠")
        # The frame that stood ready for it has gone too; a click once more opens the chat and does not close it again.
        expect(page.locator("iframe")).to_have_count(0)
        page.route("**/signs.js*", lambda route: route.abort())
        for answer in (lambda route: route.fulfill(status=502, body="Bad gateway"), lambda route: route.abort()):
            page.route("**/frame?*", answer)
            launcher(page).click()
            expect(page.locator("button[aria-busy=true]")).to_be_visible()
            # Far below the time that a slow network is given.
            expect(launcher(page)).to_have_attribute("aria-busy", "false", timeout=9000)
            page.unroute("**/frame?*")
            page.mouse.move(1, 1)
            if not page.get_by_role("alert").count():
                # The words come from the same server.
                expect(launcher(page)).to_have_text("⚠")
                page.unroute("**/signs.js*")
        expect(page.get_by_role("alert")).to_have_text("The chat did not load. Try again.")
        expect(launcher(page)).to_have_text("")
        Widget(page).open()
        expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("part", ["/host.js", "/frame?"])
def test_destroyed_in_the_middle_of_loading_nothing_comes(context, cast, part):
    with HostPage(cast.site["snippet"]) as host:
        page, held = context.new_page(), []
        lines = console_lines(page)
        page.route(lambda url: part in url, lambda route: held.append(route))
        page.goto(host.url)
        page.evaluate("() => { window.ours = ReplyX; ours.open(); }")
        until(lambda: held, page=page)
        page.evaluate("ours.destroy()")
        if part == "/host.js":
            with page.expect_event("requestfinished"):
                held[0].continue_()
        page.evaluate("() => { ours.open(); ours.send('too late'); ours.destroy(); }")
        left = "[typeof ReplyX, frames.length, document.querySelectorAll('body > div').length]"
        assert page.evaluate(left) == ["undefined", 0, 0] and lines == []


def test_a_proactive_message_comes_where_and_when_it_is_due(context, served, cast):
    site = served.command("site", "add", "Sale", "--domain", "localhost", "--json")
    rules = [{"text": "Questions about prices?", "after": 0, "url": "/prices"},
             {"text": "<b>Need help?</b>", "after": 1, "url": ""}]
    assert cast.owner.http("POST", f"/sites/{site['id']}", {"settings": {"proactive": rules}}).ok
    with HostPage(site["snippet"], name="elsewhere.test") as host:
        foreign, asked_for = context.new_page(), []
        foreign.on("request", lambda request: asked_for.append(request.url))
        foreign.goto(f"{host.url}/prices")
        until(lambda: any("/host.js" in url for url in asked_for), page=foreign)
        foreign.wait_for_load_state("networkidle")
    with HostPage(site["snippet"]) as host:
        page = context.new_page()
        page.goto(host.url)
        page.get_by_role("button", name="<b>Need help?</b>").wait_for()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.locator("iframe").count() == 0
        assert foreign.get_by_role("status").count() == 0
        other = context.new_page()
        other.clock.install()
        other.goto(host.url)
        other.clock.run_for(3000)
        other.get_by_role("button", name="Dismiss").click()
        # Who has dismissed one has peace for the session.
        other.evaluate("history.pushState(null, '', '/prices')")
        other.clock.run_for(5000)
        expect(other.get_by_role("button", name="Questions about prices?")).to_have_count(0)
        other.close()
        page.goto(f"{host.url}/prices")
        page.get_by_role("button", name="Questions about prices?").click()
        expect(Widget(page).text).to_be_focused()
        # What was dismissed or taken up stays away for the session.
        page.reload()
        launcher(page).hover()
        page.locator("iframe").wait_for(state="attached")
        expect(page.get_by_role("button", name="Questions about prices?")).to_have_count(0)

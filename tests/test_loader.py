"""The loader as a guest on other people's pages: what it asks for, where it stands, how it leaves; in the real Chromium."""
import re

import pytest
import requests
from playwright.sync_api import expect

from replyx import styles
from tests.hostpage import HostPage, Widget
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


def launcher(page):
    return page.get_by_role("button", name="Open chat")


def console_lines(page):
    found = []
    page.on("console", lambda message: found.append(message.text))
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


def test_the_api_before_and_after_the_script(context, cast):
    head = """<script>
      window.heard = [];
      window.ReplyX = window.ReplyX || [];
      for (const name of ["ready", "open", "close", "message", "unread", "error"]) {
        ReplyX.push(["on", name, (detail) => heard.push([name, detail])]);
      }
      ReplyX.push(["on", "open", () => { throw new Error("a listener's own"); }], ["nonsense"], null, ["open"]);
      ReplyX.push(["send", "from the queue"]);
    </script>"""
    with HostPage(cast.site["snippet"], head=head) as host:
        page = context.new_page()
        lines = console_lines(page)
        page.goto(host.url)
        widget = Widget(page)
        expect(widget.lines).to_have_text(["from the queue"])
        expect(widget.log).to_contain_text("Sent")
        heard = until(lambda: [name for name, _ in page.evaluate("heard")][:3] == ["open", "ready", "message"]
                      and page.evaluate("heard"))
        assert heard[2][1]["message"]["text"] == "from the queue"
        page.evaluate("ReplyX.close()")
        expect(widget.text).to_be_hidden()
        page.evaluate("ReplyX.toggle()")
        expect(widget.text).to_be_visible()
        page.evaluate("ReplyX.hide()")
        expect(widget.text).to_be_hidden()
        page.evaluate("ReplyX.show()")
        page.evaluate("() => { ReplyX.off('close', 0); ReplyX.reset(); }")
        expect(widget.lines).to_have_count(0)
        page.evaluate("ReplyX.push(['send', 'as another guest'])")
        expect(widget.lines).to_have_text(["as another guest"])
        page.evaluate("ReplyX.close()")
        assert [name for name, _ in page.evaluate("heard")].count("close") == 2
        assert [line for line in lines if "a listener's own" in line or "nonsense" in line]
        assert [line for line in lines if not line.startswith("[ReplyX]")] == []


HOSTILE = """<script>
  Object.prototype.extra = function () { return "theirs"; };
  Array.prototype.extra = 1;
  window.thrown = [];
  addEventListener("error", ({ message }) => thrown.push(message));
  addEventListener("unhandledrejection", ({ reason }) => thrown.push(`${reason}`));
  window.heard = [];
  window.ReplyX = [["__proto__"], ["constructor", {}], ["valueOf"], ["extra"], [], null, 7,
    "open", [["open"]], { 0: "open" }, ["on", "nothing", () => {}], ["on", "open", "no function"], ["on", Symbol("open")],
    ["identify", { attributes: { run() {} } }], ["identify", null], ["identify", "text"], ["setAttributes", Symbol("s")],
    ["send"], ["send", null], ["send", Symbol("s")], ["off"], ["off", "open"], ["hide", 1], ["show", {}]];
  for (const name of ["ready", "open", "close", "message", "unread", "error"]) {
    ReplyX.push(["on", name, () => { heard.push(name); throw new Error("a listener's own"); }]);
    ReplyX.push(["on", name, () => ReplyX.on(name, () => heard.push(`${name} again`))]);
  }
</script>"""


def test_a_hostile_page_gets_nothing_thrown_and_does_not_stop_the_chat(context, cast):
    with HostPage(cast.site["snippet"], head=HOSTILE) as host:
        page = context.new_page()
        lines = console_lines(page)
        page.goto(host.url)
        # One of the odd ones opens the chat.
        widget = Widget(page)
        expect(widget.text).to_be_visible()
        widget.write("all the same")
        expect(widget.log).to_contain_text("Sent")
        expect(widget.lines).to_have_text(["all the same"])
        until(lambda: {"ready", "message"} <= set(page.evaluate("heard")))
        # Calls of every kind on the open chat; the frame moved and spoken to before it is there again; taken away for good.
        page.evaluate("""() => {
            for (const odd of [undefined, null, 0, "x", Symbol("s"), () => {}, [], document, window]) {
              for (const name of ["identify", "setAttributes", "on", "off", "push", "open", "show"]) ReplyX[name](odd, odd);
            }
            document.body = document.createElement("body");
            ReplyX.show();
            for (const name of ["close", "open", "close", "open"]) ReplyX[name]();
            ReplyX.identify({ name: "Vera" });
        }""")
        expect(widget.lines).to_have_text(["all the same"])
        page.evaluate("""() => { document.querySelector("body > div").shadowRoot.querySelector("iframe").remove();
            ReplyX.close(); ReplyX.open(); }""")
        expect(widget.lines).to_have_text(["all the same"])
        # The page takes the name for something of its own; the launcher works on, and leaves that alone when it goes.
        page.evaluate("() => { window.ours = ReplyX; window.ReplyX = { theirs: true }; ours.reset(); }")
        expect(widget.lines).to_have_count(0)
        page.get_by_role("button", name="Close chat").click()
        page.evaluate("() => { ours.destroy(); ours.destroy(); ours.open(); ours.push(['send', 'too late']); }")
        assert page.evaluate("[ReplyX.theirs, frames.length, thrown]") == [True, 0, []]
        # The browser itself tells of requests that were refused, as profiles of nonsense are.
        assert [line for line in lines if not line.startswith(("[ReplyX]", "Failed to load resource"))] == []


def test_what_the_api_can_not_do_is_said_in_plain_words(context, cast):
    head = """<script>window.ReplyX = [["nosuch"], ["on", "opened", () => {}], ["identify", "Vera"],
        ["setAttributes", {a: {b: 1}}], ["open"]]</script>"""
    with HostPage(cast.site["snippet"], head=head) as host:
        page = context.new_page()
        lines = console_lines(page)
        page.goto(host.url)
        Widget(page).text.wait_for()
        until(lambda: len([line for line in lines if line.startswith("[ReplyX]")]) >= 4, page=page)
        assert re.search(r"nosuch.* is none of .*open.*send", lines[0]) and "TypeError" not in "".join(lines)
        assert "there are the events ready, open, close" in "".join(lines)
        assert len([line for line in lines if "an attribute is a text, a number, true or false" in line]) == 2


def test_a_launcher_with_a_label_is_a_cross_alone_while_the_chat_is_open(context, served, cast):
    site = served.command("site", "add", "Label", "--domain", "localhost", "--json")
    assert cast.owner.http("POST", f"/sites/{site['id']}", {"settings": {"look": {"label": "Questions?"}}}).ok
    # An option without a value is none.
    with HostPage(site["snippet"].replace("<script", "<script data-inline=''")) as host:
        page = context.new_page()
        page.goto(host.url)
        button = page.get_by_role("button", name="Questions? Open chat")
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


def test_a_page_that_names_no_place_for_it_gets_nothing_thrown(context, cast):
    with HostPage(cast.site["snippet"].replace("<script", '<script data-inline="#chat["')) as host:
        page = context.new_page()
        lines = console_lines(page)
        page.goto(host.url)
        until(lambda: page.evaluate("typeof ReplyX.open") == "function")
        until(lambda: lines, page=page)
        assert all(line.startswith("[ReplyX]") for line in lines)


def test_who_the_visitor_is_reaches_the_managers(context, cast):
    """What no message can hold is left out, and takes nothing else along."""
    head = """<script>window.ReplyX = [["identify", {name: "Vera", run() {},
            attributes: {list: [1], run() {}, rate: NaN, isNew: true}}],
        ["setAttributes", {plan: "pro", card: {}}]]</script>"""
    with HostPage(cast.site["snippet"], head=head) as host:
        page = context.new_page()
        page.goto(host.url)
        Widget(page).open().write("who am I?")

        def found():
            rows = cast.manager.http("GET", "/dialogs").json()["dialogs"]
            return next((row["guest"] for row in rows if row["last_message"]["text"] == "who am I?"), None)
        guest = until(found)
        assert (guest["name"], guest["attributes"], guest["verified"]) == ("Vera", {"isNew": True, "plan": "pro"}, False)


def test_the_pages_styles_and_direction_change_only_what_they_may(context, cast):
    head = """<script>document.documentElement.dir = "rtl"</script><style>:root { --rx-accent: rgb(1, 2, 3); }
        div, button, iframe { display: none !important; opacity: 0 !important; left: 0 !important; background: red; }</style>"""
    with HostPage(cast.site["snippet"].replace("<script", "<script data-lang=ru-RU"), head=head) as host:
        page = context.new_page()
        page.goto(host.url)
        button = page.get_by_role("button", name="Открыть чат")
        expect(button).to_have_css("background-color", "rgb(1, 2, 3)")
        box = button.bounding_box()
        assert page.viewport_size["width"] - box["x"] - box["width"] == 20
        button.click()
        expect(page.frame_locator("iframe").get_by_role("textbox", name="Сообщение")).to_be_focused()


@pytest.mark.parametrize("color, ink", [("#1f5eff", "#fff"), ("#ffd400", "#000"), ("#000000", "#fff"), ("#ffffff", "#000")])
def test_what_stands_on_the_owners_colour_can_be_read(color, ink):
    assert styles.ink({"color": color, "variables": {}}) == ink
    assert styles.ink({"color": color, "variables": {"--rx-accent-text": "#abc"}}) == "#abc"


@pytest.mark.parametrize("name", ["shop.test", "xn--80aaxitdbjk.xn--p1ai"])
def test_a_page_on_plain_http_and_one_of_another_script(context, served, name):
    """No secure context: no randomUUID. The domain is given to the site as people write it."""
    with HostPage(name=name) as host:
        domain = f"{name.encode().decode('idna')}:{host.port}"
        site = served.command("site", "add", name, "--domain", domain, "--json")
        host.snippet = site["snippet"]
        page = context.new_page()
        page.goto(host.url)
        assert not page.evaluate("isSecureContext")
        widget = Widget(page).open()
        widget.write("hello")
        expect(widget.log).to_contain_text("Sent")


WATCH_POLICY = """window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective))"""


@pytest.mark.parametrize("nonce", ["", " nonce=r4nd0m"], ids=["by origin", "by nonce"])
def test_a_strict_policy_is_kept(context, served, cast, nonce):
    """That of a page with `default-src 'self'` and the lines that the console prints; or with a nonce for its scripts."""
    lines = cast.owner.http("GET", f"/sites/{cast.site['id']}").json()["site"]["csp"]
    policy = "; ".join(["default-src 'self'", *lines])
    if nonce:
        policy = policy.replace(f"script-src {served.url}", "script-src 'nonce-r4nd0m'")
    with HostPage(cast.site["snippet"].replace("<script", f"<script{nonce}"),
                  headers={"Content-Security-Policy": policy}) as host:
        page = context.new_page()
        page.add_init_script(WATCH_POLICY)
        page.goto(host.url)
        launcher(page).hover()
        widget = Widget(page).open()
        widget.write("strictly")
        expect(widget.log).to_contain_text("Sent")
        other = context.new_page()
        other.add_init_script(WATCH_POLICY)
        with other.expect_response(re.compile("/unread")) as answer:
            other.goto(host.url)
        assert answer.value.ok
        assert page.evaluate("violations") == other.evaluate("violations") == []


def test_a_proactive_message_comes_where_and_when_it_is_due(context, served, cast):
    site = served.command("site", "add", "Sale", "--domain", "localhost", "--json")
    rules = [{"text": "<b>Need help?</b>", "after": 1, "url": ""},
             {"text": "Questions about prices?", "after": 0, "url": "/prices"}]
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
        page.get_by_role("button", name="Dismiss").click()
        page.evaluate("history.pushState(null, '', '/prices')")
        page.get_by_role("button", name="Questions about prices?").click()
        expect(Widget(page).text).to_be_focused()
        # What was dismissed or taken up stays away for the session.
        page.reload()
        launcher(page).hover()
        page.locator("iframe").wait_for(state="attached")
        expect(page.get_by_role("button", name="Questions about prices?")).to_have_count(0)


def test_a_panel_that_nobody_answers_stops_asking(page, served, cast):
    """Opened by itself, as the host's other half never comes."""
    page.clock.install()
    page.add_init_script("window.asked = 0; addEventListener('message', ({ data }) => { asked += data.type === 'ready'; })")
    page.goto(f"{served.url}/frame?site_token={cast.site['site_token']}")
    until(lambda: page.evaluate("asked"))
    page.clock.run_for(30_000)
    asked = page.evaluate("asked")
    page.clock.run_for(30_000)
    assert asked == page.evaluate("asked") < 30

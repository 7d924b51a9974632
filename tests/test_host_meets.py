"""Whom the chat meets on other people's pages: their styles and policies, browsers that block, pages that come back, parts of
the version before; in the real Chromium."""
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from replyx import styles
from tests.conftest import CHROMIUM, find
from tests.hostpage import HostPage, Widget, answer, begin, dialog_of, launcher
from tests.served import until

pytestmark = pytest.mark.browser


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


OLD = Path(__file__).parent / "old"


def test_a_page_that_tests_itself_reports_to_the_console(context, served, cast):
    """Also where it lets no window know of another."""
    alone = {"Cross-Origin-Opener-Policy": "same-origin"}

    def steps(snippet, last, tested=cast.site, **headers):
        path = f"/sites/{tested['id']}/trial"
        key, page = cast.owner.http("POST", path).json()["key"], context.new_page()
        with HostPage(snippet, headers=headers) as host:
            page.goto(f"{host.url}#replyx-test={key}")
            told = until(lambda: [told for told in [cast.owner.http("GET", path, params={"key": key}).json()["reports"]]
                                  if told and told[-1]["step"] == last])[0]
            page.close()
            assert {said.pop("origin") for said in told} == {host.url}
        return told
    assert steps(cast.site["snippet"], "online", **alone) == [{"step": "loader"}, {"step": "frame"}, {"step": "online"}]
    assert steps(cast.other_site["snippet"], "failed")[0] == {"step": "failed", "reason": "other_site"}
    foreign = steps(cast.other_site["snippet"], "failed", cast.other_site)
    assert foreign == [{"step": "loader"}, {"step": "failed", "reason": "foreign"}]
    policy = f"default-src 'self'; script-src {served.url}; connect-src {served.url}"
    blocked = steps(cast.site["snippet"], "failed", **{"Content-Security-Policy": policy})
    assert blocked[-1] == {"step": "failed", "reason": "policy", "directive": "frame-src"}


def test_the_loader_of_the_version_before_works_with_this_frame(context, served, cast):
    """A browser may have kept it: here it is, filled as it was."""
    settings = {"frame": f"/frame?site_token={cast.site['site_token']}", "domains": cast.site["domains"]}
    text = (OLD / "loader.js").read_text().replace('"__REPLYX_SETTINGS__"', json.dumps(settings))
    context.route(re.compile(r"/replyx\.js"), lambda route: route.fulfill(body=text, content_type="text/javascript"))
    with HostPage(cast.site["snippet"]) as host:
        page = context.new_page()
        page.goto(host.url)
        widget, _ = begin(page, cast, "from an old loader")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Open chat")).to_be_focused()
        page.reload()
        expect(Widget(page).open().lines).to_have_text(["from an old loader"])


def test_a_frame_of_the_version_before_works_with_this_loader(context, served, cast):
    """After a step back to an older server. Its end of the protocol is the real one, on a page as small as can be."""
    page_text = """<textarea aria-label=Message></textarea><script type=module>
      import { Bridge } from "/old/bridge.js";
      const bridge = new Bridge({ site: 1, onVisibility: (shown) => { document.title = shown; } });
      const { stored } = await bridge.hello();
      document.querySelector("textarea").value = `${stored.note} ${await bridge.claim("note", "new")}`;
      addEventListener("keydown", () => bridge.close());
      bridge.drawn();
    </script>"""
    context.route(re.compile(r"/frame\?"), lambda route: route.fulfill(body=page_text, content_type="text/html"))
    context.route(re.compile(r"/old/bridge\.js"),
                  lambda route: route.fulfill(path=OLD / "bridge.js", content_type="text/javascript"))
    with HostPage(cast.site["snippet"]) as host:
        page = context.new_page()
        page.goto(host.url)
        page.evaluate("localStorage.setItem('replyx.1.note', 'kept')")
        widget = Widget(page).open()
        expect(widget.text).to_have_value("kept kept")
        until(lambda: page.frames[1].title() == "true")
        widget.text.press("Escape")
        expect(page.get_by_role("button", name="Open chat")).to_be_focused()
        until(lambda: page.frames[1].title() == "false")


@pytest.fixture
def chromium_with(browser, tmp_path):
    """Start another Chromium with these preferences of its profile; pages come back from its back-forward cache."""
    started = []

    def start(preferences):
        (tmp_path / "Default").mkdir()
        (tmp_path / "Default" / "Preferences").write_text(json.dumps({"profile": preferences}))
        started.append(browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=find("chromium"), args=CHROMIUM, locale="en-GB",
            ignore_default_args=["--disable-back-forward-cache"]))
        return started[0].new_page()
    yield start
    for profile in started:
        profile.close()


STORAGE = "() => { try { return localStorage.length; } catch (error) { return error.name; } }"


def test_a_third_party_without_storage_and_a_page_that_comes_back(chromium_with, cast, host):
    page = chromium_with({"cookie_controls_mode": 1, "block_third_party_cookies": True})
    page.add_init_script("addEventListener('pageshow', ({ persisted }) => { if (persisted) window.cameBack = true; })")
    page.goto(host.url)
    assert page.get_by_role("button", name="Open chat").is_visible()
    page.goto(f"{host.url}/elsewhere")
    page.go_back(wait_until="commit")
    # Nothing of ours keeps a page out of the cache.
    assert page.evaluate("window.cameBack")
    widget, dialog_id = begin(page, cast, "partitioned")
    assert page.frames[1].evaluate(STORAGE) == "SecurityError"
    page.evaluate("() => { window.cameBack = undefined; }")
    page.goto(f"{host.url}/elsewhere")
    answer(cast, dialog_id, "while away")
    page.go_back(wait_until="commit")
    # Restored with the open panel, whose frame Playwright has lost: the chat is in step, and takes what is typed.
    assert page.evaluate("window.cameBack")

    def has_read():
        dialog = cast.manager.http("GET", f"/dialogs/{dialog_id}").json()["dialog"]
        return dialog["guest_read_id"] == dialog["last_message_id"]
    until(has_read)
    page.mouse.click(1050, 595)
    page.keyboard.type("back again")
    page.keyboard.press("Enter")
    until(lambda: dialog_of(cast, "back again") == dialog_id)


def test_a_page_without_storage(chromium_with, cast, host):
    page = chromium_with({"default_content_setting_values": {"cookies": 2}})
    page.goto(host.url)
    assert page.evaluate(STORAGE) == "SecurityError"
    widget, dialog_id = begin(page, cast, "nothing is kept")
    answer(cast, dialog_id, "but answered")
    expect(widget.lines).to_have_text(["nothing is kept", "but answered"])
    page.evaluate("ReplyX.reset()")
    expect(widget.lines).to_have_count(0)

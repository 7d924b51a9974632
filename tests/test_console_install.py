"""The console's page "Install" in the real browser: what is copied, the domains, and the test on real pages of other origins."""
import re
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import expect

from tests.console import Settings, press, sign_in
from tests.hostpage import HostPage
from tests.served import until

pytestmark = pytest.mark.browser
# What is typed, and what is opened for it.
ADDRESSES = {
    "shop.example": "https://shop.example/", " https://shop.example/a?b#c ": "https://shop.example/a?b#c",
    "http://shop.example": "http://shop.example/", "shop.example:8443/x": "https://shop.example:8443/x",
    "пример.рф": "https://xn--e1afmkfd.xn--p1ai/", "8.8.8.8": "https://8.8.8.8/",
    "localhost": "http://localhost/", "LOCALHOST:8000/x": "http://localhost:8000/x", "shop.localhost": "http://shop.localhost/",
    "127.0.0.1:5000": "http://127.0.0.1:5000/", "192.168.1.5": "http://192.168.1.5/", "10.0.0.7:80/a": "http://10.0.0.7/a",
    "172.20.0.2": "http://172.20.0.2/", "172.40.0.2": "https://172.40.0.2/", "nas:8080": "http://nas:8080/",
    "http://nas": "http://nas/", "https://localhost": "https://localhost/", "[::1]:8000": "http://[::1]:8000/",
    "abc": None, "hello world": None, "hello, world.": None, "": None, "https://": None, "https://a b": None, "x@y": None,
    "me@shop.example": None, "javascript://x": None, "ftp://shop.example": None, "mailto:me@shop.example": None, "12": None,
    "/index.html": None, "*.shop.example": None,
}


@pytest.fixture
def page(context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return context.new_page()


@pytest.fixture
def settings(cast, page):
    sign_in(page, cast.owner)
    return Settings(page, cast).go("install")


@contextmanager
def trial(page, url):
    """The page that the console opens for the test, closed at the end."""
    page.get_by_label("Page's address").fill(url)
    with page.expect_popup() as opened:
        press(page, "Test it now")
    yield opened.value
    opened.value.close()


def seen(page):
    return page.locator(".seen")


def test_what_goes_into_a_page_is_copied(cast, page, settings):
    def copied(name):
        press(page, f"Copy: {name}")
        expect(page.get_by_text("Copied.").first).to_be_visible()
        return page.evaluate("navigator.clipboard.readText()")
    assert copied("Snippet") == cast.site["snippet"]
    assert copied("Content Security Policy").splitlines() == settings.stored["csp"]
    link = copied("Link to the chat")
    assert requests.get(link, timeout=5).ok and cast.site["site_token"] in link
    expect(page.get_by_label("Page's address")).to_have_value("https://shop.example/")
    for name in ("Plain HTML", "WordPress", "Tilda", "Shopify"):
        page.get_by_text(name, exact=True).click()
    expect(page.get_by_text("layout/theme.liquid")).to_be_visible()


def test_domains_are_changed_and_a_wrong_one_is_said(page, settings):
    domains = page.get_by_role("list", name="Domains")
    box = page.get_by_label("New domain")
    before = settings.stored["domains"]
    box.fill("https://Пример.рф/path")
    box.press("Enter")
    settings.save()
    expect(domains).to_contain_text("xn--e1afmkfd.xn--p1ai")
    # The Enter that chooses a word of an input method adds nothing.
    box.fill("composed.example")
    box.evaluate("(box) => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true }))")
    expect(box).to_have_value("composed.example")
    expect(domains).not_to_contain_text("composed.example")
    for typed in ("not a domain", "x/y", "http://", "a.*.example"):
        box.fill(typed)
        press(page, "Add")
        expect(box).to_have_value(typed)
        expect(box).to_have_accessible_description(
            f"“{typed}” is not a domain. Write it like shop.example, or shop.example:8443 with a port.")
    box.fill("*.club.example")
    press(page, "Add")
    expect(page.get_by_text("Taken as club.example, which counts with all below it.")).to_be_visible()
    box.fill("shop..example")
    press(page, "Add")
    press(page, "Save")
    expect(page.get_by_role("alert").filter(has_text="Not")).to_have_text("Not saved. To correct: shop..example.")
    wrong = page.get_by_role("button", name="Remove: shop..example")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description(
        "This is not a domain. Write it like shop.example, without https:// and path; a port is a number up to 65535.")
    press(page, "Remove: shop..example")
    press(page, "Remove: club.example")
    press(page, "Remove: xn--e1afmkfd.xn--p1ai")
    settings.save()
    assert settings.stored["domains"] == before


def test_a_page_with_the_snippet_passes_and_one_without_says_what_to_do(cast, page, settings):
    with HostPage(cast.site["snippet"]) as host, trial(page, host.url) as opened:
        expect(seen(page)).to_contain_text("The chat works on this page.", timeout=15000)
        expect(seen(page).get_by_role("listitem")).to_have_text([re.compile(" yes$")] * 3)
        assert opened.url.startswith(f"{host.url}/#replyx-test=tr_")
        # What it opens could send the console elsewhere.
        assert opened.evaluate("window.opener") is None
    box = page.get_by_label("Page's address")
    box.fill("hello")
    press(page, "Test it now")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description(re.compile("This is not the address of a web page. Write it like https://"))
    expect(seen(page)).to_contain_text("The chat works on this page.")
    page.clock.install()
    with HostPage("") as host, trial(page, host.url) as opened:
        opened.wait_for_load_state()
        expect(seen(page)).to_contain_text("waiting…")
        page.clock.fast_forward(16000)
        expect(seen(page)).to_contain_text("Nothing was heard from the page for 15 seconds")
        expect(seen(page).get_by_role("listitem").first).to_have_text("Snippet found on the page not known")
        causes = ("did the page load?", "Is the snippet on that very page?", "cache", "Content Security Policy.*Refused to load",
                  "button show there?")
        expect(seen(page).get_by_role("list").last.get_by_role("listitem")).to_have_text([re.compile(cause) for cause in causes])
        press(page, "Show the lines for the policy")
        lines = page.get_by_role("group", name="Content Security Policy")
        expect(lines).to_be_focused()
        expect(lines).to_be_in_viewport()


def test_a_test_that_could_not_begin_ends_no_other(cast, page, settings):
    held = []
    page.route("**/sites/*/trial", lambda route: route.continue_() if held else held.append(route))
    with HostPage() as host, trial(page, host.url) as first:
        until(lambda: held, page=page)
        with trial(page, host.url):
            with first.expect_event("close"):
                held[0].abort()
            expect(seen(page)).to_contain_text("waiting…")
            expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)


def test_addresses_are_opened_as_they_are_meant(page, settings):
    found = page.evaluate("""async (typed) => {
        const { addressOf } = await import(new URL("address.js", document.querySelector("script[type=module]").src));
        return typed.map((text) => addressOf(text)?.href ?? null);
    }""", list(ADDRESSES))
    assert dict(zip(ADDRESSES, found)) == ADDRESSES


def test_a_policy_that_blocks_the_chat_is_named_and_its_lines_let_it_pass(cast, page, settings):
    def policy(*lines):
        return f"<meta http-equiv='Content-Security-Policy' content=\"default-src 'self'; img-src data:; {'; '.join(lines)}\">"
    lines = settings.stored["csp"]
    with HostPage(cast.site["snippet"], policy(*[line for line in lines if "frame-src" not in line])) as host:
        with trial(page, host.url):
            expect(seen(page)).to_contain_text("The page's Content Security Policy blocks the chat: frame-src", timeout=15000)
    # Only the loader comes through; what it has to tell does too.
    with HostPage(cast.site["snippet"], policy(*[line for line in lines if "script-src" in line])) as host, trial(page, host.url):
        expect(seen(page)).to_contain_text(re.compile("The page's Content Security Policy blocks the chat: .*connect-src"),
                                           timeout=15000)
        expect(seen(page).get_by_role("listitem").first).to_have_text("Snippet found on the page yes")
    with HostPage(cast.site["snippet"], policy(*lines)) as host, trial(page, host.url):
        expect(seen(page)).to_contain_text("The chat works on this page.", timeout=15000)


def test_a_page_of_another_domain_can_be_added(cast, page, settings):
    with HostPage(cast.site["snippet"]) as host:
        foreign = host.url.replace("localhost", "other.test")
        with trial(page, foreign):
            expect(seen(page)).to_contain_text(f"but the page is on none of the site's domains: {foreign}", timeout=15000)
            expect(seen(page).get_by_role("listitem").first).to_have_text(re.compile("Snippet found on the page yes"))
            domain = foreign.removeprefix("http://")
            press(page, f"Add {domain} to the domains")
            expect(page.get_by_text(f"{domain} is in the list")).to_be_visible()
        until(lambda: domain in settings.stored["domains"])


def test_a_snippet_of_another_site_or_of_none_is_told(cast, page, settings):
    token = cast.site["site_token"]
    base = cast.site["snippet"].partition("?")[0]
    others, none = "The snippet on this page is another site's", "it names no site that ReplyX knows"
    page.set_viewport_size({"width": 1000, "height": 500})
    for snippet, told in ((cast.other_site["snippet"], others), (cast.site["snippet"].replace(token, "st_wrong"), none),
                          (f'{base}" data-site-token="st_wrong"></script>', none)):
        with HostPage(snippet) as host, trial(page, host.url):
            expect(seen(page)).to_contain_text(told, timeout=15000)
            expect(seen(page)).to_be_in_viewport(ratio=1)
            expect(page.get_by_role("button", name="Test it now")).to_be_focused()

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
    box.fill("not a domain")
    press(page, "Add")
    press(page, "Save")
    expect(page.get_by_text("'not a domain' is not a domain")).to_be_visible()
    press(page, "Remove: not a domain")
    press(page, "Remove: xn--e1afmkfd.xn--p1ai")
    settings.save()
    assert settings.stored["domains"] == before


def test_a_page_with_the_snippet_passes_and_one_without_says_what_to_do(cast, page, settings):
    with HostPage(cast.site["snippet"]) as host, trial(page, host.url) as opened:
        expect(seen(page)).to_contain_text("The chat works on this page.", timeout=15000)
        expect(seen(page).get_by_role("listitem")).to_have_text([re.compile(" yes$")] * 3)
        assert opened.url == f"{host.url}/#replyx-test"
    # Another page's word counts for nothing.
    page.evaluate("window.postMessage({ replyx: 2, type: 'tested', step: 'failed', detail: { reason: 'foreign' } }, '*')")
    page.get_by_label("Page's address").fill("javascript://x")
    press(page, "Test it now")
    expect(page.get_by_text("This is not the address of a web page")).to_be_visible()
    expect(seen(page)).to_contain_text("The chat works on this page.")
    page.clock.install()
    with HostPage("") as host, trial(page, host.url) as opened:
        opened.wait_for_load_state()
        expect(seen(page)).to_contain_text("waiting…")
        page.clock.fast_forward(16000)
        expect(seen(page)).to_contain_text("The page has not answered for 15 seconds.")
        expect(seen(page)).to_contain_text("Is the snippet on that very page?")


def test_a_policy_that_blocks_the_chat_is_named_and_its_lines_let_it_pass(cast, page, settings):
    def policy(*lines):
        return f"<meta http-equiv='Content-Security-Policy' content=\"default-src 'self'; img-src data:; {'; '.join(lines)}\">"
    lines = settings.stored["csp"]
    with HostPage(cast.site["snippet"], policy(*[line for line in lines if "frame-src" not in line])) as host:
        with trial(page, host.url):
            expect(seen(page)).to_contain_text("The page's Content Security Policy blocks the chat: frame-src", timeout=15000)
    with HostPage(cast.site["snippet"], policy(*lines)) as host, trial(page, host.url):
        expect(seen(page)).to_contain_text("The chat works on this page.", timeout=15000)


def test_a_page_of_another_domain_can_be_added(cast, page, settings):
    with HostPage(cast.site["snippet"]) as host:
        foreign = host.url.replace("localhost", "other.test")
        with trial(page, foreign):
            expect(seen(page)).to_contain_text(f"The page is on none of the site's domains: {foreign}", timeout=15000)
            domain = foreign.removeprefix("http://")
            press(page, f"Add {domain} to the domains")
            expect(page.get_by_text(f"{domain} is in the list")).to_be_visible()
        until(lambda: domain in settings.stored["domains"])

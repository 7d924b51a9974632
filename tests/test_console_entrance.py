"""The way into the managers' console and out of it, in the real browser: the first account, sessions, codes, and who is told to
wait."""
import re
import time

import pyotp
import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, Manager
from tests.console import NO_WEBSOCKET, connected, dialogs, enter, fill, hold_session, press

pytestmark = pytest.mark.browser


@pytest.fixture
def page(context):
    return context.new_page()


def test_a_setup_link_makes_the_owners_account_once(served, page, context):
    secret = served.command("manager", "setup-link").strip().partition("#")[2]
    page.goto(f"{served.url}/console/setup#{secret}")
    assert page.url == f"{served.url}/console/setup"
    fill(page, name="Oscar", email="oscar@shop.example", password="too short")
    assert page.get_by_label("Password").evaluate("box => box.validity.tooShort")
    fill(page, password=PASSWORD)
    press(page, "Make the account")
    expect(dialogs(page)).to_be_visible()
    assert page.url == f"{served.url}/console"
    context.clear_cookies()
    page.goto(f"{served.url}/console/setup#{secret}")
    fill(page, name="Eve", email="eve@shop.example", password=PASSWORD)
    press(page, "Make the account")
    expect(page.get_by_role("alert")).to_contain_text("This link was used")
    assert "eve@" not in served.command("manager", "list")


def test_a_setup_page_without_its_secret_says_where_to_get_one(served, page):
    page.goto(f"{served.url}/console/setup")
    expect(page.get_by_role("alert")).to_contain_text("replyx manager setup-link")


def test_a_console_that_is_told_to_wait_says_so_and_asks_again(cast, page, context):
    hold_session(context, cast.manager)
    refusal = {"ok": False, "error": {"code": "rate_limited", "message": "Wait.", "retry_after": 3}}
    page.route("**/api/manager/session", lambda route: route.fulfill(status=429, json=refusal), times=1)
    page.goto(f"{cast.served.url}/console")
    expect(page.get_by_text(re.compile("tries again in [23] s"))).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    expect(dialogs(page)).to_be_visible()
    # Whose session has ended need not wait.
    page.route("**/api/manager/session", lambda route: route.fulfill(status=429, json=refusal))
    page.reload()
    press(page, "Sign in")
    expect(page.get_by_role("textbox", name="Email")).to_be_focused()
    page.unroute_all()


def test_a_page_that_opens_the_console_has_no_hold_on_it(cast, context, host):
    opener = context.new_page()
    opener.goto(host.url)
    with context.expect_page() as opened:
        opener.evaluate("url => { window.opened = window.open(url); }", f"{cast.served.url}/console")
    opened.value.wait_for_url("**/console")
    opener.wait_for_function("() => opened.closed")
    assert opened.value.evaluate("opener") is None and not opened.value.is_closed()


def test_signing_in_and_out(cast, page):
    page.goto(f"{cast.served.url}/console")
    fill(page, email=cast.manager.email, password="not the password")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("The email or the password is wrong")
    fill(page, password=PASSWORD)
    press(page, "Sign in")
    expect(dialogs(page)).to_be_visible()
    page.reload()
    expect(dialogs(page)).to_be_visible()
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("locale, says", [
    ("en-GB", "Sign in in a browser where you did before, or wait 24 h."),
    ("ru-RU", "Войдите в браузере, где уже входили, или подождите 24 ч.")])
def test_who_has_guessed_too_many_codes_hears_what_helps(served, browser, locale, says):
    refusal = {"ok": False, "error": {"code": "rate_limited", "message": "Too many wrong codes.", "retry_after": 86_390}}
    with browser.new_context(locale=locale) as profile:
        page = profile.new_page()
        page.goto(f"{served.url}/console")
        page.route("**/api/manager/session", lambda route: route.fulfill(status=429, json=refusal))
        page.locator("[name=email]").fill("anna@shop.example")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("alert")).to_contain_text(says)


@pytest.mark.parametrize("script", ["", NO_WEBSOCKET], ids=["socket", "http"])
def test_a_disabled_manager_is_asked_to_sign_in(cast, page, script):
    person = Manager(cast, f"dora{len(script)}@shop.example", "Dora", sites=[cast.site])
    page.add_init_script(script)
    enter(page, person)
    expect(page.get_by_text("Connected")).to_be_visible()
    cast.served.command("manager", "disable", person.email)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")
    fill(page, email=person.email, password=PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("wrong")


def test_signing_out_ends_the_other_tabs_too(cast, page, context):
    person = Manager(cast, "tabs@shop.example", "Tabea", sites=[cast.site])
    enter(page, person)
    connected(page)
    other = context.new_page()
    other.goto(page.url)
    press(other, "Sign out")
    expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")


def test_a_tab_left_open_does_not_write_as_the_next_manager(cast, page, context):
    page.add_init_script(NO_WEBSOCKET)
    enter(page, cast.manager)
    hold_session(context, cast.colleague)
    page.evaluate("document.body.id = 'before'; window.dispatchEvent(new Event('focus'))")
    expect(page.locator("body#before")).to_have_count(0)
    press(page, "Account")
    expect(page.get_by_role("dialog")).to_contain_text("Boris")


def test_a_code_is_asked_for_once_it_is_turned_on(cast, page):
    person = Manager(cast, "tom@shop.example", "Tom", sites=[cast.site])
    enter(page, person)
    press(page, "Account")
    press(page, "Turn on")
    app = pyotp.TOTP(page.locator("dialog code").inner_text())
    assert page.get_by_role("link", name="Open in an app").get_attribute("href").startswith("otpauth://totp/")
    fill(page, code="abcdef")
    press(page, "Turn on with this code")
    expect(page.get_by_role("alert")).to_contain_text("The code does not fit")
    fill(page, code=app.now())
    press(page, "Turn on with this code")
    expect(page.get_by_text("Each sign-in asks for a code")).to_be_visible()
    press(page, "Close panel")
    press(page, "Sign out")
    fill(page, email=person.email, password=PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("Enter the code")
    fill(page, code="abcdef")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("Wait for the next one")
    # The code of this step was used to turn it on; one step of drift is allowed.
    fill(page, code=app.at(time.time() + 30))
    press(page, "Sign in")
    expect(dialogs(page)).to_be_visible()


def test_the_console_speaks_russian_to_russian_browsers(served, browser):
    with browser.new_context(locale="ru-RU") as profile:
        page = profile.new_page()
        page.goto(f"{served.url}/console")
        expect(page.get_by_role("button", name="Войти")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "ru"


def test_a_browser_that_keeps_no_cookies_is_told(cast, page, context):
    def forget(route):
        answer = route.fetch()
        context.clear_cookies()
        route.fulfill(response=answer, headers={name: value for name, value in answer.headers.items() if name != "set-cookie"})
    page.route("**/api/manager/session", forget)
    page.goto(f"{cast.served.url}/console")
    fill(page, email=cast.manager.email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_have_text(
        "This browser keeps no cookies of this page. Allow them, then reload the page and sign in.")

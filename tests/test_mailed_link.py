"""A mail's link, opened where somebody else chats with the site: on the chat's own page, in Chromium."""
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from replyx.links import Links
from tests.axe import violations
from tests.served import until

pytestmark = pytest.mark.browser


def link_to(cast, guest_id):
    """The credential of a mail to the guest with this number."""
    signer = Links()
    signer.init_app(SimpleNamespace(config={"SECRET_KEY": (cast.served.instance / "secret_key").read_text()}))
    return signer.guest_link(cast.site["id"], guest_id)


def number_of(cast, text):
    """The number of the guest whose newest line this is."""
    rows = cast.owner.http("GET", "/dialogs").json()["dialogs"]
    row = next(row for row in rows if row["last_message"]["text"] == text)
    return row["guest"]["id"]


def mailed(cast, text, email=None):
    """The link in a mail to somebody who has written this from another browser."""
    guest = cast.guest()
    dialog = guest.open(text)["dialog"]
    if email:
        assert guest.http("POST", f"/dialogs/{dialog['id']}/contact", {"email": email}).ok
    return link_to(cast, number_of(cast, text))


@pytest.fixture
def page(context, cast):
    """Somebody chats here, and has written something that is not sent."""
    page = context.new_page()
    page.goto(f"{cast.served.url}/chat?site_token={cast.site['site_token']}")
    page.get_by_role("textbox", name="Message").fill("my own line")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#log")).to_contain_text("Sent")
    page.get_by_role("textbox", name="Message").fill("half a thou")
    until(lambda: page.evaluate("Object.values(localStorage).includes('half a thou')"))
    return page


def is_own(page):
    expect(page.locator("#log .text")).to_have_text(["my own line"])
    expect(page.get_by_role("textbox", name="Message")).to_have_value("half a thou")


def test_it_asks_first_and_takes_nothing_from_who_chats_there(context, cast, page):
    own = page.url
    link = f"{own}#link={mailed(cast, 'a secret of Vera', 'vera@shop.example')}"
    other = context.new_page()
    other.goto(link)
    dialog = other.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text(
        "This link continues a conversation of v***@shop.example in this browser.")
    # A reload is no answer; the link is in the address no more.
    other.reload()
    expect(dialog.get_by_role("button", name="Continue it here")).to_be_focused()
    assert "link" not in other.url and other.get_by_text("a secret of Vera").count() == 0
    assert other.locator("header, #form, #log").filter(visible=True).count() == 0
    assert violations(other) == []
    other.keyboard.press("Escape")
    is_own(other)
    # Whoever answers once is not asked again, and the link's guest leaves what they write for themselves.
    other.reload()
    is_own(other)
    other.goto(link)
    other.get_by_role("button", name="Keep my own chat").click()
    is_own(other)
    other.goto(link)
    expect(dialog.get_by_role("button", name="Continue it here")).to_be_focused()
    other.keyboard.press("Enter")
    expect(other.locator("#log .text")).to_have_text(["a secret of Vera"])
    expect(other.get_by_role("textbox", name="Message")).to_have_value("")
    other.get_by_role("textbox", name="Message").fill("from Vera")
    other.reload()
    expect(other.locator("#log .text")).to_have_text(["a secret of Vera"])
    # Another link over it, of somebody who has left no address.
    other.goto(f"{own}#link={mailed(cast, 'of Boris')}")
    expect(dialog.get_by_role("heading")).to_have_text("This link continues a conversation of somebody else in this browser.")
    dialog.get_by_role("button", name="Keep my own chat").click()
    expect(other.get_by_role("textbox", name="Message")).to_have_value("from Vera")
    other.close()
    page.reload()
    is_own(page)


def test_ones_own_link_opens_at_once_and_one_that_no_longer_counts_says_so(context, cast, page):
    own = page.url
    page.goto(f"{own}#link={link_to(cast, number_of(cast, 'my own line'))}")
    expect(page.locator("#log .text")).to_have_text(["my own line"])
    assert page.get_by_role("dialog").count() == 0
    other = context.new_page()
    other.goto(f"{own}#link=WzEsMV0.aaaaaa.bbbb")
    expect(other.get_by_role("dialog")).to_contain_text("The link from the mail is over 30 days old")
    other.keyboard.press("Escape")
    is_own(other)


def test_a_link_that_does_not_count_takes_the_place_of_none(context, cast):
    """Of the same guest as a good one in that tab, or of nobody where nobody chats."""
    chat = f"{cast.served.url}/chat?site_token={cast.site['site_token']}"
    page, good = context.new_page(), mailed(cast, "from my phone")
    for wrong in ("те", f"{good.split('.')[0]}.aaaaaa.bbbb"):
        page.goto(f"{chat}#link={wrong}")
        expect(page.get_by_role("dialog")).to_contain_text("The link from the mail is over 30 days old")
        page.keyboard.press("Escape")
        page.get_by_role("textbox", name="Message").wait_for()
        page.reload()
        expect(page.locator("#state")).to_have_text("Connected")
        assert page.evaluate("sessionStorage.length") == 0
    page.goto(f"{chat}#link={good}")
    expect(page.locator("#log .text")).to_have_text(["from my phone"])
    page.goto(f"{chat}#link={wrong}")
    expect(page.get_by_role("dialog")).to_contain_text("The link from the mail is over 30 days old")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#log .text")).to_have_text(["from my phone"])

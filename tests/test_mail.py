"""Mail for real: the served process, an SMTP server with STARTTLS and sign-in, and the links opened in Chromium."""
import re
import signal
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.console import connected, enter, press
from tests.hostpage import HostPage, Widget
from tests.served import Served, free_port, until
from tests.smtpd import PASSWORD, MailServer, certificate

pytestmark = pytest.mark.openssl
BROWSER = pytest.mark.browser
# A fiftieth of a minute: 1.2 s.
SOON = "0.02"


@pytest.fixture(scope="module")
def post(tmp_path_factory):
    with MailServer(certificate(tmp_path_factory.mktemp("certificate"))) as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory, post):
    port = free_port()
    with Served(tmp_path_factory.mktemp("instance"), port, REPLYX_RATE_LIMITS="off", REPLYX_URL=f"http://127.0.0.1:{port}",
                REPLYX_SMTP_URL=post.url, REPLYX_MAIL_FROM="Shop <chat@shop.example>", REPLYX_MAIL_AFTER=SOON,
                SSL_CERT_FILE=str(post.certificate)) as server:
        yield server


@pytest.fixture(autouse=True)
def empty(post):
    post.mails.clear()
    post.refused.clear()


def row(served, sql):
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database:
        return database.execute(sql).fetchone()


def settled(served):
    """Wait until nothing is left to be done."""
    until(lambda: row(served, "SELECT count(*) FROM outbox WHERE dead_at IS NULL") == (0,), 20, "an empty outbox")


def with_text(post, address, text):
    """The mail to this address that has this text, once it is there."""
    return until(lambda: next((mail for mail in post.to(address) if text in mail.text), None), 20, f"the mail with {text!r}")


def test_a_dialog_is_mailed_at_once_to_who_asks_for_it(cast, served, post):
    guest = cast.guest()
    dialog = guest.open("Where is my order?")["dialog"]
    cast.manager.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "On its way"})
    with guest.on("widget").socket() as tab:
        assert tab.call("transcript_request", {"dialog_id": dialog["id"], "email": "me@mail.example"}) == {"ok": True}
    mail = with_text(post, "me@mail.example", "> Where is my order?")
    assert "Anna, " in mail.text and "> On its way" in mail.text
    settled(served)


@BROWSER
def test_guest_and_manager_reach_each_other_though_neither_is_looking(context, browser, cast, served, post):
    guest = "guest.of.the.shop@mail.example"
    with HostPage(cast.site["snippet"]) as host:
        page = context.new_page()
        page.goto(host.url)
        widget = Widget(page).open()
        assert not widget.frame.get_by_role("button", name="Get the answer by e-mail").is_visible()
        widget.write("Where is my order?")
        expect(widget.log).to_contain_text("Sent")
        widget.frame.get_by_role("button", name="Get the answer by e-mail").click()
        box = widget.frame.get_by_role("textbox", name="E-mail")
        expect(box).to_be_focused()
        box.fill("no@address")
        page.keyboard.press("Enter")
        expect(widget.frame.locator("#contact").get_by_role("alert")).to_contain_text("not an e-mail address")
        box.fill(guest)
        page.keyboard.press("Enter")
        expect(widget.frame.get_by_text(f"Answers also go to {guest}.")).to_be_visible()
        page.close()
    mail = with_text(post, cast.manager.email, "> Where is my order?")
    dialog_id = int(mail.links[0].rpartition("#")[2])
    seen = cast.manager.http("GET", f"/dialogs/{dialog_id}").json()["dialog"]
    assert seen["email"] == guest
    cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "On its way"})
    mail = with_text(post, guest, "> On its way")
    phone = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.goto(mail.links[0])
    expect(page.locator("#log .text")).to_have_text(["Where is my order?", "On its way"])
    assert "link" not in page.url
    with cast.manager.socket() as desk:
        page.get_by_role("textbox", name="Message").fill("Thank you")
        press(page, "Send")
        until(lambda: any(event["message"]["text"] == "Thank you" for event in desk.events("message")))
    page.reload()
    expect(page.locator("#log .text")).to_have_text(["Where is my order?", "On its way", "Thank you"])
    phone.close()
    secrets = (guest, cast.manager.email, PASSWORD, "p%40ss", mail.links[0].partition("#link=")[2], "On its way", "Where is my")
    assert "[Mail] letter sent" in served.log and not [secret for secret in secrets if secret in served.log]


@BROWSER
def test_an_address_that_is_not_kept_is_told_why(context, cast, served):
    page = context.new_page()
    page.goto(f"{served.url}/chat?assistant_id={cast.site['assistant_id']}")
    page.get_by_role("textbox", name="Message").fill("whose chat is gone soon")
    press(page, "Send")
    press(page, "Get the answer by e-mail")
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE guest SET guest_hash = 'another' WHERE id = (SELECT max(guest_id) FROM dialog)")
    page.get_by_role("textbox", name="E-mail").fill("guest@mail.example")
    page.keyboard.press("Enter")
    expect(page.locator("#contact").get_by_role("alert")).to_have_text("This chat no longer exists. Reload the page.")


@BROWSER
def test_what_can_not_be_mailed_says_why(context, cast, served):
    """Nobody has answered yet; and whom the site vouches for is answered at their account's address."""
    page = context.new_page()
    page.goto(f"{served.url}/chat?assistant_id={cast.site['assistant_id']}")
    page.get_by_role("textbox", name="Message").fill("who answers where")
    press(page, "Send")
    button = page.get_by_role("button", name="Get the answer by e-mail")
    button.wait_for()
    press(page, "Menu")
    page.get_by_role("menuitem", name="Get this chat by e-mail").click()
    page.get_by_role("textbox", name="E-mail").fill("guest@mail.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("Nobody has answered yet. Ask for it once somebody has.")
    page.keyboard.press("Escape")
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE guest SET is_verified = 1, user_id = '7', email = 'account@mail.example' "
                         "WHERE id = (SELECT max(guest_id) FROM dialog)")
    button.click()
    page.get_by_role("textbox", name="E-mail").fill("guest@mail.example")
    page.keyboard.press("Enter")
    expect(page.locator("#contact").get_by_role("alert")).to_contain_text("the address of your account on this site")
    [dialog_id] = [row["id"] for row in cast.owner.http("GET", "/dialogs").json()["dialogs"]
                   if row["last_message"]["text"] == "who answers where"]
    assert cast.owner.http("POST", f"/dialogs/{dialog_id}/close").ok
    expect(page.locator("#contact")).to_be_hidden()


@BROWSER
def test_a_link_that_no_longer_counts_says_so(context, cast, served):
    page = context.new_page()
    page.goto(f"{served.url}/chat?assistant_id={cast.site['assistant_id']}#link=WzEsMV0.aaaaaa.bbbb")
    expect(page.get_by_role("dialog")).to_contain_text("The link from the mail is over 30 days old")


@BROWSER
def test_the_chat_has_a_page_of_its_own_without_a_mail_too(context, cast, served):
    page = context.new_page()
    page.goto(f"{served.url}/chat?assistant_id={cast.site['assistant_id']}")
    page.get_by_role("textbox", name="Message").fill("from the full page")
    press(page, "Send")
    expect(page.locator("#log")).to_contain_text("Sent")
    page.reload()
    expect(page.locator("#log .text")).to_have_text(["from the full page"])


@BROWSER
def test_the_way_out_of_a_mail_takes_one_click_and_the_console_has_the_way_back(context, cast, post):
    cast.guest().open("for Boris, for now")
    mail = with_text(post, cast.colleague.email, "for Boris, for now")
    page = context.new_page()
    page.goto(mail.links[-1])
    press(page, "Stop these mails")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    cast.guest().open("not for Boris")
    with_text(post, cast.manager.email, "not for Boris")
    settled(cast.served)
    assert not [mail for mail in post.to(cast.colleague.email) if "not for Boris" in mail.text]
    enter(page, cast.colleague)
    press(page, "Account")
    wish = page.get_by_role("checkbox", name="Mail me messages")
    assert wish.bounding_box()["width"] >= 13
    wish.check()
    until(lambda: row(cast.served, "SELECT min(wants_mail) FROM manager") == (1,))


def test_a_mail_server_that_was_down_gets_the_mail_when_it_is_back(cast, served, post):
    settled(served)
    post.stop()
    cast.guest().open("while it was down")
    until(lambda: row(served, "SELECT count(*) FROM outbox WHERE error = 'unreachable'") != (0,), 20, "a failed try")
    post.start()
    with_text(post, cast.manager.email, "while it was down")
    settled(served)
    assert len([mail for mail in post.to(cast.manager.email) if "while it was down" in mail.text]) == 1


@BROWSER
def test_a_refused_letter_is_shown_to_the_owner_who_sends_it_again(context, cast, served, post):
    post.refused[cast.manager.email] = "550 5.1.1 mailbox unavailable"
    dialog = cast.guest().open("nobody there")["dialog"]
    until(lambda: row(served, "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL") == (1,), 20, "a dead letter")
    with_text(post, cast.owner.email, "nobody there")
    page = context.new_page()
    enter(page, cast.owner)
    connected(page)
    press(page, "Mails not sent: 1")
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("To Anna")
    expect(panel).to_contain_text("The mail server refused the address or the mail. (550)")
    assert panel.get_by_role("link").get_attribute("href") == f"#{dialog['id']}"
    post.refused.clear()
    press(page, "Try again")
    with_text(post, cast.manager.email, "nobody there")
    expect(panel.get_by_role("listitem")).to_have_count(0)
    settled(served)


def test_a_letter_outlives_a_process_that_is_killed_while_it_hands_it_over(cast, served, post):
    settled(served)
    post.holds = True
    cast.guest().open("half sent")
    until(lambda: post.mails, 20, "a mail that is not acknowledged")
    served.stop(signal.SIGKILL)
    post.holds = False
    first, = post.mails
    served.start()
    again = until(lambda: post.to(first.to[0])[1:], 20, "the same mail again")
    assert again[0].message["Message-ID"] == first.message["Message-ID"]
    settled(served)
    assert len(post.to(first.to[0])) == 2


def test_a_stop_waits_for_the_letter_that_is_being_sent(cast, served, post):
    settled(served)
    post.holds = True
    cast.guest().open("on the way out")
    until(lambda: post.mails, 20, "a mail that is not acknowledged")
    served.process.send_signal(signal.SIGTERM)
    until(lambda: "stopping" in served.log.rpartition("serves")[2], 20, "the beginning of the stop")
    post.holds = False
    assert served.process.wait(20) == 0
    first, = post.mails
    served.start()
    with_text(post, cast.owner.email, "on the way out")
    settled(served)
    assert len(post.to(first.to[0])) == 1


def test_the_command_that_tries_mail_says_what_is_wrong(served, post):
    assert "took the mail" in served.command("mail", "test", "me@mail.example") and len(post.to("me@mail.example")) == 1

    def tried(code=1, **env):
        other = Served(served.instance, served.port, **{**served.env, **env})
        return other.command("mail", "test", "me@mail.example", code=code)
    wrong = re.sub(":p%40[^@]*@", ":wrong@", post.url)
    assert "refused the user or the password" in tried(REPLYX_SMTP_URL=wrong)
    assert "REPLYX_SMTP_URL" in tried(code=2, REPLYX_SMTP_URL="")


def test_no_command_prints_the_mail_servers_password(served, post):
    printed = served.command("config")
    broken = Served(served.instance, served.port, **{**served.env, "REPLYX_SMTP_URL": post.url + "/x"})
    printed += broken.command("config", code=2)
    assert "shop@mail.example:***@localhost" in printed and "REPLYX_SMTP_URL" in printed
    assert "p%40ss" not in printed and PASSWORD not in printed

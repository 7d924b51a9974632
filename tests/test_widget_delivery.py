"""What the visitor writes arrives, once and in order: over broken sockets, restarts, two tabs and the next page."""
import json
import re
import signal
import sqlite3
import uuid
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget
from tests.served import Served, until

pytestmark = pytest.mark.browser


def only_dialog(desk, text):
    """The dialog whose newest line is this text, once it is there."""
    def found():
        for dialog in desk.call("dialog_list", {})["dialogs"]:
            if dialog["last_message"]["text"] == text:
                return dialog
    return until(found)


def test_nothing_is_stored_before_the_first_message(page):
    widget = Widget(page).open()
    widget.state("Connected")
    assert widget.stored() == []
    widget.write("hello")
    expect(widget.log).to_contain_text("Sent")
    # No mail server, no offer to mail the answer.
    expect(widget.frame.locator("#contact")).to_be_hidden()
    until(lambda: widget.unsent() == [])
    assert [key.rsplit(".", 1)[1] for key in widget.stored()] == ["guest_id"]


def test_two_tabs_show_the_same(context, host):
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        page.goto(host.url)
    first, second = Widget(pages[0]).open(), None
    first.write("from the first tab")
    expect(first.log).to_contain_text("Sent")
    second = Widget(pages[1]).open()
    expect(second.lines).to_have_text(["from the first tab"])
    second.write("from the second tab")
    expect(first.lines).to_have_text(["from the first tab", "from the second tab"])


def test_two_tabs_opened_before_the_first_message_are_one_guest(context, host, cast):
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        page.goto(host.url)
    first, second = (Widget(page).open() for page in pages)
    first.write("first tab, first")
    expect(first.log).to_contain_text("Sent")
    second.write("second tab, second")
    for widget in (second, first):
        expect(widget.lines).to_have_text(["first tab, first", "second tab, second"])
    with cast.manager.socket() as desk:
        dialog = only_dialog(desk, "second tab, second")
        lines = desk.call("message_list", {"dialog_id": dialog["id"]})["messages"]
    assert [line["text"] for line in lines] == ["first tab, first", "second tab, second"]


def test_blocked_storage_does_not_stop_a_visitor(context, host):
    context.add_init_script("""Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("blocked", "SecurityError"); } })""")
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    widget.write("no storage here")
    expect(widget.log).to_contain_text("Sent")


def test_lines_written_while_the_server_is_down_arrive_once_and_in_order(page, cast, served):
    widget = Widget(page).open()
    widget.write("before")
    expect(widget.log).to_contain_text("Sent")
    served.stop(signal.SIGKILL)
    widget.state("No connection")
    for number in (1, 2, 3):
        widget.write(f"while down {number}")
    expect(widget.log).to_contain_text("Waiting for a connection…")
    until(lambda: len(widget.unsent()) == 3)
    page.reload()
    assert widget.unsent() == ["while down 1", "while down 2", "while down 3"]
    served.start()
    page.goto(page.url)
    widget.open()
    expect(widget.lines).to_have_text(["before", "while down 1", "while down 2", "while down 3"])
    expect(widget.log.get_by_text("Sent")).to_have_count(4)
    with cast.manager.socket() as desk:
        dialog = only_dialog(desk, "while down 3")
        lines = desk.call("message_list", {"dialog_id": dialog["id"]})["messages"]
    assert [line["text"] for line in lines] == ["before", "while down 1", "while down 2", "while down 3"]


def test_a_line_that_is_refused_for_good_says_why_and_can_be_sent_again_or_deleted(context, cast, served):
    site = served.command("site", "add", "Kiosk", "--domain", "localhost", "--json")
    with HostPage(site["snippet"]) as kiosk:
        page = context.new_page()
        page.goto(kiosk.url)
        widget = Widget(page).open()
        widget.write("fine")
        expect(widget.log).to_contain_text("Sent")
        served.command("site", "rotate-token", site["id"], "--now")
        widget.state("The chat no longer knows this page")
        widget.write("too late")
        expect(widget.log).to_contain_text("Not sent. The chat no longer knows this page. Reload it.")
        expect(widget.frame.get_by_role("button", name="Send again")).to_be_visible()
        widget.frame.get_by_role("button", name="Delete").click()
        expect(widget.lines).to_have_text(["fine"])


def test_a_line_left_behind_goes_out_on_the_next_page_without_a_click(page, cast, host):
    widget = Widget(page).open()
    widget.write("stored first")
    expect(widget.log).to_contain_text("Sent")
    widget.go_offline()
    widget.write("left behind")
    until(lambda: widget.unsent() == ["left behind"])
    widget.close()
    page.goto("about:blank")
    page.context.set_offline(False)
    # Whatever else does not come.
    page.route("**/signs.js*", lambda route: route.abort())
    with cast.manager.socket() as desk:
        page.goto(host.url)
        dialog = only_dialog(desk, "left behind")
        assert page.get_by_role("button", name="Open chat").is_visible()
        assert not page.locator("iframe").is_visible()
        lines = desk.call("message_list", {"dialog_id": dialog["id"]})["messages"]
    assert [line["text"] for line in lines] == ["stored first", "left behind"]
    until(lambda: widget.unsent() == [])


class Network:
    """What lies between the page and the server's sockets: closed, silent both ways, or losing what holds `lost`.

    It works only while Playwright waits: no `until` beside it."""

    def __init__(self, context):
        self.is_closed, self.is_silent, self.lost = False, False, None
        context.route_web_socket(re.compile(".*"), self._relay)

    def _relay(self, socket):
        if self.is_closed:
            socket.close()
            return
        server = socket.connect_to_server()
        socket.on_message(lambda packet: self._pass(server, packet))
        server.on_message(lambda packet: self._pass(socket, packet))

    def _pass(self, to, packet):
        if not self.is_silent and not (self.lost and self.lost in packet):
            to.send(packet)


@pytest.fixture
def network(context):
    return Network(context)


@pytest.fixture
def widget(context, network, host):
    """An open panel behind the network, with a first line sent over its socket; its clock can be moved on."""
    page = context.new_page()
    page.clock.install()
    page.goto(host.url)
    widget = Widget(page).open()
    connected(widget)
    widget.write("first")
    expect(widget.log).to_contain_text("Sent")
    return widget


def connected(widget):
    expect(widget.frame.get_by_text("Connected", exact=True)).to_be_visible()


def dialog_of(cast, text):
    [row] = [row for row in cast.manager.http("GET", "/dialogs").json()["dialogs"] if row["last_message"]["text"] == text]
    return row["id"]


def lines_in(cast, dialog_id):
    return [line["text"] for line in cast.manager.http("GET", f"/dialogs/{dialog_id}/messages").json()["messages"]]


def test_a_line_that_a_silent_socket_swallows_goes_over_http_and_the_socket_comes_back(widget, network, cast):
    dialog_id = dialog_of(cast, "first")
    network.is_silent = True
    widget.write("into the void")
    expect(widget.log).to_contain_text("Sending…")
    widget.page.clock.fast_forward(8000)
    expect(widget.log.get_by_text("Sent")).to_have_count(2)
    assert lines_in(cast, dialog_id) == ["first", "into the void"]
    network.is_silent = False
    widget.page.clock.fast_forward(8000)
    connected(widget)


def test_a_silent_socket_is_noticed_by_the_beat_and_lines_come_over_http(widget, network, cast):
    dialog_id = dialog_of(cast, "first")
    network.is_silent = network.is_closed = True
    cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "can you hear me?"})
    expect(widget.lines).to_have_text(["first"])
    widget.page.clock.fast_forward(15000)
    widget.page.clock.fast_forward(8000)
    expect(widget.lines).to_have_text(["first", "can you hear me?"])
    widget.state("with a short delay")
    network.is_silent = network.is_closed = False
    widget.page.clock.fast_forward(8000)
    connected(widget)


@pytest.mark.parametrize("sign", ["focus", "online"])
def test_a_line_that_got_lost_comes_with_the_next_sign_of_life(widget, network, cast, sign):
    dialog_id = dialog_of(cast, "first")
    network.lost = "lost on the way"
    cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", {"text": "lost on the way"})
    cast.manager.http("POST", f"/dialogs/{dialog_id}/typing", {"typing": True})
    expect(widget.frame.get_by_text("Typing…")).to_be_visible()
    expect(widget.lines).to_have_text(["first"])
    network.lost = None
    widget.page.frames[1].evaluate(f"window.dispatchEvent(new Event('{sign}'))")
    expect(widget.lines).to_have_text(["first", "lost on the way"])


def test_after_an_old_copy_of_the_database_the_line_opens_a_new_dialog(page, cast, served):
    widget = Widget(page).open()
    widget.write("not in the copy")
    expect(widget.log).to_contain_text("Sent")
    assert served.stop() == 0
    with closing(sqlite3.connect(served.instance / "replyx.db")) as file:
        for table in ("message", "dialog", "guest"):
            file.execute(f"DELETE FROM {table}")
        file.commit()
    served.start()
    widget.write("after the copy")
    expect(widget.lines).to_have_text(["after the copy"])
    expect(widget.log).to_contain_text("Sent")
    assert lines_in(cast, dialog_of(cast, "after the copy")) == ["after the copy"]


def test_two_tabs_that_find_the_same_line_send_it_once(context, cast, host):
    client_id, place = str(uuid.uuid4()), f"replyx.{cast.site['id']}.outbox."
    value = json.dumps({"client_id": client_id, "text": "found by both", "at": 1})
    first, second = context.new_page(), context.new_page()
    first.goto(host.url)
    first.evaluate("([key, value]) => localStorage.setItem(key, value)", [place + client_id, value])
    for tab in (first, second):
        tab.goto(host.url, wait_until="commit")
    for tab in (first, second):
        widget = Widget(tab).open()
        expect(widget.lines).to_have_text(["found by both"])
        expect(widget.log).to_contain_text("Sent")
    assert lines_in(cast, dialog_of(cast, "found by both")) == ["found by both"]


def test_a_refused_line_is_sent_again_by_its_button(context, cast, served):
    """The owner takes the token back, and gives it out again."""
    site = served.command("site", "add", "Bakery", "--domain", "localhost", "--json")
    with HostPage(site["snippet"]) as bakery:
        page = context.new_page()
        page.goto(bakery.url)
        widget = Widget(page).open()
        connected(widget)
        served.command("site", "rotate-token", site["id"], "--now")
        widget.state("The chat no longer knows this page")
        widget.write("let me in")
        expect(widget.log).to_contain_text("Not sent.")
        with closing(sqlite3.connect(served.instance / "replyx.db")) as file:
            file.execute("UPDATE site SET site_token = ? WHERE id = ?", [site["site_token"], site["id"]])
            file.commit()
        widget.frame.get_by_role("button", name="Send again").click()
        expect(widget.log).to_contain_text("Sent")
        expect(widget.frame.get_by_role("button", name="Send again")).to_have_count(0)


def test_a_line_that_waits_says_why(context, tmp_path):
    """Two messages in ten seconds are let through; looking for the dialog counts as one."""
    with Served(tmp_path, REPLYX_RATE_LIMITS="0.07") as slow:
        site = slow.command("site", "add", "Shop", "--domain", "localhost", "--json")
        with HostPage(site["snippet"]) as shop:
            page = context.new_page()
            page.goto(shop.url)
            widget = Widget(page).open()
            for number in (1, 2, 3):
                widget.write(f"line {number}")
            expect(widget.log).to_contain_text("Not sent yet, tried again by itself. Too many messages at once.")

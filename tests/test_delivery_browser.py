"""Lines written while something breaks, in the real Chromium: each arrives once, in order, and says so."""
import re
import shutil
import signal

import pytest
from playwright.sync_api import Error, expect

from tests.cable import Cable, LossyProxy
from tests.hostpage import HostPage, Widget
from tests.power import shim
from tests.served import Served, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The module's server, whose disk can fail where there is a compiler."""
    folder = tmp_path_factory.mktemp("delivery")
    fault = folder / "fault"
    env = shim.environment(folder, folder / "instance", SHIM_FAULT=str(fault)) if shutil.which("cc") else {}
    with Served(folder / "instance", REPLYX_RATE_LIMITS="off", **env) as server:
        server.fault = fault
        yield server


@pytest.fixture(scope="module")
def host(cast):
    with HostPage(cast.site["snippet"]) as page:
        yield page


@pytest.fixture
def desk(cast):
    with cast.manager.socket() as socket:
        yield socket


def visit(context, url):
    page = context.new_page()
    page.goto(url)
    return page


def stored(desk, first):
    """The lines of the one dialog that has a line of this text; fails when two dialogs have."""
    found = []
    for dialog in desk.call("dialog_list", {})["dialogs"]:
        lines = [line["text"] for line in desk.call("message_list", {"dialog_id": dialog["id"]})["messages"]]
        if first in lines:
            found.append(lines)
    assert len(found) <= 1
    return found[0] if found else []


def test_offline_in_the_middle_of_ten_lines_and_a_reload(context, host, desk):
    page = visit(context, host.url)
    widget, lines = Widget(page).open(), [f"line {number}" for number in range(1, 11)]
    for line in lines[:5]:
        widget.write(line)
    # Wherever it finds them: stored, waiting for the ack, or not sent yet.
    context.set_offline(True)
    for line in lines[5:]:
        widget.write(line)
    widget.state("No connection")
    until(lambda: widget.unsent()[-5:] == lines[5:])
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    context.set_offline(False)
    page.goto(host.url)
    until(lambda: stored(desk, lines[0]) == lines, what="all ten lines, in order")
    widget.open()
    expect(widget.lines).to_have_text(lines)
    expect(widget.log.get_by_text("Sent")).to_have_count(10)
    until(lambda: widget.unsent() == [])
    assert stored(desk, lines[0]) == lines


@pytest.mark.parametrize("blocked", [False, True], ids=["WebSocket", "HTTP alone"])
def test_a_server_killed_between_a_line_and_its_reply_has_it_once(context, cast, served, desk, blocked):
    if blocked:
        context.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    lines = [f"the dialog's first line ({blocked})", f"the one after it ({blocked})"]
    with LossyProxy(served.port) as proxy, HostPage(cast.site["snippet"].replace(str(served.port), str(proxy.port))) as host:
        widget = Widget(visit(context, host.url)).open()
        widget.state("with a short delay" if blocked else "Connected")
        for number, line in enumerate(lines):
            proxy.is_losing = True
            widget.write(line)
            with cast.manager.socket() as watching:
                until(lambda: stored(watching, lines[0]) == lines[:number + 1])
            served.stop(signal.SIGKILL)
            proxy.cut()
            expect(widget.log.get_by_text("Sent")).to_have_count(number)
            proxy.is_losing = False
            served.start()
            expect(widget.log.get_by_text("Sent")).to_have_count(number + 1, timeout=20_000)
            expect(widget.lines).to_have_text(lines[:number + 1])
            until(lambda: widget.unsent() == [])
    with cast.manager.socket() as watching:
        assert stored(watching, lines[0]) == lines


def test_two_tabs_show_the_same_also_after_one_was_offline(context, host, served, desk):
    pages = [context.new_page(), context.new_page()]
    cables = [Cable(page, served.url) for page in pages]
    for page in pages:
        page.goto(host.url)
    first = Widget(pages[0]).open()
    first.write("first 1")
    expect(first.log).to_contain_text("Sent")
    second = Widget(pages[1]).open()
    second.write("second 1")
    expect(first.lines).to_have_text(["first 1", "second 1"])
    cables[1].cut()
    second.state("No connection")
    second.write("second 2, offline")
    first.write("first 2")
    expect(first.lines).to_have_text(["first 1", "second 1", "first 2"])
    cables[1].mend()
    both = ["first 1", "second 1", "first 2", "second 2, offline"]
    for widget in (first, second):
        widget.page.bring_to_front()
        expect(widget.lines).to_have_text(both, timeout=20_000)
        expect(widget.log.get_by_text("Sent")).to_have_count(4)
    first.write("first 3")
    for widget in (second, first):
        expect(widget.lines).to_have_text([*both, "first 3"])
    assert stored(desk, "first 1") == [*both, "first 3"]


@pytest.mark.compiler
def test_a_line_for_a_full_disk_waits_and_goes_out_by_itself(context, host, served, desk):
    widget = Widget(visit(context, host.url)).open()
    widget.write("there is space")
    expect(widget.log).to_contain_text("Sent")
    served.fault.write_text("write 28")
    try:
        widget.write("there is none")
        expect(widget.log).to_contain_text("Not sent yet, tried again by itself. The server can't store messages right now.")
        assert widget.unsent() == ["there is none"]
    finally:
        served.fault.unlink()
    expect(widget.log.get_by_text("Sent", exact=True)).to_have_count(2, timeout=20_000)
    assert stored(desk, "there is space") == ["there is space", "there is none"]
    until(lambda: widget.unsent() == [])

"""Files as a visitor sends them, in the real Chromium: what goes, what is refused and why, and that nothing is lost on the way."""
import base64
import re

import pytest
from playwright.sync_api import expect

from replyx.config import ROOT
from replyx.inspection import IMAGES, KINDS
from tests.cable import LossyProxy
from tests.hostpage import HostPage, Widget
from tests.served import until

pytestmark = pytest.mark.browser

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
EXE = b"MZ\x90\0\3\0\0\0" + bytes(1000)
HAND_OVER = """(element, [kind, files]) => {
  const transfer = new DataTransfer();
  for (const { name, mimeType, data, size } of files) {
    const bytes = size ? new Uint8Array(size).fill(97) : Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: mimeType }));
  }
  const options = { bubbles: true, cancelable: true };
  element.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, { ...options, clipboardData: transfer })
    : new DragEvent(kind, { ...options, dataTransfer: transfer }));
}"""


def file(name, body=b"text", kind="text/plain", **more):
    return {"name": name, "mimeType": kind, "buffer": body, **more}


PHOTO = file("photo.png", PNG, "image/png")


class Files:
    """The visitor's hands on the attached files."""

    def __init__(self, widget):
        self.widget, self.frame = widget, widget.frame
        self.chips = self.frame.get_by_role("list", name="Files to send").get_by_role("listitem")
        self.alert = self.frame.locator("#attach-why")

    def choose(self, *files):
        with self.widget.page.expect_file_chooser() as chooser:
            self.frame.get_by_role("button", name="Attach a file").click()
        chooser.value.set_files(list(files))

    def hand_over(self, kind, *files):
        """Drop or paste, as the browser would tell the page of it. A file with a `size` is made in the page."""
        data = [{**given, "buffer": None, "data": base64.b64encode(given["buffer"]).decode()} for given in files]
        self.frame.locator("body").evaluate(HAND_OVER, [kind, data])

    def are(self, *states):
        expect(self.chips).to_have_count(len(states))
        for number, state in enumerate(states):
            expect(self.chips.nth(number)).to_have_class(state)


def last_line(cast):
    """The newest line of the dialog that was written to last, as managers have it."""
    [dialog, *_] = cast.manager.http("GET", "/dialogs").json()["dialogs"]
    return cast.manager.http("GET", f"/dialogs/{dialog['id']}/messages").json()["messages"][-1]


def names(line):
    return [attachment["name"] for attachment in line["attachments"]]


@pytest.fixture
def requests(context):
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    return asked


@pytest.fixture
def widget(page, requests):
    return Widget(page).open()


@pytest.fixture
def files(widget):
    return Files(widget)


def test_chosen_dropped_and_pasted_files_go_with_and_without_a_text(widget, files, cast, requests):
    assert not [url for url in requests if re.search("attach.js|upload.js|attach.css", url)]
    files.choose(PHOTO, file("notes.txt"))
    files.are("done", "done")
    expect(files.chips.first).to_contain_text("photo.png")
    expect(files.chips.first.locator("img")).to_have_attribute("src", re.compile("^blob:"))
    expect(files.chips.last).to_contain_text("byte")
    assert [url for url in requests if url.endswith("/attach.js")]
    widget.write("two files")
    expect(widget.log).to_contain_text("Sent")
    expect(files.chips).to_have_count(0)
    line = last_line(cast)
    assert (line["text"], names(line)) == ("two files", ["photo.png", "notes.txt"])
    expect(widget.log.locator("img[src*='/files/']")).to_have_count(1)
    expect(widget.log.get_by_role("link", name=re.compile("notes.txt"))).to_have_count(1)

    overlay = widget.frame.get_by_text("Drop files here to attach them")
    files.hand_over("dragover", PHOTO)
    expect(overlay).to_be_visible()
    files.hand_over("drop", file("dropped.txt"))
    expect(overlay).to_be_hidden()
    files.hand_over("paste", PHOTO)
    files.are("done", "done")
    widget.frame.get_by_role("button", name="Remove dropped.txt").click()
    files.are("done")
    expect(widget.text).to_be_focused()
    widget.frame.get_by_role("button", name="Send").click()
    expect(widget.log.get_by_text("Sent")).to_have_count(2)
    line = last_line(cast)
    assert (line["text"], names(line)) == ("", ["photo.png"])


def test_what_cannot_be_sent_is_refused_in_words(widget, files):
    files.hand_over("drop", file("film.txt", size=11 * 1024 * 1024), file("setup.exe", EXE), file("nothing.txt", b""))
    expect(files.alert).to_contain_text("film.txt is larger than 10 MB.")
    expect(files.alert).to_contain_text("setup.exe: files of this kind can't be sent.")
    expect(files.alert).to_contain_text("nothing.txt is empty.")
    expect(files.chips).to_have_count(0)
    # What calls itself something else gets as far as the server, which looks inside.
    files.choose(file("holiday.txt", EXE))
    files.are("failed")
    expect(files.chips.first).to_contain_text("holiday.txt is not what its name says")
    widget.page.route("**/files?*", lambda route: route.fulfill(status=404, json={"ok": False, "error": {"code": "not_found"}}))
    files.choose(file("late.txt"))
    expect(files.chips.last).to_contain_text("The chat that late.txt was for no longer exists. Reload the page")
    # A limit by the day is no reason to wait: the message could go in an hour at the soonest.
    widget.page.unroute("**/files?*")
    widget.page.route("**/files?*", lambda route: route.fulfill(status=429, json={
        "ok": False, "error": {"code": "rate_limited", "retry_after": 3601}}))
    files.choose(file("large.txt"))
    files.are("failed", "failed", "failed")
    expect(files.chips.last).to_contain_text("large.txt was not sent: these are as many files as one day allows.")
    widget.frame.get_by_role("button", name="Remove large.txt").click()
    # However much there is to say, the conversation and the way to write stay before the visitor.
    widget.frame.locator("#notice").evaluate("(notice) => { notice.textContent = 'word '.repeat(400); }")
    for part in ("#send", "#main"):
        expect(widget.frame.locator(part)).to_be_in_viewport(ratio=1)
    assert widget.frame.locator("#main").bounding_box()["height"] >= 80
    widget.frame.get_by_role("button", name="Remove late.txt").click()
    widget.page.unroute("**/files?*")
    widget.write("look at this")
    expect(files.alert).to_have_text("holiday.txt was not sent. Try it again or remove it, then send the message.")
    expect(widget.text).to_have_value("look at this")
    widget.frame.get_by_role("button", name="Remove holiday.txt").click()
    widget.frame.get_by_role("button", name="Send").click()
    expect(widget.lines).to_have_text(["look at this"])
    files.choose(*(file(f"{number}.txt") for number in range(1, 12)))
    expect(files.alert).to_have_text("11.txt was left out: at most 10 files go with one message.")
    expect(files.chips).to_have_count(10)
    # Each of several has a line of its own.
    files.choose(file("12.txt"), file("13.txt"))
    expect(files.alert.get_by_role("listitem")).to_have_text([re.compile(f"^{name}.txt was left out") for name in (12, 13)])


def test_progress_cancel_and_a_message_that_waits_for_its_files(context, cast, served):
    with LossyProxy(served.port) as proxy, HostPage(cast.site["snippet"].replace(str(served.port), str(proxy.port))) as host:
        page = context.new_page()
        page.goto(host.url)
        widget = Widget(page).open()
        files = Files(widget)
        files.choose(file("small.txt"))
        files.are("done")
        widget.state("Connected")
        proxy.is_held = True
        files.hand_over("drop", file("long.txt", size=9_000_000), file("next.txt"))
        files.are("done", "sending", "waiting")
        bar = widget.frame.get_by_role("progressbar", name="long.txt")
        until(lambda: 0 < bar.evaluate("(bar) => bar.position") < 1)
        widget.write("with two files")
        expect(files.alert).to_have_text("The message goes out as soon as its files are there.")
        expect(widget.lines).to_have_count(0)
        widget.frame.get_by_role("button", name="Cancel long.txt").click()
        files.are("done", "sending")
        proxy.is_held = False
        expect(widget.log).to_contain_text("Sent")
        line = last_line(cast)
        assert (line["text"], names(line)) == ("with two files", ["small.txt", "next.txt"])


def test_a_file_for_a_server_that_is_down_goes_when_it_is_back(widget, files, cast, served):
    files.choose(file("first.txt"))
    files.are("done")
    served.stop()
    files.choose(file("second.txt"), file("third.txt"))
    expect(files.chips.nth(1)).to_contain_text("There is no connection. second.txt goes as soon as there is one.")
    again = widget.frame.get_by_role("button", name="Try again: second.txt")
    again.click()
    expect(again).to_be_visible()
    served.start()
    expect(files.chips.last).to_have_class("done", timeout=20_000)
    files.are("done", "done", "done")
    widget.write("all there")
    expect(widget.log).to_contain_text("Sent")
    assert names(last_line(cast)) == ["first.txt", "second.txt", "third.txt"]


def test_reloads_lose_nothing_that_the_server_has_and_say_what_was_lost(widget, files, cast, context, host):
    files.choose(file("kept.txt"))
    files.are("done")
    kept = "JSON.parse(Object.entries(sessionStorage).find(([key]) => key.endsWith('files.tab'))[1])"
    since = until(lambda: widget.page.evaluate(kept)["at"])
    widget.go_offline()
    files.choose(file("lost.txt"))
    expect(files.chips.last).to_contain_text("There is no connection.")
    assert until(lambda: widget.page.evaluate(kept)["lost"]) == ["lost.txt"]
    # The server counts from when it got the first.
    assert widget.page.evaluate(kept)["at"] == since
    widget.page.goto("about:blank")
    context.set_offline(False)
    widget.page.goto(host.url)
    widget.open()
    files.are("done")
    expect(files.alert).to_have_text("Not sent before the page was left: lost.txt. Please attach again.")
    widget.go_offline()
    widget.write("uploaded, not acknowledged")
    until(lambda: widget.unsent() == ["uploaded, not acknowledged"])
    expect(widget.lines).to_have_count(1)
    widget.page.goto("about:blank")
    context.set_offline(False)
    widget.page.goto(host.url)
    widget.open()
    expect(widget.log).to_contain_text("Sent")
    expect(files.chips).to_have_count(0)
    line = last_line(cast)
    assert (line["text"], names(line)) == ("uploaded, not acknowledged", ["kept.txt"])


def test_the_server_gets_a_minute_to_answer_once_it_has_a_file(context, cast, served):
    with LossyProxy(served.port) as proxy, HostPage(cast.site["snippet"].replace(str(served.port), str(proxy.port))) as host:
        context.clock.install()
        page = context.new_page()
        page.goto(host.url)
        widget = Widget(page).open()
        files = Files(widget)
        files.choose(file("first.txt"))
        files.are("done")
        proxy.is_losing = True
        with page.expect_request("**/files?*"):
            files.choose(file("second.txt"))
        expect(widget.frame.get_by_role("progressbar", name="second.txt")).to_have_attribute("value", "1")
        context.clock.fast_forward(40_000)
        files.are("done", "sending")
        context.clock.fast_forward(30_000)
        expect(files.chips.last).to_contain_text("There is no connection.")


def test_a_site_without_files_has_no_button(context, cast, served):
    site = served.command("site", "add", "Bank", "--domain", "localhost", "--json")
    assert cast.owner.http("POST", f"/sites/{site['id']}", {"settings": {"files": False}}).status_code == 200
    with HostPage(site["snippet"]) as bank:
        page = context.new_page()
        page.goto(bank.url)
        widget = Widget(page).open()
        expect(widget.frame.get_by_role("button", name="Attach a file")).to_have_count(0)
        Files(widget).hand_over("drop", PHOTO)
        expect(Files(widget).chips).to_have_count(0)


def test_the_widget_offers_what_the_server_takes():
    offered = re.search(r'ACCEPT = (".*?");', (ROOT / "widget_static" / "attaching.js").read_text(), re.S)[1]
    suffixes = {suffix for kind in KINDS.values() for suffix in kind}
    assert set(re.findall(r"\.\w+", offered)) == suffixes
    assert set(re.findall(r"image/\w+", offered)) == set(IMAGES)

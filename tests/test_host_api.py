"""What the host page calls and is told, before and after the script is there, from the right to the hostile; in the real
Chromium."""
import re

import pytest
from playwright.sync_api import expect

from tests.hostpage import HostPage, Widget, answer, console_lines, dialog_of
from tests.served import until

pytestmark = pytest.mark.browser


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


def guest_of(cast, dialog_id):
    guest = cast.owner.http("GET", f"/dialogs/{dialog_id}").json()["dialog"]["guest"]
    return guest["name"], guest["attributes"]


def test_the_host_pages_api_speaks_for_the_guest_and_forgets_them(page, cast):
    widget = Widget(page).open()
    page.evaluate("""() => { window.told = []; for (const name of ["message", "unread", "error"])
        ReplyX.on(name, (data) => window.told.push([name, data])); ReplyX.send("from the page"); }""")
    expect(widget.lines).to_have_text(["from the page"])
    expect(widget.log).to_contain_text("Sent")
    dialog = dialog_of(cast, "from the page")
    widget.close()
    answer(cast, dialog, "seen?")
    until(lambda: len(page.evaluate("window.told")) == 3)
    assert [name for name, _ in page.evaluate("window.told")] == ["message", "message", "unread"]
    widget.open()
    widget.text.press_sequentially("a draft")
    page.evaluate("ReplyX.reset()")
    expect(widget.lines).to_have_count(0)
    until(lambda: widget.stored() == [])
    expect(widget.text).to_have_value("")
    # What is wrong with who they are is said at once, to those who can mend it.
    with page.expect_console_message(lambda message: "identify" in message.text) as told:
        page.evaluate("ReplyX.identify({ user_id: 7, name: 'Gina' })")
    assert "Not a valid string." in told.value.text and '"user_id"' in told.value.text
    with page.expect_console_message(lambda message: "identify" in message.text) as told:
        page.evaluate("ReplyX.identify({ user_id: '7', exp: 1, signature: '00' })")
    assert "no secret" in told.value.text and "Make one in the site's settings" in told.value.text
    # Neither what was refused nor what is left empty stands in the way of what is right.
    with page.expect_console_message(lambda message: "identify" in message.text) as told:
        page.evaluate("""() => { ReplyX.identify({ name: "Vera", email: "", attributes: { plan: "pro" } });
            ReplyX.identify({ name: "x".repeat(10000) }); }""")
    assert '"name"' in told.value.text and '"email"' not in told.value.text
    page.evaluate("ReplyX.setAttributes({ basket: 3 })")
    assert [data["code"] for name, data in page.evaluate("window.told") if name == "error"] == ["invalid", "forbidden", "invalid"]
    widget.write("somebody new")
    expect(widget.log).to_contain_text("Sent")
    new = dialog_of(cast, "somebody new")
    assert new != dialog
    assert guest_of(cast, new) == ("Vera", {"plan": "pro", "basket": 3})

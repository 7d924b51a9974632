"""What the visitor sees and does in the open panel, from the first line on, in the real Chromium."""
import pytest
from playwright.sync_api import expect

from tests.hostpage import Widget, answer, dialog_of, frame_of, rated_as
from tests.served import until

pytestmark = pytest.mark.browser

# Everything that is put into the region which is read out, from now on.
LISTEN = """() => {
  window.heard = [];
  const hear = ({ addedNodes }) => addedNodes.forEach((node) => window.heard.push(node.textContent));
  new MutationObserver((changes) => changes.forEach(hear)).observe(document.getElementById("said"),
    { childList: true, subtree: true, characterData: true });
}"""
FULL = """() => { const { scrollHeight, scrollTop, clientHeight } = document.getElementById("main");
  return scrollHeight - scrollTop - clientHeight < 2; }"""


def tab_to(place, key="Tab"):
    """Press the key until this has the focus."""
    for _ in range(20):
        if place.evaluate("(node) => document.hasFocus() && node.getRootNode().activeElement === node"):
            return
        place.page.keyboard.press(key)
    expect(place).to_be_focused()


def test_a_conversation_by_keyboard_alone(page, cast):
    keys = page.keyboard
    # From here on, for the frame too: what comes before the browser has heard of it would be lost.
    page.on("filechooser", lambda chooser: chooser.set_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"a note"}))
    tab_to(page.get_by_role("button", name="Open chat"))
    keys.press("Enter")
    widget = Widget(page)
    expect(widget.text).to_be_focused()
    # As it stands in WebKit, which lets a frame take the focus only once the visitor has done something in it.
    widget.text.evaluate("(box) => box.blur()")
    keys.type("hello ")
    expect(widget.text).to_have_value("hello ")
    keys.press("Shift+Tab")
    expect(widget.frame.get_by_role("button", name="Emoji")).to_be_focused()
    keys.press("Enter")
    expect(widget.frame.get_by_role("button", name="😀")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(widget.text).to_be_focused()
    expect(widget.text).to_have_value("hello 😄")
    # The Enter that chooses a word of an input method, as WebKit tells it: after the composing, with a code of its own.
    widget.text.evaluate("""(box) => box.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, cancelable: true }))""")
    expect(widget.text).to_have_value("hello 😄")
    keys.press("Enter")
    expect(widget.lines).to_have_text(["hello 😄"])
    expect(widget.log).to_contain_text("Sent")
    dialog = dialog_of(cast, "hello 😄")
    tab_to(widget.frame.get_by_role("button", name="Attach a file"), "Shift+Tab")
    keys.press("Enter")
    expect(widget.frame.get_by_role("list", name="Files to send").locator(".done")).to_have_count(1)
    expect(widget.text).to_be_focused()
    tab_to(widget.frame.get_by_role("button", name="Send"))
    keys.press("Enter")
    expect(widget.log.get_by_text("Sent")).to_have_count(2)
    tab_to(widget.log.get_by_role("link", name="note.txt"), "Shift+Tab")
    answer(cast, dialog, "goodbye")
    expect(widget.frame.get_by_role("heading", name="Anna")).to_be_visible()
    menu = widget.frame.get_by_role("button", name="Menu")
    tab_to(menu, "Shift+Tab")
    keys.press("Enter")
    expect(widget.frame.get_by_role("menuitemcheckbox", name="Sound")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    earlier = widget.frame.get_by_role("dialog", name="Earlier chats")
    expect(earlier).to_contain_text("There are no earlier chats.")
    tab_to(earlier.get_by_role("button", name="Close"))
    keys.press("Enter")
    expect(menu).to_be_focused()
    tab_to(widget.text)
    cast.manager.http("POST", f"/dialogs/{dialog}/close")
    group = widget.frame.get_by_role("group", name="How was this chat?")
    expect(group).to_be_visible()
    tab_to(group.get_by_role("radio", name="5: Very good"), "Shift+Tab")
    for _ in range(5):
        keys.press("ArrowRight")
    expect(group.get_by_role("radio", name="5: Very good")).to_be_checked()
    keys.press("Tab")
    thanks = widget.frame.get_by_text("Thank you for your rating.")
    expect(thanks).to_be_visible()
    # The stars on the way there were not meant.
    assert rated_as(cast, dialog) == (5, None)
    keys.type("quick")
    keys.press("Tab")
    keys.press("Enter")
    expect(group).to_be_hidden()
    expect(thanks).to_be_visible()
    expect(widget.text).to_be_focused()
    assert rated_as(cast, dialog) == (5, "quick")
    keys.press("Escape")
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()


def test_a_new_line_is_read_out_once_and_what_was_there_is_not(page, cast):
    widget = Widget(page).open()
    frame = frame_of(page)
    frame.evaluate(LISTEN)
    widget.write("is anybody there?")
    expect(widget.log).to_contain_text("Sent")
    dialog = dialog_of(cast, "is anybody there?")
    answer(cast, dialog, "I am")
    expect(widget.lines).to_have_count(2)
    cast.manager.http("POST", f"/dialogs/{dialog}/typing", {"typing": True})
    frame.evaluate("window.dispatchEvent(new Event('focus'))")
    answer(cast, dialog, "still here")
    expect(widget.lines).to_have_count(3)
    assert frame.evaluate("window.heard") == ["Anna: I am", "Anna: still here"]
    page.reload()
    widget.open()
    frame_of(page).evaluate(LISTEN)
    expect(widget.lines).to_have_count(3)
    answer(cast, dialog, "and now?")
    expect(widget.lines).to_have_count(4)
    assert frame_of(page).evaluate("window.heard") == ["Anna: and now?"]
    assert widget.log.get_attribute("aria-live") == "off"


def test_a_draft_is_kept_over_a_reload_and_goes_with_the_line(page):
    widget = Widget(page).open()
    # Who types and clicks a link of the page at once: what would be kept later never is.
    frame_of(page).evaluate("window.setTimeout = () => 0")
    widget.text.press_sequentially("half a thought")
    page.locator("body").click(position={"x": 5, "y": 5})
    until(lambda: any(key.endswith(".draft") for key in widget.stored()))
    page.reload()
    widget.open()
    expect(widget.text).to_have_value("half a thought")
    # Who reloads at the last key.
    frame_of(page).evaluate("window.setTimeout = () => 0")
    widget.text.press("!")
    page.reload()
    expect(widget.open().text).to_have_value("half a thought!")
    widget.write("half a thought and its end")
    expect(widget.log).to_contain_text("Sent")
    until(lambda: not any(key.endswith(".draft") for key in widget.stored()))
    page.reload()
    expect(widget.open().text).to_have_value("")


def test_a_draft_shows_all_its_lines_when_the_panel_opens_and_when_the_screen_turns(page):
    page.set_viewport_size({"width": 360, "height": 640})
    widget = Widget(page).open()
    widget.write("hello")
    expect(widget.log).to_contain_text("Sent")
    widget.text.fill("half a thought and its end, " * 3)
    until(lambda: any(key.endswith(".draft") for key in widget.stored()))
    page.reload()
    page.wait_for_function("document.querySelector('body > div').shadowRoot.querySelector('iframe[title]')")
    widget.open()
    cut = "() => { const text = document.getElementById('text'); return text.scrollHeight > text.clientHeight; }"
    tall = "document.getElementById('text').offsetHeight"
    until(lambda: not frame_of(page).evaluate(cut))
    before = frame_of(page).evaluate(tall)
    page.set_viewport_size({"width": 480, "height": 360})
    until(lambda: frame_of(page).evaluate(tall) < before and not frame_of(page).evaluate(cut))


def test_who_reads_further_up_stays_there_and_is_told_of_what_comes(page, cast):
    widget = Widget(page).open()
    widget.write("line 0")
    expect(widget.log).to_contain_text("Sent")
    dialog = dialog_of(cast, "line 0")
    for number in range(1, 61):
        answer(cast, dialog, f"line {number}")
    expect(widget.lines).to_have_count(61)
    page.reload()
    widget.open()
    expect(widget.lines.last).to_have_text("line 60")
    frame = frame_of(page)
    until(lambda: frame.evaluate(FULL))
    before = widget.lines.count()
    assert before < 61
    frame.evaluate("document.getElementById('main').scrollTop = 0")
    top = widget.lines.first
    # Lines come in with a movement.
    until(lambda: not frame.evaluate("document.getAnimations().length"))
    at = top.bounding_box()["y"]
    line = top.text_content()
    widget.frame.get_by_role("button", name="Earlier messages").click()
    expect(widget.lines).to_have_count(61)
    assert abs(widget.log.get_by_text(line, exact=True).bounding_box()["y"] - at) < 2
    answer(cast, dialog, "news")
    pill = widget.frame.get_by_role("button", name="New messages")
    expect(pill).to_be_visible()
    assert not frame.evaluate(FULL)
    pill.click()
    expect(pill).to_be_hidden()
    assert frame.evaluate(FULL)
    expect(widget.text).to_be_focused()
    answer(cast, dialog, "at the end")
    expect(widget.lines.last).to_have_text("at the end")
    until(lambda: frame.evaluate(FULL))
    page.set_viewport_size({"width": 390, "height": 420})
    until(lambda: frame.evaluate(FULL))
    # An image below the last line, drawn before the browser has told of the scroll to that.
    frame.evaluate("""() => { document.querySelector("#log article:last-child .text").style.height = "500px";
        document.getElementById("main").dispatchEvent(new Event("scroll")); }""")
    until(lambda: frame.evaluate(FULL))
    expect(pill).to_be_hidden()


def test_the_wish_for_a_person_outlasts_a_reload_before_the_first_line(page, cast):
    """There was no network; then there is HTTP alone, so that requests can be seen."""
    widget = Widget(page).open()
    page.context.route("**/api/**", lambda route: route.abort())
    page.context.route_web_socket("**/socket.io/*", lambda socket: socket.close())
    page.reload()
    widget.open()
    widget.frame.get_by_role("button", name="Talk to a person").click()
    until(lambda: [key for key in widget.stored() if key.endswith(".person")])
    expect(widget.log).to_contain_text("Waiting for a connection")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.unroute_all()
    # Nobody opens the chat: what is unsent goes out by itself.
    page.reload()
    until(lambda: [key.rsplit(".", 1)[1] for key in widget.stored()] == ["guest_id"])
    assert any(url.endswith("/handoff") for url in asked)
    widget.open()
    expect(widget.lines).to_have_text(["I would like to talk to a person."])


def test_a_person_is_one_press_away_and_lines_of_a_kind_are_one_group(page, cast):
    widget = Widget(page).open()
    widget.frame.get_by_role("button", name="Talk to a person").click()
    expect(widget.lines).to_have_text(["I would like to talk to a person."])
    expect(widget.frame.get_by_text("A person will answer here soon.")).to_be_visible()
    expect(widget.frame.get_by_role("button", name="Talk to a person")).to_be_hidden()
    expect(widget.text).to_be_focused()
    until(lambda: not [key for key in widget.stored() if key.endswith((".person", ".outbox."))])
    widget.write("🎉")
    dialog = dialog_of(cast, "🎉")
    answer(cast, dialog, "See https://shop.example/a_(b), or write to help@shop.example.")
    expect(widget.log.get_by_role("link")).to_have_text(["https://shop.example/a_(b)", "help@shop.example"])
    links = widget.log.get_by_role("link").evaluate_all("all => all.map(({ href, target, rel }) => [href, target, rel])")
    assert links == [["https://shop.example/a_(b)", "_blank", "noopener noreferrer nofollow"],
                     ["mailto:help@shop.example", "_blank", "noopener noreferrer nofollow"]]
    classes = widget.log.locator("article").evaluate_all("all => all.map((line) => line.className)")
    assert [set(names.split()) for names in classes] == [{"guest"}, {"guest", "more", "last", "emoji"}, {"manager", "last"}]
    assert widget.log.locator(".day").all_text_contents() == ["today"]
    assert [foot.is_visible() for foot in widget.log.locator(".foot").all()] == [False, True, True]

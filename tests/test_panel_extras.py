"""What the panel has besides the conversation: tones, stars, earlier chats, the page of its own, and what helps when a part or
the network does not come; in the real Chromium."""
import json
import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.cast import Guest
from tests.hostpage import HostPage, Widget, answer, dialog_of, frame_of, rated_as
from tests.served import until

pytestmark = pytest.mark.browser


def test_a_panel_that_nobody_answers_stops_asking(page, served, cast):
    """Opened by itself, as the host's other half never comes."""
    page.clock.install()
    page.add_init_script("window.asked = 0; addEventListener('message', ({ data }) => { asked += data.type === 'ready'; })")
    page.goto(f"{served.url}/frame?site_token={cast.site['site_token']}")
    until(lambda: page.evaluate("asked"))
    page.clock.run_for(30_000)
    asked = page.evaluate("asked")
    page.clock.run_for(30_000)
    assert asked == page.evaluate("asked") < 30


def make_site(served, name, **settings):
    """A site of a test's own with these settings, before anybody has asked for it."""
    site = served.command("site", "add", name, "--domain", "localhost", "--json")
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as file, file:
        file.execute("UPDATE site SET settings = ? WHERE id = ?", [json.dumps(settings), site["id"]])
    return site


def test_tones_come_when_nobody_looks_unless_they_are_switched_off(context, host, cast):
    # As in WebKit, there are no tones before the visitor's own hand has been in the way of them.
    context.add_init_script("""window.tones = 0; let isByHand = false;
        const touch = () => { isByHand = true; setTimeout(() => { isByHand = false; }); };
        for (const type of ["click", "keydown"]) addEventListener(type, touch, true);
        window.AudioContext = class { currentTime = 0; destination = null; suspend() { }
          resume() { window.isFree ||= isByHand; return new Promise((resolve) => { if (window.isFree) resolve(); }); } };
        window.GainNode = class { gain = { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} };
          connect() { return this; } };
        window.OscillatorNode = class { connect() { return { connect() {} }; } start() { window.tones += 1; } stop() {} };""")
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    widget.write("wake me")
    expect(widget.log).to_contain_text("Sent")
    until(lambda: frame_of(page).evaluate("performance.getEntriesByType('resource').some(({ name }) => /sound/.test(name))"))
    widget.text.press("x")
    until(lambda: frame_of(page).evaluate("window.isFree"))
    dialog = dialog_of(cast, "wake me")
    answer(cast, dialog, "before your eyes")
    expect(widget.lines).to_have_count(2)
    assert frame_of(page).evaluate("window.tones") == 0
    widget.close()
    answer(cast, dialog, "behind your back")
    until(lambda: frame_of(page).evaluate("window.tones") == 2)
    widget.open()
    widget.frame.get_by_role("button", name="Menu").click()
    switch = widget.frame.get_by_role("menuitemcheckbox", name="Sound")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    page.reload()
    widget.open()
    expect(widget.lines).to_have_count(3)
    widget.frame.get_by_role("button", name="Menu").click()
    expect(switch).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    widget.close()
    answer(cast, dialog, "in silence")
    expect(widget.frame.locator("#log .text")).to_have_count(4)
    assert frame_of(page).evaluate("window.tones") == 0


def test_a_star_counts_when_it_is_pressed_and_an_earlier_chat_can_be_read_again(page, cast):
    widget = Widget(page).open()
    widget.write("my first chat")
    expect(widget.log).to_contain_text("Sent")
    dialog = dialog_of(cast, "my first chat")
    cast.manager.http("POST", f"/dialogs/{dialog}/close")
    expect(widget.frame.get_by_text("This chat was closed")).to_be_visible()
    star = widget.frame.locator("#rating label")
    for number in (2, 4):
        star.nth(number - 1).click()
        until(lambda: rated_as(cast, dialog) == (number, None))
    expect(widget.frame.get_by_text("Thank you for your rating.")).to_be_visible()
    widget.frame.get_by_role("textbox", name="Comment (if you like)").fill("kind")
    star.nth(4).click()
    widget.frame.get_by_role("button", name="Done").click()
    expect(star).to_have_count(0)
    assert rated_as(cast, dialog) == (5, "kind")
    guest = Guest(cast, guest_id=page.evaluate(f"localStorage.getItem('replyx.{cast.site['id']}.guest_id')"))
    guest.open("my second chat")
    expect(widget.lines).to_have_text(["my second chat"])
    widget.frame.get_by_role("button", name="Menu").click()
    widget.frame.get_by_role("menuitem", name="Earlier chats").click()
    entry = widget.frame.get_by_role("dialog", name="Earlier chats").get_by_role("button", name=re.compile("my first chat"))
    expect(entry).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.lines).to_have_text(["my first chat"])
    expect(widget.text).to_be_hidden()
    back = widget.frame.get_by_role("button", name="Back to the chat")
    expect(back).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.lines).to_have_text(["my second chat"])
    expect(widget.text).to_be_focused()
    assert frame_of(page).evaluate("document.getElementById('said').textContent") == ""


def test_the_full_page_is_a_chat_of_its_own_on_a_small_screen_too(context, served, cast):
    site = make_site(served, "Full", look={"color": "#ffd400", "theme": "dark", "variables": {"--rx-radius": "4px"}},
                     greeting="Welcome to https://full.example")
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 480})
    page.goto(f"{served.url}/chat?site_token={site['site_token']}")
    expect(page.locator("#greeting").get_by_role("link")).to_have_attribute("href", "https://full.example/")
    page.get_by_role("textbox", name="Message").fill("w" * 200)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Sent")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    bubble = page.locator(".guest .text").evaluate("(node) => (({ color, backgroundColor, borderEndStartRadius }) => "
                                                   "[color, backgroundColor, borderEndStartRadius])(getComputedStyle(node))")
    assert bubble == ["rgb(0, 0, 0)", "rgb(255, 212, 0)", "4px"]
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_by_role("textbox", name="Message").evaluate("(box) => getComputedStyle(box).fontSize") == "16px"
    page.reload()
    expect(page.locator("#log .text")).to_have_text(["w" * 200])


def test_a_part_that_does_not_come_stops_nobody(context, cast):
    """The menu can't be loaded: it is said, the chat goes on, and the next press tries again, at another address: browsers
    keep failed imports."""
    with HostPage(cast.site["snippet"]) as host:
        page = context.new_page()
        tones = []
        page.route("**/menu.js", lambda route: route.abort())
        page.route("**/sound.js*", lambda route: (tones.append(route), route.abort()))
        page.goto(host.url)
        widget = Widget(page).open()
        widget.frame.get_by_role("button", name="Menu").click()
        expect(widget.frame.get_by_role("alert")).to_have_text("There is no connection. Check the network.")
        widget.state("Connected")
        widget.text.press_sequentially("all the")
        until(lambda: tones, page=page)
        widget.text.press_sequentially(" same")
        widget.text.press("Enter")
        expect(widget.log).to_contain_text("all the same")
        expect(widget.log).to_contain_text("Sent")
        # Not each letter asks for the tones.
        assert len(tones) == 1
        widget.frame.get_by_role("button", name="Menu").click()
        expect(widget.frame.get_by_role("menu")).to_be_visible()
        expect(widget.frame.locator("#notice")).to_be_empty()


def test_what_happened_can_be_copied_when_there_is_no_network(context, host, served):
    """That is when it is needed. It is fetched once the guest has what they came for, each part in one request."""
    page = context.new_page()
    page.goto(host.url)
    widget = Widget(page).open()
    widget.state("Connected")
    asked = """performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1))"""
    until(lambda: {"menu.js", "diagnosis.js", "more.css"} <= set(frame_of(page).evaluate(asked)))
    assert not {"dom.js", "overlay.js", "diagnostics.js"} & set(frame_of(page).evaluate(asked))
    widget.go_offline()
    widget.frame.get_by_role("button", name="Emoji").click()
    expect(widget.frame.locator("#notice")).to_have_text("There is no connection. Check the network.")
    widget.frame.get_by_role("button", name="Menu").click()
    widget.frame.get_by_role("menuitem", name="Copy diagnostics").click()
    expect(widget.frame.locator("#copied")).to_contain_text("Copied.")
    context.set_offline(False)
    widget.state("Connected")
    expect(widget.frame.locator("#notice")).to_be_empty()

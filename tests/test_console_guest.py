"""Who a guest is, files and formatted text, as managers see them in the real browser; and that nothing of it runs."""
import hashlib
import hmac
import io
import time
import uuid

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.cast import PASSWORD, Manager
from tests.console import Settings, press, sign_in
from tests.served import until

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=window.hit=1>\"'><svg/onload=window.hit=1>"
UPLOAD = "**/api/manager/files?*"
ANY = "javascript:window.hit=1"


@pytest.fixture
def page(context):
    return context.new_page()


def picture():
    made = io.BytesIO()
    Image.new("RGB", (90, 60), "#2255aa").save(made, "PNG")
    return made.getvalue()


def form(cast, *fields):
    stored = cast.owner.http("GET", f"/sites/{cast.site['id']}").json()["site"]["settings"]
    settings = {**stored, "prechat": {"on": True, "fields": list(fields)}}
    assert cast.owner.http("POST", f"/sites/{cast.site['id']}", {"settings": settings}).ok


def upload(guest, name, data):
    answer = guest.http("POST", "/files", params={"name": name}, data=data, headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 201, answer.text
    return answer.json()["file"]["id"]


def write(guest, text, attachments=(), **more):
    """Open a dialog with a line; its id."""
    line = {"text": text, "client_id": str(uuid.uuid4()), "attachments": list(attachments)}
    return guest.http("POST", "/dialogs", {"message": line, **more}).json()["dialog"]["id"]


def test_who_a_guest_is_and_what_they_rated(cast, page):
    secret = cast.owner.http("POST", f"/sites/{cast.site['id']}/secret").json()["secret"]
    form(cast, {"name": "topic", "kind": "text", "label": "Topic", "required": False})
    who = {"user_id": "u-42", "name": "Ann Lee", "email": "", "exp": int(time.time()) + 600}
    signed = "\n".join(map(str, who.values())).encode()
    profile = {**{name: value for name, value in who.items() if value}, "attributes": {"plan": "Pro", "vip": True},
               "signature": hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}
    guest, other = cast.guest(), cast.guest()
    dialog_id = write(guest, "See https://shop.example/lamp", profile=profile, form={"topic": "Lamps"})
    write(other, "I am Bob", profile={"name": "Bob"})
    sign_in(page, cast.manager, dialog_id)
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name="Ann Lee")).to_be_visible()
    expect(main.get_by_text("Verified · u-42")).to_be_visible()
    link = page.get_by_role("log").get_by_role("link")
    expect(link).to_have_attribute("href", "https://shop.example/lamp")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    details = page.get_by_role("complementary", name="Details")
    for text in ("u-42", "Topic", "Lamps", "plan", "Pro", "vip", "yes"):
        expect(details.get_by_text(text, exact=True)).to_be_visible()
    cast.manager.http("POST", f"/dialogs/{dialog_id}/close")
    assert guest.http("POST", f"/dialogs/{dialog_id}/rating", {"rating": 4, "text": "Quick!"}).ok
    expect(details.get_by_role("img", name="4 of 5 stars")).to_be_visible()
    expect(details.get_by_text("Quick!")).to_be_visible()
    press(page, "Details")
    expect(details).to_have_count(0)
    row = page.get_by_role("list", name="Dialogs").get_by_role("link").filter(has_text="I am Bob")
    expect(row).to_contain_text("Bob")
    row.click()
    expect(main.get_by_text("Unverified", exact=True)).to_be_visible()


def test_a_long_name_fits_and_can_be_read(cast, page):
    """In a list as wide as a phone too."""
    name = "Anna" + "Maria" * 38
    dialog_id = write(cast.guest(), "My name is long", profile={"name": name})
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        sign_in(page, cast.owner)
        row = page.locator(f".row[href='#{dialog_id}']")
        expect(row.get_by_title(name)).to_be_visible()
        assert page.locator(".list").evaluate("list => list.scrollWidth <= list.clientWidth")
        expect(row.locator("time")).to_be_in_viewport(ratio=1)
        row.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
        expect(page.get_by_role("button", name="Close", exact=True)).to_be_in_viewport(ratio=1)


def test_files_and_formatted_text_both_ways(cast, page, tmp_path):
    guest = cast.guest()
    dialog_id = write(guest, "", [upload(guest, "lamp.png", picture()), upload(guest, "list.txt", b"one\ntwo\n")])
    sign_in(page, cast.manager, dialog_id)
    log = page.get_by_role("log")
    image = log.get_by_role("img", name="lamp.png")
    expect(image).to_be_visible()
    assert image.evaluate("async (node) => { await node.decode(); return node.naturalWidth; }") == 90
    card = log.get_by_role("link", name="list.txt")
    assert card.get_attribute("href").startswith("/files/") and card.get_attribute("download") == "list.txt"
    expect(page.get_by_role("list", name="Dialogs")).to_contain_text("lamp.png, list.txt")
    chosen = tmp_path / "answer.png"
    chosen.write_bytes(picture())
    with page.expect_file_chooser() as chooser:
        press(page, "Attach files")
    chooser.value.set_files(chosen)
    attached = page.get_by_role("list", name="Attached files")
    expect(attached).to_contain_text("answer.png")
    paste(page, "note.txt", "pasted")
    drop(page, "dropped.txt", "dropped")
    drop(page, "evil.html", "<!doctype html><script>1</script>")
    expect(attached.get_by_text("of a kind that can't be sent")).to_be_visible()
    # It would be refused again.
    expect(attached.get_by_role("button")).to_have_text(["×"] * 4)
    page.get_by_role("button", name="Remove: evil.html").click()
    drop(page, "one.txt", "")
    expect(page.locator(".files-said")).to_have_text("one.txt is empty. Choose another.")
    with page.expect_file_chooser() as chooser:
        press(page, "Attach files")
    chooser.value.set_files([{"name": name, "mimeType": "text/plain", "buffer": b""} for name in ("one.txt", "two.txt")])
    expect(page.locator(".files-said").get_by_role("listitem")).to_have_text(
        ["one.txt is empty. Choose another.", "two.txt is empty. Choose another."])
    page.get_by_role("textbox", name="Reply").fill("**Bold** and [a link](https://shop.example/)")
    press(page, "Send")
    own = log.locator("article.manager")
    expect(own.locator("strong")).to_have_text("Bold")
    expect(own.get_by_role("link", name="a link")).to_have_attribute("href", "https://shop.example/")
    expect(own.get_by_role("img", name="answer.png")).to_be_visible()
    expect(own.get_by_role("listitem")).to_have_count(3)
    expect(attached).to_have_count(0)
    line = guest.http("GET", f"/dialogs/{dialog_id}/messages").json()["messages"][-1]
    assert [file["name"] for file in line["attachments"]] == ["answer.png", "note.txt", "dropped.txt"]


HAND_OVER = """(node, [type, name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "text/plain" }));
    const key = type === "paste" ? "clipboardData" : "dataTransfer";
    const kind = type === "paste" ? ClipboardEvent : DragEvent;
    node.dispatchEvent(new kind(type, { [key]: transfer, bubbles: true, cancelable: true }));
}"""


def paste(page, name, text):
    page.get_by_role("textbox", name="Reply").evaluate(HAND_OVER, ["paste", name, text])


def drop(page, name, text):
    page.get_by_role("log").evaluate(HAND_OVER, ["drop", name, text])


def test_what_strangers_and_owners_write_never_runs(cast, page):
    form(cast, {"name": "topic", "kind": "text", "label": f"{EVIL} topic", "required": False})
    guest = cast.guest()
    dialog_id = write(guest, f"{EVIL} {ANY}", [upload(guest, f"{EVIL}.txt", b"plain\n")], form={"topic": EVIL},
                      profile={"name": f"{EVIL} Eve", "user_id": EVIL, "attributes": {EVIL[:40]: EVIL, "link": ANY}})
    reply = {"text": f"**x** [click]({ANY}) {EVIL}", "client_id": str(uuid.uuid4())}
    assert cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", reply).ok
    site = {"name": f"{EVIL} site", "assistant_name": f"{EVIL} bot"}
    assert cast.owner.http("POST", f"/sites/{cast.site['id']}", site).ok
    sign_in(page, cast.owner, dialog_id)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{EVIL} Eve")
    expect(page.get_by_role("complementary", name="Details")).to_contain_text(EVIL)
    expect(page.get_by_role("log").locator("strong")).to_have_text("x")
    settings = Settings(page, cast)
    for tab in ("look", "forms", "install"):
        settings.go(tab)
        expect(page.get_by_role("combobox", name="Site", exact=True)).to_contain_text(f"{EVIL} site")
    settings.fill(**{"New domain": EVIL})
    press(page, "Add")
    press(page, "Save")
    expect(page.get_by_text("is not a domain").first).to_be_visible()
    page.goto(f"{cast.served.url}/console#{dialog_id}")
    expect(page.get_by_role("log")).to_contain_text(ANY)
    for frame in page.frames:
        assert frame.evaluate("window.hit") is None
    assert page.locator("#app :is(script, iframe, [onerror], [onload], [href^='javascript'], img[src='x'])").count() == 0


def test_a_reply_that_waits_for_its_files_goes_while_its_writer_is_elsewhere(cast, page):
    """In another dialog when the file is there; then signed out before it is, and back."""
    guest, other = cast.guest(), cast.guest()
    dialog_id, other_id = write(guest, "Send me the list"), write(other, "And me?")
    person = Manager(cast, "fred@shop.example", "Fred", sites=[cast.site])
    sign_in(page, person, dialog_id)
    held = []
    page.route(UPLOAD, lambda route: held.append(route))

    def reply(text):
        with page.expect_file_chooser() as chooser:
            press(page, "Attach files")
        with page.expect_request(UPLOAD):
            chooser.value.set_files([{"name": "list.txt", "mimeType": "text/plain", "buffer": b"1. Lamp"}])
        page.get_by_role("textbox", name="Reply").fill(text)
        press(page, "Send")
        expect(page.get_by_text("The reply goes once its files are there.")).to_be_visible()

    def last():
        line = guest.http("GET", f"/dialogs/{dialog_id}/messages").json()["messages"][-1]
        return line["text"], [file["name"] for file in line["attachments"]]
    reply("Here it is")
    page.goto(f"{page.url.split('#')[0]}#{other_id}")
    expect(page.get_by_role("log")).to_contain_text("And me?")
    until(lambda: held, page=page)
    held.pop().continue_()
    until(lambda: last() == ("Here it is", ["list.txt"]))
    page.goto(f"{page.url.split('#')[0]}#{dialog_id}")
    expect(page.get_by_role("textbox", name="Reply")).to_have_value("")
    expect(page.get_by_role("list", name="Attached files")).to_have_count(0)

    reply("And the second one")
    press(page, "Sign out")
    page.locator("[name=email]").fill(person.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.unroute(UPLOAD)
    press(page, "Sign in")
    until(lambda: last() == ("And the second one", ["list.txt"]))

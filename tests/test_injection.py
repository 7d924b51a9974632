"""Texts that would run as a script, in every place that a stranger, a manager or an owner can write to: nothing runs."""
import json
import uuid

import pytest

from tests.cast import PASSWORD
from tests.hostile.corpus import CORPUS
from tests.hostpage import HostPage

pytestmark = pytest.mark.browser

# The texts that a panel shows at once; each takes a share of the corpus.
LINES = ("title", "placeholder", "send", "online", "you", "waiting", "earlier", "menu", "typing", "closed", "retry", "drop")
WATCH = """() => {
    window.refused = [];
    addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.blockedURI}`));
    addEventListener("message", (event) => { if (event.data?.xss) window.xss = 1; });
}"""
ONE_PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
                          "0500010d0a2db40000000049454e44ae426082")


def one_line(text):
    """As names are: without what can't be seen."""
    return "".join(letter for letter in text if letter.isprintable())


def fitting(longest):
    return [text for text in CORPUS if len(text) <= longest]


def shares(texts, count, longest):
    """The texts dealt out to `count` places, each place as much as it takes."""
    dealt = [""] * count
    for number, text in enumerate(texts):
        place = number % count
        if len(dealt[place]) + len(text) < longest:
            dealt[place] += f" {text}"
    return dealt


@pytest.fixture(scope="module")
def hostile_site(cast):
    """The site with hostile settings: what an owner's stolen session could plant."""
    texts = dict(zip(LINES, shares(CORPUS, len(LINES), 500)))
    fields = [{"name": f"f{number}", "kind": "text", "label": text[:200], "required": False, "choices": []}
              for number, text in enumerate(fitting(200)[:8])]
    answer = cast.owner.http("POST", f"/sites/{cast.site['id']}", {
        "name": CORPUS[0], "assistant_name": CORPUS[1],
        "settings": {"greeting": shares(CORPUS, 6, 500)[0], "texts": {"en": texts}, "look": {"label": fitting(30)[0]},
                     "proactive": [{"text": text, "after": 0, "url": ""} for text in fitting(300)[:2]],
                     "prechat": {"on": True, "fields": fields}}})
    assert answer.status_code == 200, answer.text
    return cast.site


@pytest.fixture(scope="module")
def guests(cast, hostile_site):
    """One guest for each text, which is the name, the first line, an attribute, the answer to a field and a file's name."""
    made = []
    for number, text in enumerate(CORPUS):
        guest = cast.guest()
        file = guest.http("POST", "/files", params={"name": f"{text[:180]}.png"}, data=ONE_PIXEL,
                          headers={"Content-Type": "application/octet-stream"})
        assert file.status_code == 201, file.text
        body = guest.http("POST", "/dialogs", {
            "message": {"text": text, "client_id": str(uuid.uuid4()), "attachments": [file.json()["file"]["id"]]},
            "profile": {"name": one_line(text)[:200], "user_id": one_line(text)[:200],
                        "attributes": {one_line(text)[:40].strip(): text}},
            "form": {f"f{place}": text for place in range(8)}})
        assert body.status_code == 201, body.text
        made.append((guest, body.json()["dialog"]["id"]))
    return made


@pytest.fixture(scope="module")
def answered(cast, guests):
    """The last guest's dialog, with every text as a manager's line, Markdown and all."""
    guest, dialog_id = guests[-1]
    for text in CORPUS:
        answer = cast.manager.http("POST", f"/dialogs/{dialog_id}/messages", {
            "text": f"**{text}**\n\n{text}", "client_id": str(uuid.uuid4())})
        assert answer.status_code == 201, answer.text
    return guest, dialog_id


@pytest.fixture
def watched(context):
    context.add_init_script(f"({WATCH})()")
    return context


def assert_nothing_ran(page):
    for frame in page.frames:
        assert frame.evaluate("window.xss ?? 0") == 0, frame.url
        # A script that the policy had to stop was a script all the same.
        assert frame.evaluate("window.refused ?? []") == [], frame.url


def test_the_widget_runs_nothing(watched, cast, answered):
    guest, dialog_id = answered
    with HostPage(cast.site["snippet"]) as host:
        page = watched.new_page()
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto(host.url)
        form = page.frame_locator("iframe")
        page.locator("button").first.click()
        form.locator("#form-place input").first.wait_for()
        assert_nothing_ran(page)
        page.evaluate("([key, value]) => localStorage.setItem(key, value)",
                      [f"replyx.{cast.site['id']}.guest_id", guest.guest_id])
        page.reload()
        page.locator("button").first.click()
        lines = form.get_by_role("log").locator("article")
        lines.nth(20).wait_for()
        assert_nothing_ran(page)
        for link in form.get_by_role("log").locator("a").all():
            assert link.get_attribute("href").partition(":")[0] in ("http", "https", "mailto")
        assert form.get_by_role("log").locator("script, img[onerror], iframe, object, embed, form, style").count() == 0
        assert lines.locator(".text").count() >= 20


def test_the_console_runs_nothing(watched, cast, guests, answered):
    page = watched.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(f"{cast.served.url}/console")
    page.get_by_label("Email").fill(cast.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("list", name="Dialogs").locator("a").nth(20).wait_for()
    assert_nothing_ran(page)
    for _, dialog_id in guests[-12:]:
        page.evaluate("(id) => { location.hash = `#${id}`; }", dialog_id)
        page.get_by_role("log").locator("article, li").first.wait_for()
        assert_nothing_ran(page)
    for tab in ("look", "greeting", "forms", "texts", "install"):
        page.evaluate("(place) => { location.hash = place; }", f"#/site/{cast.site['id']}/{tab}")
        page.get_by_role("main").first.wait_for()
        assert_nothing_ran(page)


def test_the_loader_says_a_sites_settings_as_data(cast, hostile_site):
    """A page that inlines the loader must not find the end of its script in it."""
    import requests
    text = requests.get(cast.site["snippet"].split('"')[1], timeout=10).text
    assert "</script" not in text.lower() and "<!--" not in text
    frame = requests.get(f"{cast.served.url}/frame?site_token={cast.site['site_token']}", timeout=10).text
    block = frame.partition('type="application/json" id="settings">')[2].partition("</script>")[0]
    assert json.loads(block)["forms"]["prechat"]

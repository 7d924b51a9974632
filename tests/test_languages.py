"""What the widget says in each of its languages, and which one it speaks; in files, and in the real Chromium."""
import re

import pytest
import requests
from playwright.sync_api import expect

from replyx import texts
from tests.hostpage import HostPage

LINES = {lang: texts.flat(lines) for lang, lines in texts.TEXTS.items()}
OTHERS = sorted(LINES.keys() - {"en"})
# Words that a language shares with English.
SHARED = {
    "de": {"title", "panel.emoji"},
    "es": {"title"},
    "fr": {"title", "log", "message", "menu", "forms.message"},
    "pt": {"title", "menu", "contact.email"},
}
LETTERS = {"ar": r"[\u0621-\u064a]", "ru": "[а-яё]"}


def marks(line):
    """What a translation keeps as it is: places and numbers."""
    return sorted(re.findall(r"\{\w+\}|\d+", line))


def test_there_are_eight_languages_and_arabic_is_read_from_the_right():
    assert set(LINES) == {"en", "ru", "de", "fr", "es", "pt", "tr", "ar"}
    assert texts.RIGHT_TO_LEFT == ("ar",)


@pytest.mark.parametrize("lang", OTHERS)
def test_a_language_says_all_that_english_says(lang):
    english, lines = LINES["en"], LINES[lang]
    assert list(lines) == list(english)
    assert {key: marks(line) for key, line in lines.items()} == {key: marks(line) for key, line in english.items()}
    assert {key for key, line in lines.items() if line == english[key]} == SHARED.get(lang, set())


@pytest.mark.parametrize("lang", LINES)
def test_a_line_is_plain_text_in_its_own_letters(lang):
    for key, line in LINES[lang].items():
        assert line and line == line.strip(), key
        assert not re.search(r"[<>]|&#?\w+;", line), key
        assert re.search(LETTERS.get(lang, "[a-z]"), line, re.I), key


@pytest.mark.parametrize("page, is_asked, site, accepted, chosen", [
    ("de-AT", False, None, [], "de"),
    ("PT_br", False, "auto", ["en"], "pt"),
    ("en", False, "tr", [], "tr"),
    ("ar", True, "tr", [], "ar"),
    ("zh", True, "tr", [], "tr"),
    ("", False, "auto", ["nl", "fr-CH", "de"], "fr"),
    (None, False, None, ["zh"], "en"),
])
def test_the_language_to_speak(page, is_asked, site, accepted, chosen):
    assert texts.choose(page, is_asked, site, accepted) == chosen


@pytest.mark.parametrize("accepted, lang", [("fr-CH, de", "fr"), ("ar", "ar"), ("nl", "en")])
def test_who_comes_to_a_chat_that_is_not_there_reads_what_to_do(served, accepted, lang):
    answer = requests.get(f"{served.url}/chat?site_token=st_wrong", headers={"Accept-Language": accepted}, timeout=10)
    page, words = answer.text, texts.TEXTS[lang]["host"]
    assert answer.status_code == 404 and "snippet" not in page
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in page
    assert f"<h1>{words['unknown']}</h1>" in page and words["unknownText"] in page
    style = re.search(r'href="(.*?\.css)"', page)[1]
    assert requests.get(served.url + style, timeout=10).headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/chat?site_token=st_wrong", 404), ("GET", "/frame?site_token=<script>", 404), ("GET", "/nowhere", 404),
    ("GET", "/files/x/1/y", 404), ("GET", "/w/x/nothing.js", 404), ("POST", "/console", 405), ("GET", "/unsubscribe/x", 404)])
def test_a_page_that_says_what_went_wrong_is_text_alone(served, method, path, status):
    answer = requests.request(method, served.url + path, timeout=10)
    assert answer.status_code == status and answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"] and "<script" not in answer.text


def shop(cast, settings):
    """The snippet of a site of its own with these settings."""
    site = cast.served.command("site", "add", "Shop", "--domain", "localhost", "--json")
    assert cast.owner.http("POST", f"/sites/{site['id']}", {"settings": settings}).status_code == 200
    return site["snippet"]


def check(page, lang, opens, greeting):
    """The launcher, the panel behind it and its direction are those of the language, and no other one has been sent."""
    words = LINES[lang]
    page.get_by_role("button", name=opens, exact=True).click()
    expect(page.locator("iframe")).to_have_attribute("title", words["title"])
    expect(page.get_by_role("button", name=words["close"], exact=True)).to_have_count(1)
    panel = page.frame_locator("iframe")
    expect(panel.locator("html")).to_have_attribute("lang", lang)
    box, send = panel.get_by_role("textbox", name=words["message"]), panel.get_by_role("button", name=words["send"])
    expect(box).to_have_attribute("placeholder", words["placeholder"])
    expect(panel.locator("#greeting")).to_have_text(greeting)
    assert (send.bounding_box()["x"] < box.bounding_box()["x"]) == (lang in texts.RIGHT_TO_LEFT)
    source = page.frames[1].content()
    assert [other for other in LINES if LINES[other]["offline"] in source] == [lang]


@pytest.mark.browser
def test_the_widget_speaks_the_language_of_the_page_the_site_or_the_snippet(context, cast):
    own = {"de": {"host.open": "Fragen?", "greeting": "Moin! Was gibt es?"}}
    plain, german = shop(cast, {}), shop(cast, {"lang": "de", "texts": own})
    arabic = german.replace("<script", '<script data-lang="ar-EG"')
    for snippet, of_page, lang, opens, greeting in [
        (plain, "pt-PT", "pt", LINES["pt"]["host.open"], LINES["pt"]["greeting"]),
        (plain, "zh", "en", LINES["en"]["host.open"], LINES["en"]["greeting"]),
        (german, "en", "de", "Fragen?", "Moin! Was gibt es?"),
        (arabic, "en", "ar", LINES["ar"]["host.open"], LINES["ar"]["greeting"]),
    ]:
        with HostPage(snippet, head=f"<script>document.documentElement.lang = '{of_page}'</script>") as host:
            page = context.new_page()
            page.goto(host.url)
            check(page, lang, opens, greeting)
            page.close()

"""What the panel makes of texts, colours and moments: its modules by themselves, and all of them in the console's preview."""
import re
from urllib.parse import unquote

import pytest
import requests
from playwright.sync_api import expect

from replyx import origins

pytestmark = pytest.mark.browser

HOSTILE = """<p onclick="run()">a <strong style="color:red">b</strong><img src=x onerror=run()><script>run()</script></p>
<a href="javascript:run()">c</a><a href=" JaVa\tscript:run()">d</a>
<a href="https://shop.example/" onmouseover=run() target=_top>e</a>
<a href="data:text/html,x">f</a><svg><a xlink:href="javascript:run()"><text>g</text></a></svg>
<math><mi xlink:href="javascript:run()">h</mi></math><iframe srcdoc="<script>parent.run()</script>"></iframe>
<form action=/x><input name=attributes></form><style>*{display:none}</style><template><img src=x onerror=run()></template>
<ul><li>i https://shop.example/i</li></ul><noscript><p title="</noscript><img src=x onerror=run()>"></p></noscript>
<p><a href="/frame">j</a><details open ontoggle=run()>k</details></p><object data="javascript:run()"></object>
<base href="//evil.example">"""


@pytest.fixture(scope="module")
def modules(browser, served, cast):
    """The full page, from which the widget's modules can be loaded by name."""
    with browser.new_context() as profile:
        page = profile.new_page()
        page.goto(f"{served.url}/chat?site_token={cast.site['site_token']}")
        page.get_by_role("textbox", name="Message").wait_for()
        yield page


def call(page, module, run, given=None):
    """What `run(module, given)` gives; the frame's policy is in force."""
    return page.evaluate(f"""async (given) => {{
        const url = new URL("{module}.js", document.getElementById("sheet").href);
        return ({run})(await import(url), given); }}""", given)


def test_hostile_texts_take_no_longer_than_their_length(modules):
    """Brackets, stops and letters, as many as a line has: in a page that looked at each again and again they took minutes."""
    call(modules, "rich", """({ fromText }) => {
        const texts = ["https://" + ")".repeat(9990), "https://" + ".".repeat(9980) + "a", "a".repeat(10000),
          "a@" + "b.".repeat(4990), "https://" + "().".repeat(3300), "x@y.z ".repeat(1600)];
        for (let round = 1; round <= 30; round += 1) setTimeout(() => { texts.forEach(fromText); window.rounds = round; }); }""")
    modules.wait_for_function("window.rounds === 30", timeout=20000)


def test_html_is_copied_through_an_allow_list(modules):
    found = call(modules, "rich", """({ fromHtml }, html) => {
        window.ran = 0; window.run = () => { window.ran += 1; };
        const box = document.createElement("div");
        box.append(...fromHtml(html));
        document.body.append(box);
        const nodes = [...box.querySelectorAll("*")].map((node) => [node.localName,
          ...[...node.attributes].map(({ name, value }) => `${name}=${value}`)]);
        const text = box.textContent.replace(/\\s+/g, " ").trim();
        box.querySelectorAll("a").forEach((link) => link.dispatchEvent(new MouseEvent("mouseover")));
        box.remove();
        return { nodes, text, ran: window.ran }; }""", HOSTILE)
    link = ["target=_blank", "rel=noopener noreferrer nofollow"]
    assert found["ran"] == 0
    assert found["nodes"] == [["p"], ["strong"], ["a", "href=https://shop.example/", *link], ["ul"], ["li"],
                              ["a", "href=https://shop.example/i", *link], ["p"], ["p"]]
    assert found["text"] == "a b cd e f i https://shop.example/i j"


IDN = "магазин.рф".encode("idna").decode()


@pytest.mark.parametrize("text, links", [
    ("see https://a.example/x.", ["https://a.example/x"]),
    ("(https://a.example/x_(y))", ["https://a.example/x_(y)"]),
    ("javascript:alert(1) data:text/html,x file:///etc/passwd", []),
    ("https://a.example/?q=<script>", ["https://a.example/?q="]),
    ("http://[bad and https:// alone", []),
    ("write to Me@магазин.рф!", ["mailto:Me@магазин.рф"]),
    ("HTTPS://A.EXAMPLE and https://магазин.рф/п", ["https://a.example/", f"https://{IDN}/п"]),
])
def test_only_the_webs_and_mails_addresses_are_links(modules, text, links):
    found = call(modules, "rich", """({ fromText }, text) => { const made = fromText(text);
        return [made.map((piece) => piece.textContent ?? piece).join(""),
            made.filter((piece) => piece.href).map(({ href }) => href)];
        }""", text)
    assert [found[0], list(map(unquote, found[1]))] == [text, links]


@pytest.mark.parametrize("text, large", [("🎉", True), ("👨‍👩‍👧 🇩🇪", True), ("👍🏽", True), ("42", False), ("ok 👍", False),
                                         ("🎉" * 13, False), (" ", False)])
def test_little_but_emoji_is_large(modules, text, large):
    assert call(modules, "rich", "({ isEmoji }, text) => isEmoji(text)", text) is large


def luminance(css):
    rgb = [int(part) / 255 for part in re.findall(r"\d+", css)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


READ = """({ show }, look) => { show(look); const probe = document.createElement("i"); document.body.append(probe);
    const of = (name) => { probe.style.color = `var(--rx-${name})`; return getComputedStyle(probe).color; };
    const names = ["accent", "accent-text", "guest-bubble", "guest-text", "link", "background", "bubble", "text", "soft-text",
      "bubble-text", "danger"];
    const found = Object.fromEntries(names.map((name) => [name, of(name)]));
    probe.remove(); return found; }"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whatever_colour_the_owner_picks_all_can_be_read(modules, theme):
    grey = [f"#{level:02x}{level:02x}{level:02x}" for level in range(0, 256, 51)]
    for color in ("#1f5eff", "#ff0000", "#00ff00", "#ffff00", "#777777", "#ff7f50", "#0a0a23", "#00bcd4", "#fff", *grey):
        found = call(modules, "look", READ, {"color": color, "theme": theme, "variables": {}})
        for text, ground in (("accent-text", "accent"), ("guest-text", "guest-bubble"), ("link", "background"),
                             ("link", "bubble"), ("danger", "background"), ("text", "background"), ("soft-text", "background"),
                             ("soft-text", "bubble"), ("bubble-text", "bubble")):
            assert contrast(found[text], found[ground]) >= 4.5, (color, theme, text, ground)
    own = {"--rx-background": "#102030", "--rx-guest-bubble": "#eeeeee", "--rx-text": "#abcdef"}
    found = call(modules, "look", READ, {"color": "#1f5eff", "theme": "light", "variables": own})
    assert found["text"] == "rgb(171, 205, 239)" and contrast(found["guest-text"], found["guest-bubble"]) >= 4.5
    assert contrast(found["link"], found["background"]) >= 4.5


@pytest.mark.parametrize("domain", ["shop.example", "shop.example:443", "shop.example:80", "localhost", "localhost:81",
                                    "127.0.0.1"])
def test_the_widget_shows_where_the_server_lets_it(modules, domain):
    pages = ["https://shop.example", "http://shop.example", "https://a.shop.example:443", "https://shop.example:8443",
             "https://ashop.example", "http://localhost:81", "http://localhost", "http://127.0.0.1:5000", "file://"]
    found = call(modules, "domains", """({ isAllowed }, [pages, domain]) =>
        pages.map((page) => Boolean(isAllowed(new URL(page), [domain])))""", [pages, domain])
    assert found == [origins.allowed(page, [domain], "https://chat.example") for page in pages]


@pytest.mark.parametrize("lang, day", [("en", "tomorrow at 9:00"), ("de", "morgen um "), ("ar", "غدًا في ")])
def test_a_moment_reads_as_the_language_writes_it(modules, lang, day):
    at = call(modules, "hours", "({ moment }, lang) => moment(new Date(2026, 2, 29, 9), lang, new Date(2026, 2, 28, 23))", lang)
    assert at.startswith(day)


@pytest.mark.parametrize("lang, sizes", [
    ("en", ["1 byte", "500 bytes", "1.5 kB", "20 kB", "1.2 MB", "10 MB"]),
    ("fr", ["1 octet", "500 octets", "1,5 ko", "20 ko", "1,2 Mo", "10 Mo"]),
    ("ru", ["1 байт", "500 байт", "1,5 кБ", "20 кБ", "1,2 МБ", "10 МБ"])])
def test_a_size_reads_as_the_language_writes_it(modules, lang, sizes):
    found = call(modules, "sizes", "({ sizeIn }, lang) => [1, 500, 1536, 20000, 1.2 * 2 ** 20, 10 * 2 ** 20]"
                                   ".map((bytes) => sizeIn(lang, bytes))", lang)
    assert [re.sub(r"\s", " ", size) for size in found] == sizes


AT_MIDNIGHT = """({ Lines }) => {
    const RealDate = Date;
    const node = document.createElement("div");
    const lines = new Lines({ place: node, scroller: node, texts: { you: "You", state: {} }, lang: "en", on: { files() {} } });
    const seen = [1, 2].map((day) => {
      globalThis.Date = class extends RealDate { constructor(...given) { super(...(given.length ? given : [2026, 2, day])); }
      };
      lines.render([{ id: 1, client_id: "a", sender: "guest", text: "hi", at: 1772366400000 }], 0, () => {});
      return node.querySelector(".day").textContent;
    });
    globalThis.Date = RealDate;
    lines.end();
    return seen; }"""


def test_today_is_yesterday_after_midnight(modules):
    assert call(modules, "lines", AT_MIDNIGHT) == ["today", "yesterday"]


# How many elements are watched for their size.
WATCH = """window.watching = 0;
window.ResizeObserver = class extends ResizeObserver {
  #count = 0;
  observe(element) { super.observe(element); this.#count += 1; window.watching += 1; }
  disconnect() { super.disconnect(); window.watching -= this.#count; this.#count = 0; }
};"""


def test_the_console_sees_each_change_at_once_and_nobody_else_can_make_one(context, served, cast):
    page = context.new_page()
    page.add_init_script(WATCH)
    page.route(f"{served.url}/console-test", lambda route: route.fulfill(content_type="text/html", body=(
        f'<iframe width=390 height=600 src="/preview?site_token={cast.site["site_token"]}"></iframe>')))
    page.goto(f"{served.url}/console-test")
    panel = page.frame_locator("iframe")
    expect(panel.locator("#log .text")).to_have_count(2)
    settings = {"look": {"color": "#00ff00", "theme": "dark", "variables": {}}, "dir": "rtl", "lang": "ar", "greeting": "Salam"}
    post = """(settings) => document.querySelector("iframe").contentWindow
        .postMessage({ replyx: 2, type: "preview", settings }, location.origin)"""
    page.evaluate(post, settings)
    expect(panel.locator("#greeting")).to_have_text("Salam")
    expect(panel.locator("html")).to_have_attribute("dir", "rtl")
    expect(panel.locator("html")).to_have_attribute("data-theme", "dark")
    guest, other = panel.locator("article.guest").bounding_box(), panel.locator("article.assistant").bounding_box()
    send, menu = panel.locator("#send").bounding_box(), panel.locator("#menu").bounding_box()
    assert guest["x"] < 60 and other["x"] + other["width"] > 360 and send["x"] < 60 and menu["x"] < 120
    assert panel.locator("body").evaluate("(body) => body.scrollWidth") == 390
    frame = next(frame for frame in page.frames if "/preview" in frame.url)
    frame.evaluate("""() => window.postMessage({ type: "preview", settings: { greeting: "from itself" } }, location.origin)""")
    watching = frame.evaluate("watching")
    page.evaluate(post, {"greeting": "from the console"})
    expect(panel.locator("#greeting")).to_have_text("from the console")
    # Each drawing lets go of the one before.
    assert frame.evaluate("watching") == watching
    assert requests.get(frame.url, timeout=10).headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")

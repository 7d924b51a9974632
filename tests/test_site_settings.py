"""A site's settings: who may change them, what they may hold, and where they show at once."""
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html.parser import HTMLParser

import pytest
import requests
from marshmallow import ValidationError

from replyx import site_schemas, styles, texts
from tests.cast import Socket
from tests.served import until

# All settings as they were in the beginning.
NOTHING = dict.fromkeys(site_schemas.DEFAULTS)
EVIL = "</script><!--<script>document.title='run'</script>"


class Panel(HTMLParser):
    """The settings inside a panel's page, as a browser's parser finds them, and the page's own tags."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self._is_inside = [], "", False
        self.feed(text)
        self.settings = json.loads(self.data)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._is_inside = dict(attrs).get("id") == "settings"

    def handle_endtag(self, tag):
        self._is_inside = False

    def handle_data(self, data):
        self.data += data if self._is_inside else ""


def change(cast, **values):
    answer = cast.owner.http("POST", f"/sites/{cast.site['id']}", values)
    assert answer.status_code == 200, answer.text
    return answer.json()["site"]


def page(cast, path="/frame", headers=None, **query):
    return requests.get(f"{cast.served.url}{path}", params={"site_token": cast.site["site_token"], **query}, timeout=10,
                        headers={"Accept-Language": "en", **(headers or {})})


def panel(cast, path="/frame", headers=None, **query):
    return Panel(page(cast, path, headers, **query).text).settings


def loader(cast):
    answer = requests.get(f"{cast.served.url}/replyx.js", params={"site_token": cast.site["site_token"]}, timeout=10)
    return answer.text


def stored(cast):
    with closing(sqlite3.connect(cast.served.instance / "replyx.db")) as database:
        return json.loads(database.execute("SELECT settings FROM site WHERE id = ?", [cast.site["id"]]).fetchone()[0])


@pytest.fixture(autouse=True)
def defaults(cast):
    yield
    change(cast, settings=NOTHING)


def test_an_owner_gets_all_settings_and_the_lines_for_the_page(cast, served):
    site = cast.owner.http("GET", f"/sites/{cast.site['id']}").json()["site"]
    assert site["settings"] == site_schemas.DEFAULTS and site["assistant"]["name"] == "Shop"
    assert site["snippet"] == cast.site["snippet"] and site["has_identity_secret"] is False
    assert site["csp"] == [f"script-src {served.url}", f"frame-src {served.url}", f"connect-src {served.url}"]


def test_a_change_shows_at_once_and_only_what_differs_is_kept(cast, served):
    change(cast, settings=NOTHING)
    before = page(cast), loader(cast)
    site = change(cast, settings={"greeting": "Ahoy", "look": {"corner": "left", "color": "#1f5eff"}, "files": False},
                  assistant_name="Nora")
    assert stored(cast) == {"greeting": "Ahoy", "look": {"corner": "left"}, "files": False}
    assert site["settings"]["look"] == site_schemas.DEFAULTS["look"] | {"corner": "left"}
    shown = panel(cast)
    assert shown["greeting"] == "Ahoy" and shown["assistant"] == {"name": "Nora", "avatar": None}
    assert shown["look"]["corner"] == "left" and shown["features"]["files"] is False
    assert before[1] != loader(cast) and '"corner":"left"' in loader(cast)
    assert f"[Console] site changed site={cast.site['id']} fields=assistant_name,settings" in served.log
    assert "Ahoy" not in served.log and "Nora" not in served.log
    change(cast, settings=NOTHING, assistant_name="Shop")
    assert stored(cast) == {} and page(cast).text == before[0].text


def test_what_is_left_out_stays_and_what_is_null_is_the_default_again(cast):
    change(cast, settings={"greeting": "Ahoy", "look": {"corner": "left", "label": "Ask"}, "reply_time": "hour", "files": False})
    change(cast, settings={"proactive": [{"text": "Hi"}], "look": {"corner": "left"}, "files": None})
    assert stored(cast) == {"greeting": "Ahoy", "look": {"corner": "left"}, "reply_time": "hour",
                            "proactive": [{"text": "Hi", "after": 0, "url": ""}]}
    site = change(cast, settings={"look": None, "reply_time": None, "hours": None})
    assert site["settings"] == site_schemas.DEFAULTS | {"greeting": "Ahoy", "proactive": stored(cast)["proactive"]}
    assert change(cast, settings={})["settings"] == site["settings"]


def test_two_owners_who_save_at_once_each_keep_their_own(cast):
    kept = {"greeting": "Ahoy", "files": False, "emoji": False, "sound": False, "rating": False, "reply_time": "day", "lang": "de"}
    with ThreadPoolExecutor(len(kept)) as pool:
        list(pool.map(lambda name: change(cast, settings={name: kept[name]}), kept))
    assert stored(cast) == kept


def test_a_page_whose_headers_cannot_be_written_is_a_fault_with_a_line(cast, served):
    domains = cast.other_site["domains"]

    def frame(domains=None):
        if domains:
            with closing(sqlite3.connect(served.instance / "replyx.db", isolation_level=None)) as database:
                database.execute("UPDATE site SET domains = ? WHERE id = ?", [json.dumps(domains), cast.other_site["id"]])
        return requests.get(f"{served.url}/frame?site_token={cast.other_site['site_token']}", timeout=5).status_code
    # As versions before this one took them.
    until(lambda: frame([*domains, "club.example:٣"]) == 500)
    assert frame() == 500
    assert served.log.count("answer refused: internal address=127.0.0.1 header=Content-Security-Policy") == 1
    until(lambda: frame(domains) == 200)


def test_name_and_domains_change_without_touching_the_settings(cast):
    change(cast, settings={"greeting": "Ahoy"})
    site = change(cast, name="Shop & Co", domains=["Shop.Example", "localhost", "пример.рф"])
    assert site["name"] == "Shop & Co" and site["domains"] == ["shop.example", "localhost", "xn--e1afmkfd.xn--p1ai"]
    assert site["settings"]["greeting"] == "Ahoy"
    assert "https://xn--e1afmkfd.xn--p1ai" in page(cast).headers["Content-Security-Policy"]
    refused = cast.owner.http("POST", f"/sites/{cast.site['id']}", {"domains": ["x.example", "https://x", "a b"]}).json()["error"]
    assert refused["code"] == "invalid" and list(refused["fields"]["domains"]) == ["1", "2"]
    assert change(cast, domains=["*.Shop.example", "shop.example"])["domains"] == ["shop.example"]
    change(cast, name="Shop", domains=["shop.example", "localhost"])


def test_only_an_owner_of_the_site_may(cast):
    key = cast.served.command("apikey", "add", "elsewhere", "--role", "owner", "--site", cast.other_site["id"], "--json")["key"]
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/secret")):
        def code(who, site_id):
            return who.http(method, f"/sites/{site_id}{path}").json()["error"]["code"]
        assert code(cast.manager, cast.site["id"]) == code(cast.manager, 10**9) == "forbidden"
        assert code(cast.owner, 10**9) == "not_found"
        answer = requests.request(method, f"{cast.served.url}/api/manager/sites/{cast.site['id']}{path}", timeout=10,
                                  headers={"Authorization": f"Bearer {key}"})
        assert answer.json()["error"]["code"] == "not_found"


def test_a_guest_reaches_it_on_neither_transport(cast):
    guest = cast.guest()
    assert guest.http("GET", f"/sites/{cast.site['id']}").status_code == 404
    with Socket(cast.served, guest.auth) as tab:
        assert tab.call("site_get", {"site_id": cast.site["id"]})["error"]["code"] == "unauthorized"
        assert tab.call("site_set", {"site_id": cast.site["id"], "name": "Mine"})["error"]["code"] == "unauthorized"


def test_the_secret_is_shown_once_and_replaced(cast, served):
    first, second = (cast.owner.http("POST", f"/sites/{cast.site['id']}/secret").json()["secret"] for _ in range(2))
    assert first != second and len(first) > 40
    site = cast.owner.http("GET", f"/sites/{cast.site['id']}")
    assert site.json()["site"]["has_identity_secret"] is True and second not in site.text and second not in served.log


SPAN = [[["09:00", "17:00"]]] * 7
FIELD = {"name": "a", "kind": "text", "label": "A"}


@pytest.mark.parametrize("settings", [
    {"unknown": 1}, {"look": {"unknown": 1}}, {"look": None}, {"look": []},
    *({"look": {"color": value}} for value in ("blue", "#FFFFFF", "#fff", "#1f5eff\n", "url(x)", "#1f5ef;", None, 1)),
    *({"look": {"offset_x": value}} for value in (-1, 201, 1.5, "1", True, 10**30)),
    {"look": {"corner": "top"}}, {"look": {"icon": "<svg>"}}, {"look": {"label": "x" * 31}}, {"look": {"label": "a\nb"}},
    {"look": {"theme": "red"}},
    *({"look": {"variables": value}} for value in (
        {"--rx-x": "1px"}, {"color": "#fff"}, {"--rx-text": "red"}, {"--rx-text": "#fff;color:red"}, {"--rx-text": "#fff\n"},
        {"--rx-radius": "1em"}, {"--rx-radius": "calc(1px)"}, {"--rx-font": "url(//evil.example)"}, {"--rx-font": "a}b"},
        {"--rx-font": "a, "}, {"--rx-font": "x" * 201}, {"--rx-font": "</style>"}, {"--rx-text": 1}, [])),
    {"greeting": "x" * 501}, {"greeting": "\0"}, {"greeting": "\ud800"}, {"greeting": None},
    {"proactive": [{"text": "x"}] * 6}, {"proactive": [{"text": " "}]}, {"proactive": [{"text": "x", "after": 3601}]},
    {"proactive": [{"text": "x", "url": "x" * 301}]}, {"proactive": {"text": "x"}}, {"files": "yes"}, {"sound": 1},
    {"prechat": {"on": True, "fields": [FIELD | {"label": "One"}, FIELD | {"label": "Other"}]}},
    {"prechat": {"on": True, "fields": [FIELD | {"name": "one"}, FIELD | {"name": "other", "label": f"{FIELD['label']} "}]}},
    {"prechat": {"fields": [{**FIELD, "name": f"a{number}", "label": f"A {number}"} for number in range(9)]}},
    *({"offline": {"fields": [FIELD | value]}} for value in (
        {"name": "A b"}, {"name": "a\n"}, {"name": "x" * 31}, {"kind": "file"}, {"label": "x" * 201}, {"label": ""},
        {"kind": "choice"}, {"choices": ["a"]}, {"kind": "choice", "choices": ["a"] * 21},
        {"kind": "choice", "choices": ["x" * 101]}, {"more": 1})),
    *({"hours": {"zone": value, "week": SPAN}} for value in (
        "", "Mars/Base", "../../etc/passwd", "/etc/localtime", "localtime", "Factory", "UTC\n", None, 1)),
    *({"hours": {"zone": "UTC", "week": value}} for value in (
        [], SPAN[:6], [[["9:00", "17:00"]]] * 7, [[["24:00", "01:00"]]] * 7, [[["09:00"]]] * 7, [[["09:00", "25:00"]]] * 7,
        [[["09:00", "17:00\n"]]] * 7, [SPAN[0] * 11] * 7, [[["09:00", "17:00", "18:00"]]] * 7, [None] * 7)),
    {"hours": {"zone": "UTC"}}, {"reply_time": "soon"}, {"lang": "xx"}, {"lang": None},
    {"texts": {"xx": {}}}, {"texts": {"en": {"no.such": "x"}}}, {"texts": {"en": {"errors": "x"}}},
    {"texts": {"en": {"send": "x" * 501}}}, {"texts": {"en": {"send": ""}}}, {"texts": {"en": {"send": {}}}},
], ids=str)
def test_what_a_setting_may_not_hold(settings):
    with pytest.raises(ValidationError):
        site_schemas.SiteSettings().load(settings)


def test_everything_at_once_comes_through_and_leaves_no_way_out_of_the_page(cast):
    settings = {
        "look": {"color": "#00aa00", "corner": "left", "offset_x": 0, "offset_y": 200, "icon": "mail", "label": EVIL[:30],
                 "theme": "dark", "variables": {"--rx-font": "Inter, sans-serif", "--rx-radius": "8px", "--rx-text": "#111"}},
        "greeting": EVIL, "proactive": [{"text": EVIL, "after": 5, "url": EVIL}], "files": False, "emoji": False, "sound": False,
        "rating": False, "transcript": False,
        "prechat": {"on": True, "fields": [FIELD | {"label": EVIL, "required": True, "choices": []}]},
        "offline": {"on": False, "fields": [{"name": "c", "kind": "choice", "label": "C", "required": False, "choices": [EVIL]}]},
        "hours": {"zone": "Pacific/Apia", "week": [[["22:00", "24:00"]]] + [[]] * 6}, "reply_time": "hours", "lang": "ru",
        "texts": {"ru": {"send": EVIL, "errors.invalid": EVIL, "host.open": EVIL}},
    }
    assert change(cast, settings=settings, assistant_name=EVIL)["settings"] == settings
    answer = page(cast)
    found = Panel(answer.text)
    shown = found.settings
    assert [tag for tag, _ in found.tags].count("script") == 2 and answer.text.count("<!--") == 0
    assert (shown["lang"], shown["greeting"], shown["texts"]["send"], shown["texts"]["errors"]["invalid"]) == ("ru", *[EVIL] * 3)
    assert shown["texts"]["retry"] == texts.TEXTS["ru"]["retry"] and "host" not in shown["texts"]
    assert shown["look"] == settings["look"] and shown["assistant"]["name"] == EVIL and shown["proactive"] == settings["proactive"]
    assert shown["forms"] == {"prechat": settings["prechat"]["fields"], "offline": None} and shown["reply_time"] == "hours"
    assert not any(shown["features"].values()) and not {"zone", "week"} & shown["hours"].keys()
    assert "\\u003c/script>" in loader(cast) and not re.search("</script|<!--", loader(cast))
    change(cast, assistant_name="Shop")


def test_a_page_that_has_not_changed_is_not_sent_again(cast):
    for path in ("/frame", "/chat", "/preview"):
        first = page(cast, path)
        assert first.headers["Cache-Control"] == "no-cache" and "Accept-Language" in first.headers["Vary"]
        again = page(cast, path, {"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and not again.content
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    change(cast, settings={"greeting": "New"})
    assert page(cast, "/preview", {"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_loader_that_names_no_site_has_the_defaults(cast, served):
    """The snippet with data-site-token: its address is the same for every site."""
    change(cast, settings={"look": {"color": "#00aa00"}})
    text = requests.get(f"{served.url}/replyx.js", timeout=10).text
    assert '"en":"Open chat"' in text and "#1f5eff" in text and "#00aa00" not in text and '"frame":' not in text


def test_the_kinds_of_the_page_and_who_may_embed_them(cast):
    embedding = {"/frame": "'self' http://shop.example", "/preview": "'self'", "/chat": "'none'"}
    for path, kind in (("/frame", "frame"), ("/preview", "preview"), ("/chat", "page")):
        assert panel(cast, path)["kind"] == kind
        policy = page(cast, path).headers["Content-Security-Policy"]
        assert f"frame-ancestors {embedding[path]}" in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")


@pytest.mark.parametrize("site, query, accepted, lang", [
    ("auto", {}, "en", "en"), ("auto", {}, "ru-RU,en;q=0.5", "ru"), ("auto", {}, "xx", "en"), ("auto", {}, "en;q=0.2, ru", "ru"),
    ("auto", {"lang": "ru"}, "en", "ru"), ("auto", {"lang": "RU-Latn-RU"}, "en", "ru"), ("auto", {"lang": "xx"}, "ru", "ru"),
    ("auto", {"lang": "../en"}, "ru", "ru"), ("auto", {"lang": ""}, "ru", "ru"), ("ru", {"lang": "en"}, "en", "ru"),
    ("ru", {"lang": "en", "asked": ""}, "ru", "en"), ("ru", {"lang": "xx", "asked": ""}, "en", "ru"),
])
def test_the_language(cast, site, query, accepted, lang):
    """By the page's own choice, the site's, the page's language, the browser's, English."""
    change(cast, settings={"lang": site})
    answer = page(cast, headers={"Accept-Language": accepted}, **query)
    assert Panel(answer.text).settings["lang"] == lang
    assert f'<html lang="{lang}" dir="ltr">' in answer.text


def test_every_language_has_the_same_lines_with_the_same_places():
    def places(lang):
        return {key: sorted(set(part.split("}")[0] for part in line.split("{")[1:]))
                for key, line in texts.flat(texts.TEXTS[lang]).items()}
    for lang in texts.LANGS:
        assert places(lang) == places(texts.FALLBACK), lang
        assert all(isinstance(line, (str, dict)) for line in texts.TEXTS[lang].values())


def test_a_stored_line_or_setting_that_is_gone_counts_for_nothing():
    assert texts.lines("en", {"gone": "x", "gone.too": "x", "send": "Go"}) == texts.TEXTS["en"] | {"send": "Go"}
    stored = {"gone": 1, "greeting": "Hi", "look": {"gone": 1}}
    assert site_schemas.whole({"gone": 1, "greeting": "Hi"}) == site_schemas.DEFAULTS | {"greeting": "Hi"}
    assert site_schemas.merged(stored, {"files": False}) == {"greeting": "Hi", "look": {}, "files": False}


def test_the_whole_settings_can_be_sent_back():
    assert site_schemas.chosen(site_schemas.SiteSettings().load(site_schemas.DEFAULTS)) == {}


@pytest.mark.parametrize("name", styles.VARIABLES)
def test_a_variable_can_be_set(name):
    good = {styles.COLOR: "#1f5effcc", styles.LENGTH: "12px", styles.FONTS: "Inter, Segoe UI, sans-serif"}[styles.VARIABLES[name]]
    assert styles.is_safe(name, good)

"""Files of guests and managers, from the first byte to the browser; what is refused leaves nothing."""
import os
import socket
import sqlite3
import uuid
from contextlib import ExitStack, closing

import pytest
import requests

from replyx import clock
from replyx.downloads import AT_ONCE as DOWNLOADS_AT_ONCE
from replyx.files import MOST_BYTES
from replyx.links import links
from tests import samples
from tests.cast import RAW, Guest
from tests.hostile.wire import chunked, code, connection, http
from tests.served import until

MB = 2**20


def kept(served):
    """What lies in the folder of files, and how many rows there are."""
    with closing(sqlite3.connect(served.instance / "replyx.db")) as database:
        return sorted(os.listdir(served.instance / "uploads")), database.execute("SELECT count(*) FROM file").fetchone()[0]


@pytest.fixture
def nothing_kept(served):
    """The test leaves neither a file nor a row."""
    before = kept(served)
    yield
    until(lambda: kept(served) == before, what="the end of what was refused")


@pytest.mark.parametrize("channel", ["site", "widget"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_file_is_stored_as_it_came(cast, served, channel, is_chunked):
    body = b"line\n" * (MOST_BYTES // 5)
    answer = cast.guest(channel).upload(iter([body[:MB], body[MB:]]) if is_chunked else body, "../log.html")
    assert answer.status_code == 201
    file = answer.json()["file"]
    url = file.pop("url")
    assert file == {"id": file["id"], "name": "log.html.txt", "type": "text/plain", "size": len(body), "width": None,
                    "height": None}
    assert (served.instance / "uploads" / file["id"]).read_bytes() == body
    # Cookies of other programs on the host, in whatever encoding, change nothing.
    assert requests.get(served.url + url, headers={"Cookie": b"theirs=\xff"}, timeout=10).content == body


def test_an_image_is_drawn_anew_and_shown_in_place(cast, served):
    file = cast.guest().upload(samples.photo(), "IMG_1.HEIC").json()["file"]
    assert (file["name"], file["type"], file["width"], file["height"]) == ("IMG_1.HEIC.jpg", "image/jpeg", 1280, 2560)
    answer = requests.get(served.url + file["url"], timeout=10)
    assert len(answer.content) == file["size"] and b"Secret" not in answer.content
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''IMG_1.HEIC.jpg"


def test_what_is_no_image_is_saved_and_can_do_nothing(cast, served):
    name = "отчёт \"1\";\r\nX-Evil: 1\u202e.csv"
    file = cast.guest().upload(b"a;b\n", name).json()["file"]
    assert file["name"] == "отчёт _1_; X-Evil_ 1.csv"
    headers = requests.get(served.url + file["url"], timeout=10).headers
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%D0%BE") and "X-Evil" not in headers
    assert '"' not in headers["Content-Disposition"] and headers["Content-Disposition"].isascii()
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cache-Control"].startswith("private, max-age=")


@pytest.mark.browser
def test_a_browser_shows_an_image_saves_the_rest_and_runs_nothing(cast, served, context):
    guest, page = cast.guest(), context.new_page()
    urls = [guest.upload(body, name).json()["file"]["url"] for body, name in (
        (samples.photo(), "a.jpg"), (b"hello <script>document.title = 1</script><svg onload=alert(1)>", "a.html"))]
    page.goto(f"{served.url}/console")
    assert page.evaluate("async url => { const image = new Image(); image.src = url; await image.decode(); "
                         "return [image.naturalWidth, image.naturalHeight]; }", urls[0]) == [1280, 2560]
    page.evaluate("url => document.body.append(Object.assign(document.createElement('a'), "
                  "{href: url, target: '_blank', textContent: 'the file'}))", urls[1])
    with page.expect_download() as download:
        page.get_by_role("link", name="the file").click()
    assert download.value.suggested_filename == "a.html.txt"
    assert page.goto(served.url + urls[0]).ok and page.evaluate("document.contentType") == "image/jpeg"
    assert page.evaluate("origin") == "null"


def _later(url):
    """The address with an end that is an hour later."""
    *start, expires, signature = url.split("/")
    return "/".join((*start, str(int(expires) + 3600), signature))


@pytest.mark.parametrize("change", [
    lambda url: url[:-27] + ("A" if url[-27] != "A" else "B") + url[-26:], lambda url: _later(url),
    lambda url: url + "/",
    lambda url: url.rsplit("/", 1)[0] + "/", lambda url: url.replace("/files/", "/files/../files/"),
    lambda url: "/files/..%2f..%2freplyx.db/1/x", lambda url: "/files/../replyx.db", lambda url: url.upper(),
    lambda url: f"/files/{uuid.uuid4()}/{url.split('/', 3)[3]}", lambda url: url.rsplit("/", 1)[0] + "/" + "é" * 9,
    lambda url: f"/files/{url.split('/')[2]}/{'9' * 40}/x"])
def test_a_forged_address_opens_nothing(cast, served, change):
    url = cast.guest().upload(b"secret").json()["file"]["url"]
    status, _, body = http(served, f"GET {change(url).encode().decode('latin-1')} HTTP/1.1")
    assert status == 404 and b"secret" not in body


def test_an_address_ends_after_a_day(monkeypatch):
    class App:
        config = {"SECRET_KEY": "key"}
    links.init_app(App)
    monkeypatch.setattr(clock, "seconds", lambda: 1_800_000_010.0)
    made = links.file("id")
    _, _, file_id, expires, signature = made.split("/")
    assert 24 * 3600 <= links.file_seconds_left(file_id, int(expires), signature) <= 25 * 3600
    assert links.file_seconds_left("other", int(expires), signature) == 0
    monkeypatch.setattr(clock, "seconds", lambda: 1_800_000_010.0 + 1800)
    assert links.file("id") == made
    monkeypatch.setattr(clock, "seconds", lambda: 1_800_000_010.0 + 25 * 3600)
    assert links.file_seconds_left(file_id, int(expires), signature) == 0


# What is refused, and leaves nothing

@pytest.mark.parametrize("body, name, word", [
    (b"", "a.txt", "empty"), (b"MZ" + bytes(99), "a.jpg", "Send one of these: images (JPEG"), (b"<html>", "a.png", "not taken"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "not taken"),
    (b"GIF89a/*<script>*/", "a.gif", "can't be read"), (samples.bomb(20_000), "a.png", "over 50 megapixels")])
def test_what_is_not_taken_is_told_what_is(cast, nothing_kept, body, name, word):
    answer = cast.guest().upload(body, name)
    assert code(answer) == "invalid" and word in answer.json()["error"]["message"]


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_byte_too_much_is_too_large(cast, nothing_kept, is_chunked):
    body = b"a" * (MOST_BYTES + 1)
    answer = cast.guest().upload(iter([body]) if is_chunked else body)
    assert code(answer) == "too_large" and "at most 10 MB" in answer.json()["error"]["message"]


def raw(served, guest, body, *headers, query="?name=a.txt"):
    lines = [f"{name}: {value}" for name, value in guest.headers.items()] + [f"Content-Type: {RAW}", *headers]
    return http(served, f"POST /api/site/files{query} HTTP/1.1", lines, body)


def test_a_body_that_lies_about_itself_is_refused(cast, served, nothing_kept):
    lie = chunked(b"a" * 99)[:-5] + b"zz\r\n"
    assert raw(served, cast.guest(), lie, "Transfer-Encoding: chunked")[0] == 400
    assert raw(served, cast.guest(), b"", "Content-Length: 999999999999999")[0] == 413
    assert raw(served, cast.guest(), chunked(b"a"), "Transfer-Encoding: chunked", "Content-Length: 5")[0] == 400


@pytest.mark.parametrize("start", [b"Content-Length: 100\r\n\r\nabc", b"Content-Length: 100\r\n\r\n",
                                   b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                                   b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc"], ids=["length", "nothing", "chunks", "a chunk"])
def test_a_file_that_ends_early_is_not_kept(cast, served, nothing_kept, start):
    lines = [f"{name}: {value}" for name, value in cast.guest().headers.items()]
    with connection(served) as link:
        link.sendall("\r\n".join(["POST /api/site/files?name=a.txt HTTP/1.1", "Host: a", f"Content-Type: {RAW}", *lines, ""]
                                 ).encode() + start)
        link.shutdown(socket.SHUT_WR)
        assert link.recv(4096).split(b" ", 2)[1:2] in ([b"400"], [])


def test_who_reads_nothing_holds_so_many_downloads_and_no_more(cast, served):
    url = cast.guest().upload(b"line\n" * (MOST_BYTES // 5)).json()["file"]["url"]
    with ExitStack() as stack:
        links = [stack.enter_context(connection(served)) for _ in range(DOWNLOADS_AT_ONCE)]
        for link in links:
            link.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert link.recv(12) == b"HTTP/1.1 200"
        answer = requests.get(served.url + url, timeout=10)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"])
        # A browser says of its own site's images where they are asked for; with that a session counts.
        assert cast.manager.session.get(served.url + url, headers={"Origin": None, "Sec-Fetch-Site": "same-origin"}, timeout=10).ok
        assert requests.get(served.url + url, headers={"X-Forwarded-For": "203.0.113.9"}, timeout=10).ok
    until(lambda: requests.get(served.url + url, timeout=10).ok, what="the end of those that were left")


@pytest.mark.parametrize("query", ["", "?name=", "?name=%20", "?name=a&dialog_id=x", "?name=a&other=1", "?name=" + "a" * 1001])
def test_a_wrong_query_is_refused_before_a_byte_is_read(cast, served, nothing_kept, query):
    # The body never comes: an answer at all means that nothing waited for it.
    assert raw(served, cast.guest(), b"", "Content-Length: 100", query=query)[0] == 400


def test_strangers_are_refused_before_a_byte_is_read(cast, served, nothing_kept):
    def send(guest, *headers):
        return raw(served, guest, b"", "Content-Length: 100", *headers)[0]
    nobody = cast.guest()
    nobody.guest_id = "none"
    assert send(nobody) == 401
    assert send(cast.guest(), "Origin: https://evil.example") == 403
    answer = cast.guest().upload(b"a", **{"Content-Type": "text/plain"})
    assert code(answer) == "invalid" and RAW in answer.json()["error"]["message"]
    assert cast.guest().http("POST", "/files", params={"name": "a.txt"}, files={"file": ("a.txt", b"a")}).status_code == 400


@pytest.mark.parametrize("query, wanted", [({}, "invalid"), ({"dialog_id": 2**40}, "not_found"),
                                           ({"site_id": 2**40}, "not_found")])
def test_a_manager_names_what_the_file_is_for(cast, nothing_kept, query, wanted):
    assert code(cast.manager.upload(b"a", **query)) == wanted


def test_a_manager_sends_no_file_to_another_site(cast, nothing_kept):
    dialog = Guest(cast, site=cast.other_site).open()["dialog"]
    assert code(cast.manager.upload(b"a", dialog_id=dialog["id"])) == "not_found"
    assert code(cast.manager.upload(b"a", site_id=cast.other_site["id"])) == "not_found"
    assert code(requests.post(f"{cast.served.url}/api/manager/files?name=a.txt&site_id={cast.site['id']}", data=b"a", timeout=10,
                              headers={"Content-Type": RAW, "Cookie": cast.owner.cookie})) == "forbidden_origin"


def test_a_site_may_take_no_files(cast, served, nothing_kept):
    guest = Guest(cast, site=cast.other_site)
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("UPDATE site SET settings = '{\"files\": false}' WHERE id = ?", [cast.other_site["id"]])
    assert code(guest.upload(b"a")) == "forbidden"
    assert cast.other_manager.upload(b"a", site_id=cast.other_site["id"]).status_code == 201
    with closing(sqlite3.connect(served.instance / "replyx.db", timeout=10)) as database, database:
        database.execute("DELETE FROM file WHERE manager_id IS NOT NULL")
        database.execute("UPDATE site SET settings = '{}'")
    for name in set(os.listdir(served.instance / "uploads")):
        if (served.instance / "uploads" / name).read_bytes() == b"a":
            (served.instance / "uploads" / name).unlink()

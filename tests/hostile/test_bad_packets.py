"""Wrong packets, frames and requests: a refusal or an end, nothing stored, and a server that goes on."""
import gzip
import json

import pytest
import requests
from websocket import ABNF, WebSocketException

from tests.hostile.wire import Frames, chunked, connection, http, post, refusal, upgrade
from tests.served import until

pytestmark = pytest.mark.usefixtures("stored")
KIB = 1024
LIMIT = 256 * KIB
DEEP = "[" * 100_000
UUID = "3f0c1f5e-6a3c-4c6e-9d1c-0f6f3b0a7e21"
ANY_TEXT = '"text": "hello"'


@pytest.mark.parametrize("packet", [
    "4", "42", "42[", "42{}", "42[]", "49", "43[]", "44{}", '4{"a":1}', "4[]", "4true", "4null", '4"2"', "4/", "4/,", "42/x",
    '42/x,["sync",{}]', "42" + "9" * 101 + '["sync",{}]', "421\u00b2[]", "45", "46", "47", "48", "451-", "45-1", "4" + DEEP,
    "4599999999999-[]", '451-["sync",{"_placeholder":true,"num":0}]', '42["sync",{}]', "0", "2", "3", "5", "6", "7", "9",
    "bAAAA", '40/admin,{"a":1}', "\u0663"], ids=lambda value: ascii(value[:16]))
def test_a_rubbish_packet_harms_nobody(frames, packet):
    frames.send(packet)
    frames.receive() if packet.startswith(("5", "40/")) else None
    assert frames.is_alive()


@pytest.mark.parametrize("packet", ["", "x", " ", "b!", "\u00b2"], ids=ascii)
def test_a_rubbish_frame_harms_nobody_or_ends_its_socket_at_once(frames, packet):
    frames.send(packet)
    try:
        assert frames.is_alive()
    except (WebSocketException, ConnectionError):
        until(frames.has_left, 5, "leaving the rooms")


def test_binary_is_refused_at_once_and_never_collected(frames):
    for number in range(1, 4):
        frames.send(f'453-{number}["message_post",{{"text":{{"_placeholder":true,"num":0}}}}]')
        assert refusal(frames.ack(number))["code"] == "invalid"
        frames.frame(b"attachment", ABNF.OPCODE_BINARY)
    frames.frame(b'421["sync",{}]', ABNF.OPCODE_BINARY)
    assert frames.is_alive()


def test_an_oversize_frame_ends_the_socket(frames):
    frames.send('421["sync",{"a":"' + "a" * LIMIT + '"}]')
    assert frames.end() in (1009, None)
    until(frames.has_left)


@pytest.mark.parametrize("size, most", [(60_000, 40), (0, 700_000)], ids=["long", "empty"])
def test_endless_fragments_are_cut(frames, size, most):
    frames.frame(b"4", ABNF.OPCODE_TEXT, 0)
    batch = ABNF.create_frame(b"a" * size, ABNF.OPCODE_CONT, 0).format() * (1 if size else 10_000)
    try:
        for _ in range(most if size else most // 10_000):
            frames.ws.sock.sendall(batch)
    except ConnectionError:
        pass
    until(frames.has_left, 10, "the cut")


@pytest.mark.parametrize("auth", ['"x"', "[]", "[1]", "1", "true", "null", "", "{", "{}", DEEP, '{"guest_id": 1}'] + [
    f'{{"site_token": {site}, "assistant_id": {assistant}, "guest_id": "{UUID}"}}' for site, assistant in (
        ('["x"]', "1.9"), ("1", "-1"), ('{"a": 1}', '"1x"'), ("null", "true"), ('""', "1" + "0" * 30), ('"x"', "1"),
        ('"\\u0000"', "[]"))
] + ['{"as": "manager"}', '{"as": ["manager"], "api_key": 1}', f'{{"api_key": "{"k" * 1000}"}}'],
    ids=lambda value: value[:44])
def test_a_connect_with_a_wrong_auth_is_refused(served, auth):
    with Frames(served, auth) as frames:
        assert frames.answer.startswith("44{")
        assert refusal(json.loads(frames.answer[2:])["data"])["code"] == "unauthorized"


def test_an_event_before_the_connect_does_nothing(served, guest):
    with Frames(served) as frames:
        frames.send(f'421["message_post",{{"dialog_id":{guest.dialog_id},"text":"early"}}]')
        frames.send("40" + json.dumps(guest.auth))
        assert frames.receive().startswith("40{")
        assert frames.is_alive()
        frames.send("40" + json.dumps(guest.auth))
        assert frames.receive()[:2] in ("40", "44")
        assert frames.is_alive()


@pytest.mark.parametrize("path", ["", "/", "/nope", "/site", "/site/nope", "/other/dialogs", "/site/dialogs/1/nope", "/%00",
                                  "/site/dialogs/", "/site/dialogs/%FF/nope", "/manager/nope", "/../healthz"])
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
def test_an_unknown_path_is_not_found(served, method, path):
    status, _, body = http(served, f"{method} /api{path} HTTP/1.1")
    assert status == 404 and refusal(json.loads(body), 404)["code"] == "not_found"


@pytest.mark.parametrize("start", [f"{method} /api/site/dialogs" for method in ("PUT", "PATCH", "DELETE", "BREW")]
                         + ["GET /api/site/guest", "POST /api/site/dialogs/1/sync", "GET /api/manager/dialogs/1/close",
                            "GET /api/manager/setup"])
def test_a_wrong_method_is_told_the_right_one(served, start):
    status, headers, body = http(served, f"{start} HTTP/1.1")
    assert status == 405 and headers["Allow"] and refusal(json.loads(body))["code"] == "not_found"


@pytest.mark.parametrize("query", [
    "&&=&", "=", "%zz=%", "limit=%FF", "limit=%00", "limit[]=1", "limit=", "after=0&before=1", "b=1&c=2", "%ED%A0%80=1",
    "limit=\u00b2", "limit=0x1", "&".join(f"a{number}=1" for number in range(900))], ids=lambda value: ascii(value[:16]))
def test_a_rubbish_query_string_is_invalid(served, guest, query):
    headers = [f"{name}: {value}" for name, value in guest.headers.items()]
    status, _, body = http(served, f"GET /api/site/dialogs/{guest.dialog_id}/messages?{query} HTTP/1.1", headers)
    assert refusal(json.loads(body), status)["code"] == "invalid"


@pytest.mark.parametrize("start, headers", [
    ("GET /api/site HTTP/1.1", ["X-Long: " + "a" * 10_000]), ("GET /api/site HTTP/1.1", ["X-Much: " + "a" * 999] * 80),
    ("GET /api/site HTTP/1.1", ["X-Many: a"] * 500), ("GET /api/" + "a" * 20_000 + " HTTP/1.1", []),
    ("GET /api/a b HTTP/1.1", []),
    ("POST /api/site/dialogs HTTP/1.1", ["Content-Length: -1"]),
    ("POST /api/site/dialogs HTTP/1.1", ["Content-Length: two"]),
    ("POST /api/site/dialogs HTTP/1.1", ["Content-Length: 2", "Transfer-Encoding: chunked"]),
], ids=lambda value: str(value)[:30])
def test_a_request_out_of_bounds_is_refused(served, start, headers):
    assert http(served, start, headers)[0] in (400, 414, 431)


@pytest.mark.parametrize("headers", [[], ["Sec-WebSocket-Key1: 1", "Sec-WebSocket-Key2: 2"], ["Sec-WebSocket-Version: 13"],
                                     ["Sec-WebSocket-Version: 99"]], ids=["oldest", "old", "no key", "version"])
def test_a_websocket_without_bounds_on_its_frames_is_refused(served, headers):
    with connection(served) as link:
        upgrade(link, "Origin: http://127.0.0.1", *headers, body=b"12345678")
        assert link.recv(100)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 426")


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1, 20 * KIB * KIB])
def test_a_body_over_256_kib_is_too_large(served, guest, stored, size, is_chunked):
    body = f"{{{ANY_TEXT}}}".encode().ljust(size)
    if is_chunked:
        status, answer = post(served, guest, chunked(body), "Transfer-Encoding: chunked")
    else:
        status, answer = post(served, guest, body, f"Content-Length: {size}")
    if size == LIMIT:
        stored.append("hello")
        assert status == 201
    else:
        assert refusal(answer, status)["code"] == "too_large"


@pytest.mark.parametrize("body", [b'{"text": "\xff"}', b'{"text": "\xed\xa0\x80"}', '{"text": "a"}'.encode("utf-16"),
                                  b'\xef\xbb\xbf{"text": "a"}', gzip.compress(b'{"text": "a"}', mtime=0), b"text=a", b"\0"])
def test_a_body_that_is_not_utf_8_json_is_invalid(served, guest, body):
    for headers in [f"Content-Length: {len(body)}"], ["Transfer-Encoding: chunked"]:
        status, answer = post(served, guest, chunked(body) if "chunked" in headers[0] else body, *headers)
        assert refusal(answer, status)["code"] == "invalid"


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/mixed; boundary=\"\"",
                                  "message/rfc822", "x"])
def test_a_body_of_another_kind_is_invalid_and_pages_may_read_why(served, guest, kind):
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n--x--\r\n'
    answer = guest.http("POST", f"/dialogs/{guest.dialog_id}/messages", data=body, headers={"Content-Type": kind})
    assert refusal(answer.json(), answer.status_code)["code"] == "invalid" and answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_broken_chunk_is_invalid(served, guest):
    status, answer = post(served, guest, b"ZZ\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")
    assert refusal(answer, status)["code"] == "invalid"


def test_an_endless_chunk_size_is_cut(served):
    with connection(served) as link:
        link.sendall(b"POST /api/manager/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(24 * 16):
                link.sendall(b"1" * 64 * KIB)


@pytest.mark.parametrize("body", [b"x", b"b!!!!notb64", b"4\x1e" * 17, b"9", b"a" * (LIMIT + 1), b"\xff\xfe", b"\xc2\xb2", b"d=",
                                  b"d=%FF\x1e", b"4\x1e\x1e4"], ids=lambda value: ascii(value[:8]))
def test_rubbish_through_polling_is_refused_and_ends_the_session(served, body):
    url = f"{served.url}/socket.io/?EIO=4&transport=polling"
    sid = json.loads(requests.get(url, timeout=10).text[1:])["sid"]
    answers = [requests.post(f"{url}&sid={sid}", data=body, timeout=10, headers={"X-Forwarded-For": "10.8.0.2"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert requests.get(f"{url}&sid={sid}", timeout=10).status_code == 400
    # However often it comes, it has a line a minute, with its address.
    assert served.log.count("polling refused: invalid address=10.8.0.2") == 1 and "handler error" not in served.log


def test_a_polling_session_takes_json_that_is_too_deep_as_a_packet(served):
    url = f"{served.url}/socket.io/?EIO=4&transport=polling"
    sid = json.loads(requests.get(url, timeout=10).text[1:])["sid"]
    assert requests.post(f"{url}&sid={sid}", data=f"40{DEEP}", timeout=10).status_code == 200


def test_a_header_can_not_forge_a_line_of_the_log(served):
    with connection(served) as link:
        upgrade(link, "Origin: http://a\r\n forged\x1b[2J", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        assert link.recv(100).startswith(b"HTTP/1.1 400")
    with connection(served) as link:
        upgrade(link, "Origin: http://a\xa0forged", "X-Forwarded-For: 10.8.0.1", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        assert link.recv(100).startswith(b"HTTP/1.1 101")
        link.sendall(ABNF.create_frame("40{}", ABNF.OPCODE_TEXT).format())
        until(lambda: "connection refused: unauthorized address=10.8.0.1" in served.log)
    assert not [line for line in served.log.splitlines() if "forged" in line] and "\x1b" not in served.log


def test_a_secret_that_is_no_base32_is_invalid(cast):
    for secret in ("A" * 33, "A" * 35, "A" * 38, "a" * 32, "1" * 32, "A" * 32 + "\n"):
        answer = cast.owner.http("POST", "/two-factor/confirm", {"secret": secret, "code": "000000"})
        assert refusal(answer.json(), answer.status_code)["code"] == "invalid"


REQUEST = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("head", [
    f"Abc\r\nContent-Length: {len(REQUEST)}", f"Content-Length: 0\r\nContent-Length: {len(REQUEST)}",
    f"Content-Length: +{len(REQUEST)}", "Content-Length: 3_4", "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Host: y", "X-A: a\r\n folded", "X-A: a\0b",
    f"Content-Length : {len(REQUEST)}", f"Content-Length: {len(REQUEST)}\r\nTransfer-Encoding: chunked",
], ids=repr)
def test_a_head_that_can_be_read_in_two_ways_is_refused_and_ends_the_connection(served, head):
    with connection(served) as link:
        link.sendall(f"POST /api/site/dialogs HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{REQUEST}".encode("latin1"))
        answer = b""
        while piece := link.recv(4096):
            answer += piece
    assert answer.count(b"HTTP/1.") == 1 and b" 400 " in answer.splitlines()[0]


@pytest.mark.parametrize("host", ["x; frame-ancestors *", '"><script>', "a b", "a/b"])
def test_a_host_that_is_none_is_refused(cast, served, host):
    with connection(served) as link:
        link.sendall(f"GET /frame?site_token={cast.site['site_token']} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert link.recv(4096).startswith(b"HTTP/1.1 400")


def test_a_client_that_asks_and_never_reads_is_dropped(served, cast, stored):
    guest = cast.guest()
    stored += ["\U0001F600" * 10_000] * 10
    dialog_id = guest.open(stored[0])["dialog"]["id"]
    for text in stored[1:]:
        guest.http("POST", f"/dialogs/{dialog_id}/messages", {"text": text})
    before = len(served.log.splitlines())
    with Frames(served, json.dumps(guest.auth)) as greedy:
        for _ in range(100):
            greedy.ws.send('421["message_list",' + json.dumps({"dialog_id": dialog_id}) + "]")
        until(lambda: any("connection closed" in line for line in served.log.splitlines()[before:]), 20, "the drop")
    assert guest.http("POST", "/dialogs", {}).json()["ok"]


def test_nothing_connects_through_a_transport_that_was_closed(served, guest):
    """A close and a connect in one segment: the server has read both before it hears of either."""
    with Frames(served) as frames:
        frames.ws.sock.sendall(b"".join(ABNF.create_frame(packet, ABNF.OPCODE_TEXT).format()
                                        for packet in ("1", "40" + json.dumps(guest.auth))))
        frames.end()
    sid = polling(served, "")[1].split(b'"sid":"')[1].split(b'"')[0].decode()
    body = f"1\x1e40{json.dumps(guest.auth)}".encode()
    http(served, f"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1", [f"Content-Length: {len(body)}"], body)
    with Frames(served, json.dumps(guest.auth)) as frames:
        assert frames.is_alive()
    assert "message handler error: KeyError" not in served.log


def polling(served, query):
    status, _, body = http(served, f"GET /socket.io/?EIO=4&transport=polling{query} HTTP/1.1")
    return status, body


def test_a_socket_that_leaves_the_namespace_is_closed(frames):
    frames.send("41")
    assert frames.end() is not None
    until(frames.has_left)


def test_a_session_that_is_none_writes_no_line_of_its_own(served):
    polling(served, "&sid=x%0A2026-01-01%2000:00:00,000%20INFO%20[Mail]%20FORGED%1B[31m")
    http(served, "POST /socket.io/?EIO=4&transport=polling&sid=FORGED HTTP/1.1", ["Content-Length: 7"], b"zFORGED")
    assert "FORGED" not in served.log

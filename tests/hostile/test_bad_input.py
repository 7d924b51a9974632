"""Wrong payloads over both transports: a refusal in the one shape, nothing stored, and a server that goes on."""
import json

import pytest

from tests.hostile.wire import refusal

pytestmark = pytest.mark.usefixtures("stored")
DEEP = "[" * 100_000
UUID = "3f0c1f5e-6a3c-4c6e-9d1c-0f6f3b0a7e21"
EMOJI = "\U0001F600"
ANY_TEXT = '"text": "hello"'


WRONG_MEMBERS = {
    "text": ['"text": ""', '"text": " \\t\\n\\u2003"', '"text": null', '"text": 1', '"text": true', '"text": ["a"]',
             '"text": {"a": 1}', '"text": "a\\u0000b"', f'"client_id": "{UUID}"', f'"text": "{"a" * 10_001}"',
             f'"text": "{EMOJI * 10_001}"', f'"text": {"[" * 900 + "]" * 900}'],
    "client_id": [f'{ANY_TEXT}, "client_id": {value}' for value in (
        '""', '"1"', "1", "null", "[]", f'"{UUID}\\n"', f'"{UUID.replace("-", "")}"', f'"{{{UUID}}}"', f'"{UUID[:-1]}g"')],
    "attachments": [f'{ANY_TEXT}, "attachments": {value}' for value in ("null", "{}", '"x"', '["x"]', "[1]", "[[[]]]")],
    "sender": [f'{ANY_TEXT}, "sender": "manager"'],
    "__proto__": [f'{ANY_TEXT}, "__proto__": {{"text": "other"}}'],
    "": [f'{ANY_TEXT}, "": 1'],
    "\0\n": [f'{ANY_TEXT}, "\\u0000\\n": 1'],
}
NOT_JSON = ['"text": NaN', '"text": Infinity', '"text": -Infinity', '"text": "\\ud800"', '"text": "\\udc00\\ud800"',
            "'text': 'a'", f"{ANY_TEXT},", '"text": "a\nb"', '"text": 01', "text: 1", f"{ANY_TEXT} // a", '"text"',
            f'"text": {DEEP}', f'{ANY_TEXT}, "other": {DEEP}{"]" * 100_000}', '"text": "\\x41"', '"text": "', '"text": 1e']
WRONG_IDS = ["0", "-1", "1.0", "1.9", "1e0", '"1"', "true", "false", "null", "[]", "{}", "9007199254740992",
             "9223372036854775808", "-9223372036854775809", "1" + "0" * 30, "1" + "0" * 45]


@pytest.mark.parametrize("field, members", [(field, each) for field, list_ in WRONG_MEMBERS.items() for each in list_],
                         ids=lambda value: value[:24])
def test_a_wrong_field_is_named(door, field, members):
    status, body = door.post(members)
    error = refusal(body, status)
    assert error["code"] == "invalid" and list(error["fields"]) == [field]


@pytest.mark.parametrize("members", [
    f'{ANY_TEXT}, "attachments": [{"0," * 100_000}0]', ANY_TEXT + "".join(f', "k{n}": 1' for n in range(15_000)),
    f'{ANY_TEXT}, "attachments": [{"[[0,0]]," * 20_000}0]'], ids=["items", "names", "nested"])
def test_what_has_too_many_values_is_refused_unlooked_at(door, members):
    """An error for each of them would cost the server a thousand times what it costs the sender."""
    status, body = door.post(members)
    error = refusal(body, status)
    assert error["code"] == "invalid" and "1000" in error["message"] and "fields" not in error


@pytest.mark.parametrize("members", NOT_JSON, ids=lambda value: value[:24])
def test_what_is_not_json_is_invalid(door, members):
    status, body = door.post(members)
    assert refusal(body, status)["code"] == "invalid"


@pytest.mark.parametrize("payload", ["[]", '"text"', "1", "true", "null", "", "[{}]", "NaN", "}{", DEEP,
                                     "[" * 900 + "]" * 900], ids=lambda value: value[:12])
def test_a_payload_that_is_no_object_is_invalid(door, payload):
    status, body = door.payload(payload)
    assert refusal(body, status)["code"] == "invalid"


@pytest.mark.parametrize("value", WRONG_IDS)
def test_an_id_is_an_integer_and_nothing_like_it(door, value):
    for field, (status, body) in {"dialog_id": door.sync(value), "message_id": door.read(value)}.items():
        error = refusal(body, status)
        assert error["code"] == "invalid" and list(error["fields"]) == [field]


@pytest.mark.parametrize("members", [{"limit": "0"}, {"limit": "201"}, {"limit": "1.5"}, {"limit": "true"}, {"limit": '"x"'},
                                     {"after": "-1"}, {"before": "0"}, {"after": "1", "before": "2"}, {"a": "1"}], ids=str)
def test_a_page_has_bounds(door, members):
    status, body = door.list(**members)
    error = refusal(body, status)
    assert error["code"] == "invalid" and list(error["fields"]) == [list(members)[-1]]


def test_an_unknown_id_is_not_found(door):
    status, body = door.sync(str(2**53 - 1))
    assert refusal(body, status)["code"] == "not_found"


@pytest.mark.parametrize("character", ["a", "\u00e9", EMOJI, "\\ud83d\\ude00"], ids=ascii)
def test_ten_thousand_characters_pass(door, stored, character):
    text = json.loads(f'"{character}"') * 10_000
    status, body = door.post(f'"text": "{character * 10_000}"')
    assert body["message"]["text"] == text
    stored.append(text)


def test_of_two_equal_keys_the_last_counts(door, stored):
    status, body = door.post('"text": "first", "text": "last"')
    assert body["message"]["text"] == "last"
    stored.append("last")


@pytest.mark.parametrize("event, payloads, code", [
    ('"connect"', ["{}"], "invalid"), ('"disconnect"', [], "invalid"), ('"*"', ["{}"], "invalid"), ("1", ["{}"], "invalid"),
    ("null", [], "invalid"), ("[]", ["{}"], "invalid"), ('{"a": 1}', [], "invalid"), ('"\\u0000unreadable"', [], "invalid"),
    ('""', ["{}"], "not_found"), ('"message"', ["{}"], "not_found"), ('"session_create"', ["{}"], "not_found"),
    ('"__proto__"', [], "not_found"), (f'"{"a" * 100_000}"', ["{}"], "not_found"), ('"sync"', [], "invalid"),
    ('"sync"', ["{}", "{}"], "invalid"), ('"sync"', ["{}", "null"], "invalid"), ('"takeover"', ["{}"], "unauthorized"),
], ids=lambda value: str(value)[:20])
def test_a_strange_event_is_answered(frames, event, payloads, code):
    assert refusal(frames.call(event, *payloads))["code"] == code
    assert frames.is_alive()

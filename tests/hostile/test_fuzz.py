"""Input that nobody thought of, from the API description and from Hypothesis, against the served process."""
import json
import uuid

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (content_type_conformance, response_headers_conformance,
                                               response_schema_conformance, status_code_conformance)

from replyx import config
from replyx.descriptions import openapi
from replyx.intake import ACTIONS
from replyx.site_schemas import DEFAULTS, SiteSettings, chosen, whole
from tests.hostile.wire import Frames, http, refusal, texts

# Left out: positive_data_acceptance, as JSON Schema takes 1.0 for an integer and can't say `after` or `before`, not both;
# negative_data_rejection, as in a path or a query string "1" and 1 are the same, and what has no body ignores one;
# ignored_auth, which test_access.py asks of every route; use_after_free and ensure_resource_availability, as nothing
# is ever deleted.
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
          response_headers_conformance]
SETTINGS = settings(derandomize=True, max_examples=20, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
                    suppress_health_check=list(HealthCheck))
DESCRIPTION = openapi(config.load({}))
API = schemathesis.openapi.from_dict(DESCRIPTION)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12)
GOOD_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@pytest.fixture(scope="module")
def api_key(cast):
    return cast.served.command("apikey", "add", "fuzz", "--role", "manager", "--site", cast.site["id"], "--json")["key"]


def check(case, guest, headers):
    """Send the case, every other one to a dialog that exists, and check the answer against the description."""
    number = (case.path_parameters or {}).get("dialog_id")
    if isinstance(number, int) and number % 2:
        case.path_parameters["dialog_id"] = guest.dialog_id
    case.call_and_validate(base_url=guest.cast.served.url, headers=headers, checks=CHECKS, timeout=10)


@API.include(path_regex="^/api/site/").parametrize()
@SETTINGS
def test_a_guest_of_a_site_gets_what_the_description_says(case, guest):
    check(case, guest, guest.headers)


@API.include(path_regex="^/api/widget/").parametrize()
@SETTINGS
def test_a_guest_of_a_widget_gets_what_the_description_says(case, guest):
    check(case, guest, guest.on("widget").headers)


@API.include(path_regex="^/api/manager/").parametrize()
@SETTINGS
def test_an_api_key_gets_what_the_description_says(case, guest, api_key):
    check(case, guest, {"Authorization": f"Bearer {api_key}"})


@pytest.mark.parametrize("method, path", [
    (method, path) for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()
    if method != "get" and not operation["requestBody"]["required"]])
def test_a_body_that_is_not_required_may_be_left_out(served, guest, api_key, method, path):
    prefix = path.split("/")[2]
    headers = {"Authorization": f"Bearer {api_key}"} if prefix == "manager" else guest.on(prefix).headers
    url = served.url + path.format(dialog_id=guest.dialog_id, letter_id=1, site_id=1)
    answer = requests.request(method, url, headers=headers, timeout=10)
    assert answer.json()["ok"] or refusal(answer.json(), answer.status_code)["code"] != "invalid"


@pytest.mark.parametrize("auth", ["guest", "manager"])
@pytest.mark.parametrize("event", [action.event for action in ACTIONS.values() if not action.http_only])
def test_any_payload_of_an_event_gets_its_ack(served, guest, api_key, event, auth):
    @settings(SETTINGS, max_examples=50)
    @given(JSON | fitting(event, guest.dialog_id))
    def run(payload):
        answer = frames.call(json.dumps(event), json.dumps(payload))
        assert answer["ok"] is True or refusal(answer)["code"] not in ("internal", "storage_unavailable")

    with Frames(served, json.dumps(guest.auth if auth == "guest" else {"api_key": api_key})) as frames:
        run()


def fitting(event, dialog_id):
    """Payloads with the event's own field names, some of them with good values."""
    [action] = [action for action in ACTIONS.values() if action.event == event]
    good = {"dialog_id": st.just(dialog_id), "text": GOOD_TEXT, "client_id": st.uuids().map(str), "typing": st.booleans()}
    return st.fixed_dictionaries({}, optional={name: good.get(name, JSON) | JSON for name in action.input.fields})


def near(value):
    """Values like this one: some with its names and kinds, some with others."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={name: near(item) for name, item in value.items()}) | JSON
    kinds = {bool: st.booleans(), int: st.integers(0, 300), str: st.sampled_from([value, "auto"]) | st.text(max_size=30)}
    return st.just(value) | kinds.get(type(value), JSON) | JSON


@settings(SETTINGS, max_examples=200)
@given(near(DEFAULTS))
def test_settings_of_a_site_are_taken_as_they_are_or_refused(given_settings):
    try:
        taken = SiteSettings().load(given_settings)
    except ValidationError:
        return
    kept = json.loads(json.dumps(chosen(taken)))
    assert whole(kept) == taken and SiteSettings().load(whole(kept)) == taken
    assert all(taken[name] == value for name, value in given_settings.items() if not isinstance(value, dict))


@settings(SETTINGS, max_examples=100)
@given(st.text(max_size=300) | st.text(st.characters(min_codepoint=0x300), max_size=50))
def test_the_text_stored_is_the_text_sent(served, guest, text):
    """Over both transports; or it is refused, and then nothing is stored."""
    before = texts(served)
    payload = json.dumps({"text": text, "client_id": str(uuid.uuid4())})
    with Frames(served, json.dumps(guest.auth)) as frames:
        answer = frames.call('"message_post"', f'{{"dialog_id": {guest.dialog_id}, {payload[1:]}')
    again = guest.http("POST", f"/dialogs/{guest.dialog_id}/messages", data=payload.encode(),
                       headers={"Content-Type": "application/json"})
    if is_storable(text):
        assert answer["message"]["text"] == text == again.json()["message"]["text"]
        assert again.json()["duplicate"] and texts(served)[len(before):] == [text]
    else:
        assert refusal(answer)["code"] == refusal(again.json(), again.status_code)["code"] == "invalid"
        assert texts(served) == before


def is_storable(text):
    return bool(text.strip()) and "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


@settings(SETTINGS, max_examples=60)
@given(st.binary(max_size=60).map(lambda path: path.translate(None, b" \r\n")), st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_path_gets_an_answer_that_is_no_fault_of_the_server(served, path, method):
    status, _, _ = http(served, f"{method} /api/{path.decode('latin-1')} HTTP/1.1")
    assert status < 500


@settings(SETTINGS, max_examples=80)
@given(st.text(max_size=40) | st.text("0123456789[]{},\"/-?:null", max_size=30))
def test_any_packet_leaves_the_server_up(served, guest, packet):
    with Frames(served, json.dumps(guest.auth)) as frames:
        frames.send("4" + packet.encode("utf-8", "replace").decode())
    assert guest.http("GET", f"/dialogs/{guest.dialog_id}/sync").json()["ok"]

"""What the log says of guests, credentials and floods, and which secrets it keeps."""
import json

import pytest
import requests
import socketio

from tests.cast import Cast
from tests.served import Served, until


def test_the_log_follows_a_guest_and_keeps_secrets(served, cast):
    guest, before = cast.guest(), len(served.log)
    with guest.socket() as tab:
        opened = tab.call("dialog_open", {"message": {"text": "very private"}})
        number = opened["dialog"]["id"]
        with guest.on("widget").socket() as second:
            second.call("message_post", {"dialog_id": number, "text": ""})
            second.call("typing", {"dialog_id": number, "very private": 1})
            cast.guest("widget").http("POST", f"/dialogs/{number}/messages", {"text": "very private"})
        until(lambda: f"dialog={number} connections=1 reason=" in served.log[before:])
    log = until(lambda: f"dialog={number} connections=0 reason=" in served.log[before:] and served.log[before:])
    for line in ("[Site] connection attempt address=127.0.0.1", "[Site] connection accepted",
                 f"[Site] dialog open dialog={number} connections=1",
                 f"[Widget] connection accepted address=127.0.0.1 dialog={number} connections=2",
                 f"[Site] message stored dialog={number} message={opened['message']['id']} transport=socket",
                 f"[Widget] message.post refused: invalid transport=socket address=127.0.0.1 dialog={number} fields='text'",
                 f"[Widget] typing refused: invalid transport=socket address=127.0.0.1 dialog={number} fields='typing,(unknown)'",
                 f"[Widget] message.post refused: not_found transport=http address=127.0.0.1 dialog={number}\n",
                 f"[Widget] connection closed address=127.0.0.1 dialog={number} connections=1 reason="):
        assert line in log
    for secret in ("very private", guest.guest_id, cast.site["site_token"], "correct horse"):
        assert secret not in served.log


def test_the_log_says_why_credentials_were_refused(served, cast):
    """As in the report that ReplyX was made for: one line names what the page showed wrongly, and from where."""
    before, shop = len(served.log), cast.site

    def post(channel, origin="", **shown):
        requests.post(f"{served.url}/api/{channel}/dialogs/1/messages", params=shown, json={"text": "very private"}, timeout=10,
                      headers={"Origin": origin} if origin else {})
    guest_id = cast.guest().guest_id
    post("widget", assistant_id=9999, guest_id=guest_id)
    post("site", site_token=shop["site_token"])
    post("site", "https://evil.example", site_token=shop["site_token"], guest_id=guest_id)
    post("site", "https://evil.example", site_token="st_wrong", guest_id=guest_id)
    requests.post(f"{served.url}/api/widget/dialog/{guest_id}", params={"guest_id": guest_id}, timeout=10)
    requests.delete(f"{served.url}/api/site/dialogs", timeout=10)
    for path in ("replyx.js", "frame", "chat"):
        requests.get(f"{served.url}/{path}", params={"site_token": "st_wrong"}, timeout=10)
        requests.get(f"{served.url}/{path}", params={"assistant_id": "9999"}, timeout=10)
    with pytest.raises(socketio.exceptions.ConnectionError):
        cast.guest().socket(headers={"Origin": "https://evil.example"}, transports=("polling",))
    where = "transport=http address=127.0.0.1"
    token, guest = "reason='The site_token or assistant_id is missing", "reason='The guest_id is missing or not a UUID."
    for line in (f"[Widget] message.post refused: unauthorized {where} {token}",
                 f"[Site] message.post refused: unauthorized {where} {guest}",
                 f"[Site] message.post refused: forbidden_origin {where} origin=https://evil.example\n",
                 f"[Site] message.post refused: unauthorized {where} {token}",
                 "[Widget] POST refused: not_found address=127.0.0.1 status=404\n",
                 "[Site] DELETE refused: not_found address=127.0.0.1 status=405\n",
                 *(f"[{channel}] {page} refused: unauthorized address=127.0.0.1\n" for channel in ("Site", "Widget")
                   for page in ("loader", "frame", "chat")),
                 "[Site] connection refused: forbidden_origin address=127.0.0.1 origin=https://evil.example\n"):
        assert line in served.log[before:]
    for secret in ("very private", guest_id, shop["site_token"], "st_wrong", "9999"):
        assert secret not in served.log[before:]


def test_the_log_says_when_a_dialog_is_opened_and_not_whenever_it_changes(served, cast):
    guest = cast.guest()
    number = guest.open()["dialog"]["id"]

    def count():
        return served.log.count(f"dialog open dialog={number} ")
    guest.http("POST", "/dialogs", {"message": {"text": "I am Ann"}, "profile": {"name": "Ann"}})
    assert cast.manager.http("POST", f"/dialogs/{number}/messages", {"text": "Hello"}).json()["dialog_id"] == number
    assert count() == 1
    cast.manager.http("POST", f"/dialogs/{number}/close")
    guest.http("POST", f"/dialogs/{number}/messages", {"text": "Again"})
    assert count() == 2


def test_rate_limits_say_how_long_to_wait(tmp_path):
    with Served(tmp_path) as server:
        guest = Cast(server).guest()
        dialog = guest.open()["dialog"]
        answers = [guest.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "x"}) for _ in range(31)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused and 1 <= refused[0].json()["error"]["retry_after"] <= 10
        assert refused[0].headers["Retry-After"] == str(refused[0].json()["error"]["retry_after"])
        with guest.socket() as tab:
            answer = tab.call("message_post", {"dialog_id": dialog["id"], "text": "x"})
            assert json.dumps(answer) and answer["error"]["code"] == "rate_limited"
        # A flood leaves a line, and their number at the latest when the server stops.
        server.stop()
        assert server.log.count("message.post refused: rate_limited") == 1
        assert f"[Site] message.post refused {len(refused)} times more: rate_limited address=127.0.0.1" in server.log


def test_failed_credentials_are_limited_by_address(tmp_path):
    with Served(tmp_path, REPLYX_RATE_LIMITS="0.1") as server:
        codes = [requests.post(f"{server.url}/api/site/dialogs", json={}, params={"site_token": "st_guess"}, timeout=10
                               ).json()["error"]["code"] for _ in range(15)]
        assert codes[0] == "unauthorized" and codes[-1] == "rate_limited"

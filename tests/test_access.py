"""Who may do what: the same refusal on both transports, nothing leaked, nothing stored."""
import sqlite3
import time
import uuid
from contextlib import closing
from types import SimpleNamespace

import pytest
import requests
import socketio
from itsdangerous import TimestampSigner

from replyx.links import GUEST_LINK_SECONDS, Links
from tests.cast import PASSWORD, Guest, Socket
from tests.served import until

TRANSPORTS = pytest.mark.parametrize("transport", ["socket", "http"])


def count(cast):
    with closing(sqlite3.connect(cast.served.instance / "replyx.db")) as database:
        return [database.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("guest", "dialog", "message")]


def refusal(cast, transport, auth, origin=None, dialog_id=1, channel="site"):
    """The error that a guest's message with these credentials meets, at the connect or at the event."""
    headers = {"Origin": origin} if origin else {}
    if transport == "socket":
        return _refused_connect(cast, auth, headers) or _socket_post(cast, auth, dialog_id)
    names = {f"Replyx-{name.replace('_', '-').title()}": str(value) for name, value in auth.items()}
    answer = requests.post(f"{cast.served.url}/api/{channel}/dialogs/{dialog_id}/messages", json={"text": "let me in"},
                           headers={**names, **headers}, timeout=10)
    return answer.json().get("error")


def _refused_connect(cast, auth, headers):
    client, errors = socketio.Client(reconnection=False), []
    client.on("connect_error", errors.append)
    try:
        # Polling: the WebSocket client would send an Origin of its own beside ours.
        client.connect(cast.served.url, auth=auth, headers=headers, transports=["polling"], wait_timeout=10)
    except socketio.exceptions.ConnectionError:
        return errors[0]["data"]["error"]
    client.disconnect()
    return None


def _socket_post(cast, auth, dialog_id):
    with Socket(cast.served, auth) as tab:
        return tab.call("message_post", {"dialog_id": dialog_id, "text": "let me in"}).get("error")


@TRANSPORTS
def test_a_stranger_finds_nothing(cast, transport):
    dialog = cast.guest().open()["dialog"]
    before = count(cast)
    missing = refusal(cast, transport, cast.guest().auth, dialog_id=10**9)
    foreign = refusal(cast, transport, cast.guest().auth, dialog_id=dialog["id"])
    assert foreign == missing and foreign["code"] == "not_found"
    assert count(cast) == before


@TRANSPORTS
@pytest.mark.parametrize("auth", [
    {"site_token": "st_unknown"}, {"assistant_id": 999}, {"assistant_id": "x"}, {"site_token": ""}, {}, {"site_token": "é"},
], ids=["unknown token", "unknown assistant", "no number", "empty token", "nothing", "not ASCII"])
def test_a_foreign_or_missing_token_is_unauthorized(cast, transport, auth):
    before = count(cast)
    if transport == "http":
        auth = {name: value.encode() if isinstance(value, str) else value for name, value in auth.items()}
        auth = {name: value.decode("latin1") if isinstance(value, bytes) else value for name, value in auth.items()}
    assert refusal(cast, transport, {**auth, "guest_id": str(uuid.uuid4())})["code"] == "unauthorized"
    assert count(cast) == before


@TRANSPORTS
@pytest.mark.parametrize("guest_id", [None, "", "1", "89b7360b-c925-43a8-8773", "not-a-uuid" * 30])
def test_a_missing_or_malformed_guest_id_is_unauthorized(cast, transport, guest_id):
    auth = {"site_token": cast.site["site_token"], **({"guest_id": guest_id} if guest_id is not None else {})}
    assert refusal(cast, transport, auth)["code"] == "unauthorized"


@TRANSPORTS
def test_a_guest_id_is_good_on_its_own_site_alone(cast, transport):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    elsewhere = Guest(cast, guest_id=guest.guest_id, site=cast.other_site)
    assert refusal(cast, transport, elsewhere.auth, dialog_id=dialog["id"])["code"] == "not_found"


@TRANSPORTS
def test_an_assistant_of_another_site_does_not_go_with_the_token(cast, transport):
    auth = {**cast.guest().auth, "assistant_id": cast.other_site["assistant_id"]}
    assert refusal(cast, transport, auth)["code"] == "unauthorized"
    auth["assistant_id"] = cast.site["assistant_id"]
    assert refusal(cast, transport, auth)["code"] == "not_found"


@TRANSPORTS
@pytest.mark.parametrize("origin, code", [
    ("https://shop.example", "not_found"), ("https://www.shop.example", "not_found"), ("http://localhost:8080", "not_found"),
    ("https://evil.example", "forbidden_origin"), ("https://shop.example.evil.example", "forbidden_origin"),
    ("https://notshop.example", "forbidden_origin"), ("null", "forbidden_origin"),
    ("https://shop.example:8443", "forbidden_origin"), ("https://club.example", "forbidden_origin"),
])
def test_only_pages_of_the_sites_domains_may_ask(cast, transport, origin, code):
    """`not_found` is the answer of somebody who was let in: there is no dialog of theirs."""
    assert refusal(cast, transport, cast.guest().auth, origin=origin)["code"] == code


def link_to(cast, dialog, site=None, age=0, key=None, guest_id=None):
    """The credential that a mail to the dialog's guest holds, signed as the server does."""
    guest_id = guest_id or cast.owner.http("GET", f"/dialogs/{dialog['id']}").json()["dialog"]["guest"]["id"]
    signer = Links()
    signer.init_app(SimpleNamespace(config={"SECRET_KEY": key or (cast.served.instance / "secret_key").read_text()}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) - age)
        return signer.guest_link((site or cast.site)["id"], guest_id)


@TRANSPORTS
@pytest.mark.parametrize("channel", ["site", "widget"])
def test_a_link_from_a_mail_speaks_for_its_guest(cast, transport, channel):
    guest = cast.guest(channel)
    dialog = guest.open()["dialog"]
    auth = {**guest.name, "guest_link": link_to(cast, dialog)}
    assert refusal(cast, transport, auth, dialog_id=dialog["id"], channel=channel) is None
    stranger = cast.guest().open()["dialog"]
    assert refusal(cast, transport, auth, dialog_id=stranger["id"], channel=channel)["code"] == "not_found"


@TRANSPORTS
@pytest.mark.parametrize("flaw", ["forged", "cut", "another key", "expired", "of another site", "for another site", "no guest"])
def test_a_link_that_does_not_count_is_unauthorized(cast, transport, flaw):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    good, name = link_to(cast, dialog), guest.name
    link = {
        "forged": "x" + good[1:], "cut": good.rpartition(".")[0], "of another site": good,
        "another key": link_to(cast, dialog, key="x"), "expired": link_to(cast, dialog, age=GUEST_LINK_SECONDS + 60),
        "for another site": link_to(cast, dialog, cast.other_site), "no guest": link_to(cast, dialog, guest_id=10**9),
    }[flaw]
    if flaw == "of another site":
        name = cast.guest(site=cast.other_site).name
    # A guest id beside it does not save it: credentials are never merged.
    before = count(cast)
    auth = {**name, "guest_link": link, "guest_id": guest.guest_id}
    assert refusal(cast, transport, auth, dialog_id=dialog["id"])["code"] == "unauthorized"
    assert count(cast) == before


def test_a_link_counts_in_no_query_string(cast, served):
    dialog = cast.guest().open()["dialog"]
    query = {"site_token": cast.site["site_token"], "guest_link": link_to(cast, dialog)}
    answer = requests.get(f"{served.url}/api/site/dialogs/{dialog['id']}/messages", params=query, timeout=10)
    assert answer.json()["error"]["code"] == "unauthorized"


def test_only_an_owner_sees_and_retries_the_letters_that_were_given_up(cast):
    for method, path in (("GET", "/outbox"), ("POST", "/outbox/1/retry")):
        assert cast.manager.http(method, path).json()["error"]["code"] == "forbidden"
    assert cast.owner.http("GET", "/outbox").json()["letters"] == []
    assert cast.owner.http("POST", "/outbox/1/retry").json()["error"]["code"] == "not_found"


def test_a_guest_cannot_act_as_a_manager_on_either_transport(cast):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    over_http = guest.http("GET", f"/dialogs/{dialog['id']}")
    assert over_http.status_code == 404
    as_manager = requests.post(f"{cast.served.url}/api/manager/dialogs/{dialog['id']}/close", json={}, headers=guest.headers,
                               timeout=10)
    with guest.socket() as tab:
        over_socket = tab.call("close", {"dialog_id": dialog["id"]})
    assert as_manager.json()["error"]["code"] == over_socket["error"]["code"] == "unauthorized"
    assert guest.http("POST", "/dialogs", {}).json()["dialog"]["status"] == "open"


def test_a_manager_of_another_site_sees_nothing_of_this_one(cast):
    dialog = cast.guest().open("secret")["dialog"]
    for method, path in (("GET", ""), ("GET", "/messages"), ("GET", "/sync"), ("POST", "/takeover"), ("POST", "/close")):
        answer = cast.other_manager.http(method, f"/dialogs/{dialog['id']}{path}")
        assert answer.json()["error"]["code"] == "not_found"
    listed = cast.other_manager.http("GET", "/dialogs", params={"view": "all"}).json()["dialogs"]
    assert dialog["id"] not in [row["id"] for row in listed]
    assert cast.other_manager.http("GET", "/dialogs", params={"site_id": cast.site["id"]}).json()["error"]["code"] == "not_found"
    with cast.other_manager.socket() as elsewhere, cast.owner.socket() as everywhere:
        guest = cast.guest()
        guest.open("also secret")
        until(lambda: everywhere.events("message"))
        assert elsewhere.received == []


def test_a_managers_cookie_makes_no_manager_of_a_guests_request(cast):
    guest = cast.guest()
    dialog = cast.guest().open()["dialog"]
    answer = guest.http("GET", f"/dialogs/{dialog['id']}/messages", headers={"Cookie": cast.owner.cookie})
    assert answer.json()["error"]["code"] == "not_found"
    with Socket(cast.served, guest.auth, headers={"Cookie": cast.owner.cookie}) as tab:
        assert tab.call("message_list", {"dialog_id": dialog["id"]})["error"]["code"] == "not_found"
        assert tab.call("dialog_list", {})["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("origin", ["http://evil.example", "http://sibling.127.0.0.1", "http://127.0.0.1:1", "null", None])
def test_a_managers_cookie_counts_only_beside_replyxs_own_origin(cast, origin):
    headers = {"Cookie": cast.owner.cookie, **({"Origin": origin} if origin else {})}
    dialog = cast.guest().open()["dialog"]
    answer = requests.post(f"{cast.served.url}/api/manager/dialogs/{dialog['id']}/close", json={}, headers=headers, timeout=10)
    assert answer.json()["error"]["code"] == "forbidden_origin"
    assert _refused_connect(cast, {"as": "manager"}, headers)["code"] == "forbidden_origin"


@pytest.mark.parametrize("headers, status", [
    ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Replyx-Console": "1"}, 200), ({"Replyx-Console": "1", "Sec-Fetch-Site": "same-site"}, 403),
    ({"Replyx-Console": "1", "Origin": "http://sibling.127.0.0.1"}, 403),
])
def test_a_get_may_show_itself_as_our_own_pages(cast, headers, status):
    headers = {"Cookie": cast.owner.cookie, **headers}
    assert requests.get(f"{cast.served.url}/api/manager/session", headers=headers, timeout=10).status_code == status


def test_no_preflight_allows_the_consoles_own_header(cast):
    headers = {"Origin": "http://sibling.127.0.0.1", "Access-Control-Request-Headers": "replyx-console"}
    answer = requests.options(f"{cast.served.url}/api/manager/session", headers=headers, timeout=10)
    assert "replyx-console" not in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_form_of_another_site_is_not_read(cast):
    answer = cast.owner.session.post(f"{cast.served.url}/api/manager/session", data="{}", timeout=10,
                                     headers={"Content-Type": "text/plain"})
    assert answer.json()["error"]["code"] == "invalid"


def test_an_api_key_is_a_manager_on_both_transports_until_it_is_revoked(cast):
    key = cast.served.command("apikey", "add", "bot", "--site", cast.site["id"], "--json")
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    bearer = {"Authorization": f"Bearer {key['key']}"}
    url = f"{cast.served.url}/api/manager/dialogs/{dialog['id']}"
    assert requests.get(url, headers=bearer, timeout=10).json()["dialog"]["id"] == dialog["id"]
    elsewhere = Guest(cast, site=cast.other_site).open()["dialog"]
    with Socket(cast.served, {"api_key": key["key"]}) as bot:
        assert bot.call("message_post", {"dialog_id": dialog["id"], "text": "beep"})["message"]["author"]["name"] == "bot"
        assert bot.call("dialog_get", {"dialog_id": elsewhere["id"]})["error"]["code"] == "not_found"
        cast.served.command("apikey", "revoke", key["id"])
        until(lambda: not bot.connected, 2.5, "the bot's disconnect")
    assert requests.get(url, headers=bearer, timeout=10).json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("path", ["/session", "/setup"])
def test_another_sites_page_may_not_even_try_a_password(cast, path):
    body = {"email": cast.owner.email, "password": PASSWORD}
    answer = requests.post(f"{cast.served.url}/api/manager{path}", json=body, timeout=10,
                           headers={"Origin": "http://evil.example"})
    assert answer.json()["error"]["code"] == "forbidden_origin"


def test_signing_in_tells_nothing_about_who_has_an_account(cast):
    def answer(email, password):
        return requests.post(f"{cast.served.url}/api/manager/session", json={"email": email, "password": password}, timeout=10)
    wrong, unknown = answer(cast.owner.email, "wrong password"), answer("nobody@shop.example", "wrong password")
    assert wrong.status_code == unknown.status_code == 401 and wrong.json() == unknown.json()


def test_signing_out_ends_the_session_and_its_sockets(cast):
    cast.colleague.sign_in()
    with cast.colleague.socket() as desk:
        assert cast.colleague.http("DELETE", "/session").json() == {"ok": True}
        until(lambda: not desk.connected, 2, "the desk's disconnect")
    assert cast.colleague.http("GET", "/session").status_code == 401
    cast.colleague.sign_in()


def test_what_another_sites_page_fetches_without_cors_comes_from_nobodys_page(cast):
    """Else it could use up its visitor's share of the limits with guests that it makes up."""
    def codes(**headers):
        return cast.guest().http("GET", "/dialogs", headers=headers).status_code
    assert codes(**{"Sec-Fetch-Site": "cross-site"}) == 403
    assert codes() == codes(**{"Sec-Fetch-Site": "same-origin"}) == codes(**{"Sec-Fetch-Site": "none"}) == 200
    assert codes(**{"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example"}) == 200

"""What no longer counts is out within two seconds, even while it only listens."""
import time

import pytest
import socketio

from tests.served import until

SECONDS = 2.0


@pytest.fixture
def listening(cast):
    """Open a socket, take something away by the command line, and see the socket go in time."""
    def check(open_socket, *command):
        with open_socket() as listener:
            cast.served.command(*command)
            began = time.monotonic()
            until(lambda: not listener.connected, 5, "the disconnect")
            assert time.monotonic() - began < SECONDS
    return check


def test_a_rotated_token(cast, listening):
    guest = cast.guest(site=cast.other_site)
    listening(guest.socket, "site", "rotate-token", cast.other_site["id"], "--now")
    assert guest.http("POST", "/dialogs", {}).json()["error"]["code"] == "unauthorized"


def test_an_old_token_counts_for_a_day_unless_told_otherwise(cast):
    site = cast.served.command("site", "add", "Blog", "--domain", "blog.example", "--json")
    guest = cast.guest(site=site)
    dialog = guest.open()["dialog"]
    rotated = cast.served.command("site", "rotate-token", site["id"], "--json")
    assert rotated["site_token"] != site["site_token"]
    assert guest.http("POST", "/dialogs", {}).json()["dialog"]["id"] == dialog["id"]
    guest.site = rotated
    assert guest.http("POST", "/dialogs", {}).json()["dialog"]["id"] == dialog["id"]


def test_a_disabled_manager(cast, listening):
    listening(cast.colleague.socket, "manager", "disable", cast.colleague.email)
    assert cast.colleague.http("GET", "/session").status_code == 401


def test_a_new_password_ends_every_session_of_its_manager(cast):
    with cast.owner.socket() as bystander, cast.manager.socket() as desk:
        cast.served.command("manager", "set-password", cast.manager.email, "--password-stdin", stdin="another good password")
        until(lambda: not desk.connected, SECONDS, "the disconnect")
        assert bystander.call("session_get", {})["ok"]
    assert cast.manager.http("GET", "/session").status_code == 401


def test_a_socket_is_checked_again_at_each_event(cast):
    site = cast.served.command("site", "add", "Shed", "--domain", "shed.example", "--json")
    guest = cast.guest(site=site)
    dialog = guest.open()["dialog"]
    with guest.socket() as tab:
        cast.served.command("site", "rotate-token", site["id"], "--now")

        def refused():
            try:
                return tab.call("sync", {"dialog_id": dialog["id"]}).get("error", {}).get("code")
            except (socketio.exceptions.TimeoutError, socketio.exceptions.BadNamespaceError):
                return "disconnected meanwhile"
        assert until(refused, 12) in ("unauthorized", "disconnected meanwhile")

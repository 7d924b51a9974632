"""How messages fared: what is counted, reported by pages, kept over a stop, and shown to whom."""
import sqlite3
import subprocess
import uuid
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from replyx import clock, config, create_app, database, delivery_store, sites
from replyx.extensions import db, writer
from replyx.tally import FLUSH_SECONDS, KEEP_DAYS, Tally, first_day
from tests.cast import Guest
from tests.conftest import find
from tests.served import Served, until


def delivery(manager, **query):
    """What a manager sees, by the site's id."""
    answer = manager.http("GET", "/delivery", params=query).json()
    return {row["site"]["id"]: row for row in answer["sites"]}


def shown(manager, site, **expected):
    """Wait until the site's counts of today hold the expected ones."""
    def fits():
        row = delivery(manager)[site["id"]]
        return expected.items() <= {**row, "refused": codes(row["refused"]), "failed": codes(row["failed"])}.items()
    until(fits, FLUSH_SECONDS + 5, f"{expected} of {delivery(manager)}")


def codes(reasons):
    return {(reason["transport"], reason["code"]): reason["count"] for reason in reasons}


def test_messages_are_counted_by_transport_and_outcome(cast):
    """Guests' and managers' alike; a refusal that needs no message is none."""
    guest, site = cast.guest(site=cast.other_site), cast.other_site
    dialog_id, first = guest.open()["dialog"]["id"], str(uuid.uuid4())
    path = f"/dialogs/{dialog_id}/messages"
    with guest.socket() as tab:
        line = {"dialog_id": dialog_id, "text": "twice", "client_id": first}
        assert tab.call("message_post", line)["ok"] and tab.call("message_post", line)["duplicate"]
        assert tab.call("message_post", {**line, "text": ""})["error"]["code"] == "invalid"
        assert tab.call("typing", {"dialog_id": dialog_id})["error"]["code"] == "invalid"
        assert tab.call("dialog_open", {"text": "no message"})["error"]["code"] == "invalid"
        assert tab.call("dialog_open", {"message": {}})["error"]["code"] == "invalid"
    assert guest.http("POST", path, {"text": "twice", "client_id": first}).json()["duplicate"]
    assert cast.guest(site=site).http("POST", path, {"text": "not mine"}).status_code == 404
    assert cast.other_manager.http("POST", path, {"text": "from the desk"}).status_code == 201
    shown(cast.other_manager, site, socket=1, http=2, duplicates=2, retried=0, failed={},
          refused={("socket", "invalid"): 2, ("http", "not_found"): 1})


def test_a_page_reports_what_only_it_can_know(cast):
    guest, site = cast.guest(), cast.site
    dialog = guest.open()["dialog"]
    report = {"failures": [{"transport": "http", "code": "unreachable", "count": 3},
                           {"transport": "socket", "code": "no_ack", "count": 1}], "retried": 2}
    assert guest.http("POST", f"/dialogs/{dialog['id']}/report", report).json() == {"ok": True}
    with cast.manager.socket() as desk:
        assert desk.call("delivery_report", {"dialog_id": dialog["id"], **report}) == {"ok": True}
    shown(cast.manager, site, retried=4, failed={("http", "unreachable"): 6, ("socket", "no_ack"): 2})
    assert set(delivery(cast.manager)) == {site["id"]}
    assert set(delivery(cast.owner)) == {site["id"], cast.other_site["id"]}
    assert delivery(cast.owner)[cast.other_site["id"]]["retried"] == 0


@pytest.mark.parametrize("payload", [
    {"failures": [{"transport": "http", "code": "unreachable", "count": 0}]},
    {"failures": [{"transport": "http", "code": "unreachable", "count": 1001}]},
    {"failures": [{"transport": "http", "code": "unreachable", "count": True}]},
    {"failures": [{"transport": "pigeon", "code": "unreachable", "count": 1}]},
    {"failures": [{"transport": "http", "code": "a secret", "count": 1}]},
    {"failures": [{"transport": "http", "code": "unreachable", "count": 1}] * 7},
    {"failures": [{"transport": "http", "code": "unreachable", "count": 1, "text": "hi"}]},
    {"retried": -1}, {"retried": 10**6}, {"site_id": 1},
])
def test_a_report_is_bounded(cast, payload):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    assert guest.http("POST", f"/dialogs/{dialog['id']}/report", payload).json()["error"]["code"] == "invalid"


def test_nobody_reports_for_a_strangers_dialog_nor_sees_a_foreign_sites_counts(cast):
    dialog = cast.guest().open()["dialog"]
    path = f"/dialogs/{dialog['id']}/report"
    for stranger in (cast.guest(), cast.guest(site=cast.other_site), cast.other_manager):
        assert stranger.http("POST", path, {"retried": 1}).json()["error"]["code"] == "not_found"
    with cast.guest().socket() as tab:
        assert tab.call("delivery_list", {})["error"]["code"] == "unauthorized"
    for days in (0, 91, "x"):
        assert cast.manager.http("GET", "/delivery", params={"days": days}).json()["error"]["code"] == "invalid"


def test_a_stop_writes_what_was_counted(tmp_path):
    with Served(tmp_path, REPLYX_RATE_LIMITS="off") as server:
        site = server.command("site", "add", "Shop", "--domain", "shop.example", "--json")
        guest = Guest(SimpleNamespace(served=server), site=site)
        dialog_id = guest.open()["dialog"]["id"]
        with guest.socket() as tab:
            for number in range(30):
                tab.call("message_post", {"dialog_id": dialog_id, "text": f"line {number}"})
            assert server.stop() == 0
    with closing(sqlite3.connect(tmp_path / "replyx.db")) as file:
        counted = file.execute("SELECT transport, outcome, code, sum(count) FROM delivery GROUP BY transport").fetchall()
    assert counted == [("http", "stored", "", 1), ("socket", "stored", "", 30)]


@pytest.fixture
def site_id(tmp_path):
    """A site in an app of the test's own, whose writer runs."""
    app = create_app(config.load({"REPLYX_INSTANCE": str(tmp_path)}))
    yield sites.add_site("Shop", ["shop.example"])["id"]
    writer.stop()
    with app.app_context():
        db.engine.dispose()


def summed(since):
    return [(row["site_id"], row["transport"], row["outcome"], row["code"], row["count"])
            for row in delivery_store.counts(database.reader, None, since)]


def test_counts_add_up_and_wait_for_a_database_that_takes_no_writes(site_id, tmp_path):
    tally, today = Tally(), first_day(1)
    tally.add(site_id, "http", "stored")
    tally.flush()
    writer.stop()
    tally.add(site_id, "http", "stored", count=2)
    tally.flush()
    tally.stop()
    writer.start(database.path(tmp_path))
    tally.add(site_id, "http", "refused", "rate_limited")
    tally.add(site_id + 1, "http", "stored")
    tally.stop()
    assert summed(today) == [(site_id, "http", "stored", "", 3), (site_id, "http", "refused", "rate_limited", 1)]


def test_what_is_older_than_ninety_days_goes(site_id, monkeypatch):
    tally, days = Tally(), []
    for age in (KEEP_DAYS, KEEP_DAYS - 1, 0):
        days.append(clock.now(-age * 24 * 3600)[:10])
        writer.submit(lambda tx: delivery_store.add(tx, days[-1], site_id, "socket", "stored", "", 1))
    tally.add(site_id, "socket", "stored")
    tally.flush()
    assert database.reader.all("SELECT day, count FROM delivery ORDER BY day") == [
        {"day": days[1], "count": 1}, {"day": days[2], "count": 2}]
    assert summed(first_day(KEEP_DAYS))[0][-1] == 3 and summed(first_day(1))[0][-1] == 2


@pytest.mark.node
def test_a_page_counts_messages_and_reports_them_now_and_then():
    done = subprocess.run([find("node"), Path(__file__).parent / "node" / "diagnostics.mjs"], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 0, done.stderr

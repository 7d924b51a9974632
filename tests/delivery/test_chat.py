"""The widget's chat: what it hears of only by asking, where no WebSocket gets through; and what has waited for too long."""
import json
import subprocess
import uuid
from contextlib import contextmanager

import pytest

from tests.conftest import find
from tests.delivery import proxy
from tests.delivery.storm import CLIENTS
from tests.served import until

pytestmark = pytest.mark.node


KEPT = CLIENTS.with_name("kept.mjs")


@contextmanager
def watching(guest, url, out):
    """The guest's chat in Node; gives a function for the texts that it shows last."""
    with open(out, "wb") as file:
        chat = subprocess.Popen([find("node"), CLIENTS.with_name("watch.mjs"), url, json.dumps(guest.name), guest.guest_id],
                                stdout=file)
    try:
        yield lambda: json.loads((out.read_text().splitlines() or ["[]"])[-1])
    finally:
        chat.kill()
        chat.wait()


def test_a_dialog_that_another_tab_began_after_a_closed_one(monkeypatch, served, cast, tmp_path):
    monkeypatch.setitem(proxy.WEATHERS, proxy.CALM, {"refuse_websocket": 1})
    guest = cast.guest()
    first = guest.open("the first dialog")["dialog"]
    with proxy.Proxy(served.port, seed=1) as way, watching(guest, way.url, tmp_path / "out") as texts:
        until(lambda: texts() == ["the first dialog"])
        cast.manager.http("POST", f"/dialogs/{first['id']}/close")
        assert guest.open("the second dialog")["dialog"]["id"] != first["id"]
        until(lambda: texts() == ["the second dialog"])


def test_a_line_goes_without_the_files_that_are_gone(cast, served):
    """As after days offline: the server deletes files that no message has named."""
    guest = cast.guest()
    there = guest.upload(b"a", "there.txt").json()["file"]
    gone = {**there, "id": str(uuid.uuid4()), "name": "gone.txt"}
    lines = [("both", [gone, there]), ("gone alone", [gone]), ("", [gone]), ("none", [])]
    entries = [{"client_id": str(uuid.uuid4()), "text": text, "at": at, "more": {"attachments": files}}
               for at, (text, files) in enumerate(lines)]
    run = subprocess.run([find("node"), KEPT, served.url, json.dumps(guest.name), guest.guest_id, json.dumps(entries)],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert [(line["text"], [file["name"] for file in line["attachments"]]) for line in seen["lines"]] == [
        ("both", ["there.txt"]), ("gone alone", []), ("none", [])]
    assert {line["client_id"] for line in seen["lines"]} == {entry["client_id"] for entry in entries if entry["text"]}
    # Each of the three says what did not go, and a reload finds it so.
    assert [(entry["text"], entry["state"], entry["reason"]) for entry in seen["left"]] == [("", "failed", "files_gone")] * 3
    name = {"id": gone["id"], "name": "gone.txt", "size": 1, "type": ""}
    assert all(entry["more"]["attachments"] == [name] for entry in seen["left"])
    assert seen["again"] == seen["left"]

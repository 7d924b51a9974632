"""The widget's chat where no WebSocket gets through: what it hears of only by asking."""
import json
import subprocess
from contextlib import contextmanager

import pytest

from tests.conftest import find
from tests.delivery import proxy
from tests.delivery.storm import CLIENTS
from tests.served import until

pytestmark = pytest.mark.node


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

"""One whole conversation of a guest and a manager, by hand, in each browser that is installed: `make browsers`."""
import os
import shutil

import pytest

from tests.browsers import firefox, webkit
from tests.browsers.hands import ENTER, Hands, named
from tests.cast import PASSWORD, Cast
from tests.hostpage import HostPage
from tests.scenes import PICTURE
from tests.served import Served, free_port

BROWSERS = {"firefox": (firefox.PROGRAM, firefox.Firefox), "webkit": (webkit.PROGRAM, webkit.WebKit)}
LINES = "#log .text"


@pytest.fixture(params=BROWSERS)
def browser(request, tmp_path):
    """A fresh one. What it showed last is kept as `last.png` in the test's folder; a fault in its console fails the test."""
    program, engine = BROWSERS[request.param]
    if not shutil.which(program) and os.environ.get("CI") != "true":
        pytest.skip(f"{program} not installed")
    with engine(tmp_path / "profile") as made:
        yield made
        Hands(made).picture(tmp_path / "last.png")
        assert "\n".join(made.complaints()) == ""


@pytest.fixture
def served(tmp_path):
    port = free_port()
    with Served(tmp_path / "instance", port, REPLYX_URL=f"http://127.0.0.1:{port}") as server:
        yield server


def sign_in(manager, served, person):
    manager.open(f"{served.url}/console")
    manager.type(person.email, "[name=email]")
    manager.type(PASSWORD, "[name=password]")
    manager.press("Sign in")


def test_a_guest_and_a_manager_talk(browser, served, tmp_path):
    cast = Cast(served)
    guest = Hands(browser)
    with HostPage(cast.site["snippet"]) as shop:
        guest.open(shop.url)
        guest.click(named("Open chat"))
        with guest.inside():
            guest.find("#text")
            guest.keys(*"Where is my order?", ENTER)
            guest.says("Sent", "#log")
        manager = guest.another()
        sign_in(manager, served, cast.manager)
        manager.click(".row")
        manager.type("On its way.", ".composer textarea")
        manager.press("Send")
        with guest.inside():
            guest.reads(LINES, "Where is my order?", "On its way.")
        guest.reload()
        with guest.inside():
            guest.reads(LINES, "Where is my order?", "On its way.")
            (tmp_path / "lamp.png").write_bytes(PICTURE["buffer"])
            guest.type(str(tmp_path / "lamp.png"), "input[type=file]")
            guest.find("#attached .done")
            guest.click(named("Send"))
        manager.find(".log .picture img")
        served.stop()
        with guest.inside():
            guest.says("No connection", "#state")
            guest.type("Are you there?", "#text")
            guest.click(named("Send"))
            guest.find("#log .waiting")
        served.start()
        with guest.inside():
            guest.reads(LINES, "Where is my order?", "On its way.", "", "Are you there?")
            guest.says("Read", "#log")
        manager.says("Are you there?", ".log")
    [dialog] = cast.manager.http("GET", "/dialogs").json()["dialogs"]
    stored = cast.manager.http("GET", f"/dialogs/{dialog['id']}/messages").json()["messages"]
    assert [line["text"] for line in stored if line["sender"] != "system"] == [
        "Where is my order?", "On its way.", "", "Are you there?"]

"""Guest and manager in one browser: on one origin neither acts as the other; from a sibling host nobody acts as the manager."""
import re

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, Cast
from tests.hostpage import HostPage, Widget
from tests.served import Served, free_port

pytestmark = pytest.mark.browser

SOCKET = """(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }) => {
    if (data.startsWith("0")) socket.send('40{"as":"manager"}');
    if (data.startsWith("4")) resolve(data);
  };
})"""
POST = """async ([url, mode]) => {
  try {
    const answer = await fetch(url, { method: "POST", mode, credentials: "include", body: "{}",
      headers: mode === "cors" ? { "Content-Type": "application/json" } : {} });
    return answer.type === "opaque" ? "opaque" : await answer.text();
  } catch (error) { return "blocked"; }
}"""
GET = """async (url) => {
  try { return await (await fetch(url, { credentials: "include", headers: { "Replyx-Console": "1" } })).text(); }
  catch (error) { return "blocked"; }
}"""


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """ReplyX at a name of its own over plain http, as on a network without certificates."""
    port = free_port()
    public = f"http://chat.shop.test:{port}"
    folder = tmp_path_factory.mktemp("named")
    with Served(folder, port, REPLYX_RATE_LIMITS="off", REPLYX_URL=public) as server:
        server.public = public
        yield server


@pytest.fixture(scope="module")
def named_cast(named):
    return Cast(named, origin=named.public)


def sign_in(page, url, email):
    page.goto(f"{url}/console")
    page.get_by_role("textbox", name="Email").fill(email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("list", name="Dialogs").wait_for()


@pytest.mark.parametrize("blocked", [False, True], ids=["WebSocket", "HTTP alone"])
def test_demo_and_console_on_one_origin(context, served, cast, blocked):
    served.command("site", "add", "Demo", "--domain", "localhost", "--domain", "127.0.0.1")
    if blocked:
        context.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    desk, page = context.new_page(), context.new_page()
    sign_in(desk, served.url, cast.owner.email)
    page.goto(f"{served.url}/demo")
    widget = Widget(page).open()
    text = f"one browser, {blocked}"
    widget.write(text)
    expect(widget.log).to_contain_text("Sent")
    expect(widget.log).not_to_contain_text("Olga")
    desk.bring_to_front()
    desk.get_by_role("list", name="Dialogs").get_by_text(text).click()
    desk.get_by_role("textbox", name="Reply").fill("A person answers")
    desk.get_by_role("button", name="Send").click()
    expect(widget.lines).to_have_text([text, "A person answers"])
    expect(widget.log).to_contain_text("Olga")
    expect(desk.get_by_role("log")).to_contain_text("A person answers")


def test_the_console_works_over_plain_http_on_a_name(context, named, named_cast):
    page = context.new_page()
    sign_in(page, named.public, named_cast.owner.email)
    page.reload()
    page.get_by_role("list", name="Dialogs").wait_for()


def test_a_sibling_host_cannot_use_the_managers_cookie(context, named, named_cast):
    guest = named_cast.guest()
    dialog = guest.open()["dialog"]
    sign_in(context.new_page(), named.public, named_cast.owner.email)
    with HostPage("") as host:
        page = context.new_page()
        page.goto(host.url.replace("localhost", "evil.shop.test"))
        over_socket = page.evaluate(SOCKET, f"{named.public}/socket.io/?EIO=4&transport=websocket".replace("http", "ws", 1))
        assert over_socket.startswith("44") and "forbidden_origin" in over_socket
        close = f"{named.public}/api/manager/dialogs/{dialog['id']}/close"
        assert page.evaluate(POST, [close, "cors"]) == "blocked"
        assert page.evaluate(POST, [close, "no-cors"]) == "opaque"
        assert page.evaluate(GET, f"{named.public}/api/manager/dialogs") == "blocked"
    assert guest.http("POST", "/dialogs", {}).json()["dialog"]["status"] == "open"

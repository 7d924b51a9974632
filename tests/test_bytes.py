"""What the chat weighs on a site's page: gates on the bytes that travel, gzipped, and on the number of requests."""
import pytest
import requests
from playwright.sync_api import expect

from tests.hostpage import Widget
from tests.served import until

LOADER = 2048
PANEL = 30 * 1024
PANEL_REQUESTS = 8


def test_the_loader_of_a_site_with_default_settings(cast, served):
    """Before anybody has touched the launcher, this is all."""
    answer = requests.get(f"{served.url}/replyx.js", params={"site_token": cast.site["site_token"]}, timeout=10, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.raw.read(decode_content=False)) <= LOADER


@pytest.mark.browser
def test_the_panel_until_it_can_be_used(context, served, host):
    """From the first touch of the launcher until the guest can write and is connected, as Chromium asks for it."""
    page, done = context.new_page(), []
    page.goto(host.url)
    launcher = page.get_by_role("button", name="Open chat")
    launcher.wait_for()
    page.on("requestfinished", lambda request: done.append(request) if request.url.startswith(served.url) else None)
    widget = Widget(page).open()
    expect(widget.text).to_be_focused()
    expect(widget.frame.locator("#state")).to_have_text("Connected")
    until(lambda: any("/frame.js" in request.url for request in done), page=page)
    sizes = {request.url.removeprefix(served.url).split("?")[0]: request.sizes()["responseBodySize"] for request in done}
    assert len(done) <= PANEL_REQUESTS, sizes
    assert sum(sizes.values()) <= PANEL, sizes

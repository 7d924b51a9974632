"""A manager's hands on the console in the real browser, by the names that a screen reader reads."""
from playwright.sync_api import expect


# As where a proxy or a firewall lets no WebSocket through: each attempt fails.
NO_WEBSOCKET = """
    const Real = WebSocket;
    window.WebSocket = class extends Real { constructor() { super("ws://127.0.0.1:9/"); } };
"""


def hold_session(context, person):
    for name, value in person.session.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": person.cast.served.url}])


def enter(page, person, url=None):
    """Enter the console with the session that the person has, connected or not yet."""
    hold_session(page.context, person)
    page.goto(url or f"{person.cast.served.url}/console")
    expect(dialogs(page)).to_be_visible()


def sign_in(page, person, place=""):
    """Enter the console with the session that the person has, at `#place`, and wait until it is connected."""
    hold_session(page.context, person)
    page.goto(f"{person.cast.served.url}/console{place and '#'}{place}")
    connected(page)


def connected(page):
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def fill(page, **fields):
    for name, value in fields.items():
        page.get_by_role("textbox", name=name.capitalize(), exact=True).fill(value)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def dialogs(page):
    return page.get_by_role("list", name="Dialogs")


def log(page):
    return page.get_by_role("log")


def open_dialog(page, text):
    """Choose the dialog whose last line this is."""
    dialogs(page).get_by_role("link").filter(has_text=text).click()
    expect(log(page)).to_contain_text(text)


def reply(page, text):
    page.get_by_role("textbox", name="Reply").fill(text)
    press(page, "Send")


def received(socket, text):
    return [event for event in socket.events("message") if event["message"]["text"] == text]


class Settings:
    """The pages "Site" of a site, as its owner uses them."""

    def __init__(self, page, cast, site=None):
        self.page, self.cast, self.site = page, cast, site or cast.site

    def go(self, tab):
        """Turn to a page. What is typed on another stays there."""
        self.page.goto(f"{self.cast.served.url}/console#/site/{self.site['id']}/{tab}")
        expect(self.page.locator("form.settings")).to_be_visible()
        return self

    def fill(self, **texts):
        for name, text in texts.items():
            self.page.get_by_label(name, exact=True).and_(self.page.locator("input, textarea")).fill(str(text))

    def save(self):
        press(self.page, "Save")
        expect(self.page.get_by_text("Saved. Visitors see it")).to_be_visible()

    @property
    def stored(self):
        """What the server has."""
        return self.cast.owner.http("GET", f"/sites/{self.site['id']}").json()["site"]

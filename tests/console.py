"""A manager's hands on the console in the real browser, by the names that a screen reader reads."""
from playwright.sync_api import expect


def sign_in(page, person, place=""):
    """Enter the console with the session that the person has, at `#place`."""
    url = person.cast.served.url
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in person.session.cookies.items()])
    page.goto(f"{url}/console{place and '#'}{place}")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


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

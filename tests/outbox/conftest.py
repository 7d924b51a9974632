"""The fixtures of the outbox: the real database and a real SMTP server, with the clock in the test's hand."""
import shutil

import pytest

from replyx import accounts, clock, sites
from replyx.outbox import outbox
from tests.cast import PASSWORD
from tests.outbox.scene import URL, Clock, Scene, running
from tests.smtpd import MailServer


@pytest.fixture(scope="module")
def post():
    with MailServer() as server:
        yield server


@pytest.fixture
def time(monkeypatch):
    made = Clock()
    monkeypatch.setattr(clock, "seconds", made)
    return made


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """An instance with two sites, a manager of one, and an owner's key; and these."""
    folder = tmp_path_factory.mktemp("people")
    with running(folder):
        shop, club = sites.add_site("Shop", ["shop.example"]), sites.add_site("Club", ["club.example"])
        manager = accounts.add_manager("anna@shop.example", "Anna", "manager", PASSWORD, [shop["id"]])
        return {"folder": folder, "site": sites.describe(shop, URL), "other_site": sites.describe(club, URL),
                "manager": manager, "key": accounts.add_api_key("bot", "owner")["key"]}


@pytest.fixture
def app(tmp_path, people, post, time, monkeypatch):
    # The process has one outbox, and one that another test stopped sends nothing.
    monkeypatch.setattr(outbox, "_stops", False)
    post.mails.clear()
    post.refused.clear()
    shutil.copytree(people["folder"], tmp_path, dirs_exist_ok=True)
    with running(tmp_path, REPLYX_URL=URL, REPLYX_SMTP_URL=post.url, REPLYX_MAIL_FROM="Shop <chat@shop.example>") as made:
        yield made


@pytest.fixture
def scene(app, people, time):
    return Scene(app, people, time)

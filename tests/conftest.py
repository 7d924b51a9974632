"""The fixtures: an instance, a served process on it, and a fixed cast of people."""
import os
import random
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.cast import Cast
from tests.hostpage import HostPage
from tests.served import Served

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.test 127.0.0.1, MAP *.xn--p1ai 127.0.0.1"]
TOOLS = {"browser": ("chromium",), "compiler": ("cc",), "node": ("node", "npm"), "nginx": ("nginx", "openssl"),
         "openssl": ("openssl",)}


def pytest_configure():
    os.environ.setdefault("STORM_SEED", str(random.SystemRandom().randrange(2**31)))


def pytest_report_header():
    return f"STORM_SEED={os.environ['STORM_SEED']}"


def pytest_collection_modifyitems(items):
    _give_each_an_id_of_its_own(items)
    # A long file that begins last leaves the other worker without work: those with real programs are the long ones.
    long = {item.path for item in items if any(item.get_closest_marker(marker) for marker in TOOLS)}
    items.sort(key=lambda item: item.path not in long)
    _skip_what_is_not_installed(items)


def _give_each_an_id_of_its_own(items):
    """schemathesis tells the tests of an operation apart by name, of which pytest 9.2 makes no part of the id; with one id
    for many tests, the workers would take many for one, and leave them out."""
    for item in items:
        if "[" in item.name and "[" not in item.nodeid:
            item._id = item.parent.id.child(item.name)
    assert len({item.nodeid for item in items}) == len(items)


def _skip_what_is_not_installed(items):
    """Where a real program is missing, the tests that need it are skipped by name; CI lets none of them off."""
    for item in items:
        for marker, programs in TOOLS.items():
            missing = [program for program in programs if not find(program)]
            if item.get_closest_marker(marker) and missing and not _in_ci():
                item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} not installed"))


def find(program):
    return shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/usr/local/sbin")


def _in_ci():
    return os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of the module's own, in a process of its own, with the cast in it. Limits are off."""
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="off") as server:
        yield server


@pytest.fixture(scope="module")
def cast(served):
    return Cast(served)


@pytest.fixture(scope="session")
def browser():
    """The real Chromium, without its talks to hosts of its own; names under .test and .рф are this machine."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser):
    """A browser profile of the test's own; an error on any of its pages fails the test, and so does a message that a page and
    its frame could not exchange, of which the console alone hears."""
    errors = []
    profile = browser.new_context(locale="en-GB")
    profile.on("weberror", lambda error: errors.append(str(error.error)))
    profile.on("console", lambda line: errors.append(line.text) if "'postMessage'" in line.text else None)
    yield profile
    profile.close()
    assert not errors


@pytest.fixture(scope="module")
def host(cast):
    """A host page of another origin, with the real snippet."""
    with HostPage(cast.site["snippet"]) as page:
        yield page


@pytest.fixture
def page(context, host):
    made = context.new_page()
    made.goto(host.url)
    return made

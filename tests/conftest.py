"""The fixtures: an instance, a served process on it, and a fixed cast of people."""
import shutil

import pytest

from tests.cast import Cast
from tests.served import Served

TOOLS = {"browser": ("chromium",), "node": ("node", "npm"), "nginx": ("nginx",)}


def pytest_collection_modifyitems(items):
    """Where a real program is missing, the tests that need it are skipped by name; CI lets none of them off."""
    for item in items:
        for marker, programs in TOOLS.items():
            missing = [program for program in programs if not find(program)]
            if item.get_closest_marker(marker) and missing and not _in_ci():
                item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} not installed"))


def find(program):
    return shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/usr/local/sbin")


def _in_ci():
    import os
    return os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of the module's own, in a process of its own, with the cast in it. Limits are off."""
    with Served(tmp_path_factory.mktemp("instance"), REPLYX_RATE_LIMITS="off") as server:
        yield server


@pytest.fixture(scope="module")
def cast(served):
    return Cast(served)

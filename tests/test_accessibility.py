"""Nothing that axe-core knows of stands in the way of a screen reader or a keyboard, in any state of widget and console."""
import pytest

from tests import scenes
from tests.axe import violations
from tests.shop import Shop, serve

pytestmark = pytest.mark.browser
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("instance")) as served:
        yield Shop(served)


@pytest.fixture
def examined(browser, shop):
    """Go through walks in a browser like this; what axe found, by state."""
    def examine(*walks, **options):
        context = browser.new_context(locale="en-GB", reduced_motion="reduce", **options)
        page = context.new_page()
        found = {state: violations(page) for walk in walks for state in walk(page, shop)}
        context.close()
        return {state: found for state, found in found.items() if found}
    return examine


def test_a_conversation_in_the_light(examined):
    assert examined(scenes.talk, scenes.forms, **DESKTOP) == {}


def test_a_conversation_in_the_dark_from_right_to_left_on_a_phone(examined):
    def arabic(page, shop):
        return scenes.talk(page, shop, "متجر")
    assert examined(arabic, scenes.forms, scenes.full_page, color_scheme="dark", **PHONE) == {}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_console(examined, size):
    assert examined(scenes.entrance, scenes.desk, **size) == {}

"""Every state of the widget and the console at the sizes of phones, tablets and desktops, in the light and the dark, laid out
on the sheets of docs/screens; and docs/screenshot.png. With a folder as its argument, each screenshot goes there too, whole."""
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import expect, sync_playwright

from replyx.config import ROOT
from tests import scenes
from tests.conftest import CHROMIUM, find
from tests.console import sign_in
from tests.shop import Shop, serve

DOCS = ROOT / "docs"
SIZES = (360, 640), (390, 844), (768, 1024), (1440, 900)
CONSOLE_SIZES = (390, 844), (1440, 900)
PHONE_WIDTH = 480
# On large screens the chat stands in a corner: this much of it is shown.
CORNER = 460, 720
WHOLE = "a page of its own"
GROUND = "#c9d1dc"
GAP, CAPTION, MARGIN = 16, 26, 24


def arabic(page, shop):
    """The states in which most is laid out."""
    shown = "greeting", "conversation", "menu", "not sent", "rating"
    return (f"{state}, Arabic" if state in shown else "" for state in scenes.talk(page, shop, "متجر"))


WIDGET = scenes.talk, scenes.forms, scenes.full_page, arabic
CONSOLE = scenes.entrance, scenes.desk


def shoot(browser, shop, walks, size, scheme):
    """(state, picture) one after the other."""
    is_phone = size[0] < PHONE_WIDTH
    context = browser.new_context(viewport=dict(zip(("width", "height"), size)), color_scheme=scheme, locale="en-GB",
                                  reduced_motion="reduce", is_mobile=is_phone, has_touch=is_phone)
    page = context.new_page()
    for walk in walks:
        for state in walk(page, shop):
            if state:
                yield state, Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()


def cropped(state, picture):
    """The corner with the chat, where the rest of the screen is the host page."""
    width, height = picture.size
    if width < PHONE_WIDTH or state == WHOLE:
        return picture
    return picture.crop((width - CORNER[0], height - CORNER[1], width, height))


def sheet(title, pictures, columns, width):
    """The pictures, as {caption: picture} of one size, on one image; `width` is that of each."""
    height = max(round(picture.height * width / picture.width) for picture in pictures.values())
    rows = -(-len(pictures) // columns)
    size = 2 * MARGIN + columns * (width + GAP) - GAP, MARGIN + 44 + rows * (height + CAPTION + GAP)
    whole = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(whole)
    draw.text((MARGIN, MARGIN - 4), title, "#10151c", ImageFont.load_default(22))
    for at, (caption, picture) in enumerate(pictures.items()):
        left, top = MARGIN + at % columns * (width + GAP), MARGIN + 36 + at // columns * (height + CAPTION + GAP)
        draw.text((left, top), caption, "#10151c", ImageFont.load_default(15))
        small = picture.resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)
        whole.paste(small, (left, top + CAPTION - 4))
    return whole


class Album:
    """All pictures of one size, and where they go."""

    def __init__(self, name, size, folder):
        self.name, self.size, self.folder, self.pictures = name, "x".join(map(str, size)), folder, {}

    def add(self, state, scheme, picture, crop):
        if self.folder:
            picture.save(self.folder / f"{self.name} {self.size} {scheme} {state.replace(':', '')}.png")
        self.pictures[f"{state}, {scheme}"] = crop(state, picture)

    def save(self, columns, width):
        whole = sheet(f"{self.name}, {self.size}", self.pictures, columns, width)
        whole.save(DOCS / "screens" / f"{self.name.lower()}-{self.size}.webp", quality=55, method=6)


def both_sides(browser, shop):
    """A conversation, as the visitor has it and as a manager does."""
    guests, managers = (browser.new_page(locale="en-GB", viewport={"width": width, "height": 760}) for width in (700, 900))
    walk = scenes.talk(guests, shop)
    while next(walk) != "conversation":
        pass
    sign_in(managers, shop.cast.owner)
    managers.locator(".row").first.click()
    expect(managers.locator(".log .picture img")).to_be_visible()
    left, right = (Image.open(io.BytesIO(page.screenshot())).convert("RGB") for page in (guests, managers))
    whole = Image.new("RGB", (left.width + GAP + right.width, left.height), GROUND)
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    whole.quantize(256).save(DOCS / "screenshot.png", optimize=True)
    walk.close()


def main(folder=None):
    folder = folder and Path(folder)
    (DOCS / "screens").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as instance, serve(instance) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=CHROMIUM)
        shop = Shop(served)
        both_sides(browser, shop)
        for size in SIZES:
            album = Album("Widget", size, folder)
            for scheme in "light", "dark":
                for state, picture in shoot(browser, shop, WIDGET, size, scheme):
                    album.add(state, scheme, picture, cropped)
            album.save(9, 200)
        for size in CONSOLE_SIZES:
            album = Album("Console", size, folder)
            for state, picture in shoot(browser, shop, CONSOLE, size, "light"):
                album.add(state, "light", picture, lambda _, picture: picture)
            album.save(7 if size[0] < PHONE_WIDTH else 3, 200 if size[0] < PHONE_WIDTH else 560)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

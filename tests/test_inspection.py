"""What a file is, by its bytes: the kinds taken and refused, what a name becomes, and the child process that looks."""
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from PIL import Image

from replyx import inspection
from replyx.errors import Invalid, RateLimited
from replyx.files import clean_name
from replyx.inspection import kinds
from replyx.inspection.turns import Turns
from tests import samples
from tests.served import until

JPEG, TEXT = "image/jpeg", "text/plain"


@pytest.mark.parametrize("name", samples.taken())
def test_a_kind_is_known_by_its_bytes(tmp_path, name):
    body, kind = samples.taken()[name]
    (tmp_path / "file").write_bytes(body)
    assert kinds.judge(tmp_path / "file") == kind
    assert f".{name.rpartition('.')[2]}" in kinds.KINDS[kind]
    assert clean_name(name, kind) == name


@pytest.mark.parametrize("name", samples.refused())
def test_what_is_not_listed_is_refused(tmp_path, name):
    (tmp_path / "file").write_bytes(samples.refused()[name])
    assert kinds.judge(tmp_path / "file") is None


def test_text_is_judged_to_its_end(tmp_path):
    for end, kind in ((b"", TEXT), (b"\xff", None), ("я".encode()[:1], None), (b"\0", None)):
        # A character that two pieces share.
        (tmp_path / "file").write_bytes(b"a" * (kinds.PIECE - 1) + "я".encode() + b"a" * kinds.PIECE + end)
        assert kinds.judge(tmp_path / "file") == kind


@pytest.mark.parametrize("given, kind, kept", [
    ("photo.jpg", JPEG, "photo.jpg"), ("photo.JPEG", JPEG, "photo.JPEG"), ("photo.png", JPEG, "photo.jpg"),
    ("photo", JPEG, "photo.jpg"),
    ("../../etc/passwd", TEXT, "passwd.txt"), ("C:\\Users\\me\\a.txt", TEXT, "a.txt"), ("a\u202egpj.exe", JPEG, "agpj.exe.jpg"),
    ("evil.html", TEXT, "evil.html.txt"), ("x.exe", "application/zip", "x.exe.zip"), ("a\r\nX: y\0.txt", TEXT, "a X_ y.txt"),
    ('"q\'.txt', TEXT, "_q'.txt"), ("..", TEXT, "file.txt"), (" . ", TEXT, "file.txt"), (".txt", TEXT, "txt.txt"),
    ("e\u0301.txt", TEXT, "\u00e9.txt"), ("отчёт.csv", TEXT, "отчёт.csv"), ("a" * 300 + ".txt", TEXT, "a" * 196 + ".txt"),
    ("\u200b\ufeff", TEXT, "file.txt"), ("a.tar.gz", "application/zip", "a.tar.gz.zip"), ("a\ud800.txt", TEXT, "a.txt"),
])
def test_a_name_is_cleaned(given, kind, kept):
    assert clean_name(given, kind) == kept


@pytest.fixture
def look(tmp_path):
    def run(body, how="file"):
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(body)
        target.unlink(missing_ok=True)
        return inspection.look(source, target, inspection.turn_for(body[:16], "10.0.0.1", False), how), target
    return run


def test_a_photo_is_drawn_upright_smaller_and_without_its_metadata(look):
    body = samples.photo()
    found, target = look(body)
    made = target.read_bytes()
    assert found == inspection.Found("image/jpeg", 1280, 2560)
    # Long enough that noise does not have them by chance.
    assert b"Secret" in body and not any(word in made for word in (b"Secret", b"Exif\0\0", b"xmpmeta"))
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == (1280, 2560) and not image.getexif()


def test_what_is_hidden_behind_an_image_stays_behind(look):
    for format in ("JPEG", "PNG", "GIF", "WEBP"):
        _, target = look(samples.image(format, mode="P" if format == "GIF" else "RGB") + b"<script>alert(1)</script>")
        assert b"<script>" not in target.read_bytes()


@pytest.mark.parametrize("format, mode, kind", [
    ("PNG", "RGBA", "image/png"), ("PNG", "LA", "image/png"), ("PNG", "I;16", "image/png"), ("GIF", "P", "image/png"),
    ("WEBP", "RGBA", "image/webp"), ("JPEG", "CMYK", "image/jpeg"), ("JPEG", "L", "image/jpeg")])
def test_every_way_of_colour_is_drawn(look, format, mode, kind):
    found, target = look(samples.image(format, mode=mode))
    with Image.open(target) as image:
        assert (found.type, found.width, found.height) == (kind, *image.size) == (kind, 40, 30)
        assert image.has_transparency_data is (mode in ("RGBA", "LA"))


def test_what_cannot_be_drawn_is_refused_in_time(look):
    for name, body in samples.broken_images().items():
        with pytest.raises(Invalid, match="over 50 megapixels" if name == "a bomb" else "can't be read"):
            look(body)


@pytest.mark.parametrize("format, mode, size, said", [
    ("PNG", "LA", (8160, 6120), None), ("PNG", "LA", (8200, 6120), "over 50 megapixels"),
    ("WEBP", "RGBA", (6000, 5000), None), ("WEBP", "RGBA", (6000, 5001), "over 30 as a WebP")])
def test_an_image_of_the_most_pixels_that_are_said_is_drawn(look, format, mode, size, said):
    """Those whose decoders need the most memory, on their sides: to turn them takes no more."""
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new(mode, size, 3).save(made, format, exif=exif, lossless=True, method=0, compress_level=1)
    with pytest.raises(Invalid, match=said) if said else nullcontext():
        found, _ = look(made.getvalue())
        assert (found.width, found.height) == (round(2560 * size[1] / size[0]), 2560)


def test_an_avatar_is_a_small_square_of_an_image_and_nothing_else(look):
    found, target = look(samples.photo(), "avatar")
    with Image.open(target) as image:
        assert (found.type, image.format, image.size) == ("image/webp", "WEBP", (128, 128))
    with pytest.raises(Invalid, match="not taken"):
        look(b"hello", "avatar")


def test_a_child_that_overcomes_its_bounds_is_ended(look, monkeypatch):
    monkeypatch.setattr(inspection, "CHILD_SECONDS", 0.01)
    with pytest.raises(Invalid, match="can't be read"):
        look(samples.image("JPEG"))


def test_a_photo_with_a_film_behind_it_is_drawn_whatever_bytes_that_has(look):
    found, _ = look(samples.scans(100, behind=b"\xff\xda" * 500))
    assert (found.width, found.height) == (400, 300)


class Line:
    """Threads that ask for a turn and keep it until they are let go."""

    def __init__(self, turns):
        self.turns, self.has, self._go, self._pool = turns, [], threading.Event(), ThreadPoolExecutor(9)

    def ask(self, address):
        before = self.waiting() + len(self.has)
        self._pool.submit(self._keep, address)
        until(lambda: self.waiting() + len(self.has) > before)

    def waiting(self):
        return len(self.turns._waiting)

    def _keep(self, address):
        with self.turns.turn(address):
            self.has.append(address)
            self._go.wait(10)

    def end_each(self):
        """Let each go as soon as it has its turn."""
        self._go.set()

    def end(self):
        self._go.set()
        self._pool.shutdown()


def test_an_address_has_one_turn_at_a_time_whatever_it_sends():
    line = Line(Turns(2))
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3"):
        line.ask(address)
    until(lambda: len(line.has) == 2)
    assert line.has == ["10.0.0.1", "10.0.0.2"] and line.waiting() == 3
    line.end()
    assert sorted(line.has) == ["10.0.0.1"] * 3 + ["10.0.0.2", "10.0.0.3"] and not line.turns._busy and not line.waiting()


def test_an_address_that_sends_much_leaves_others_every_second_turn():
    line = Line(Turns(1))
    with line.turns.turn("10.0.0.9"):
        for address in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3"):
            line.ask(address)
        line.end_each()
    line.end()
    assert line.has == ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.3", "10.0.0.1"]


def test_who_waits_too_long_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr("replyx.inspection.turns.TURN_SECONDS", 0.01)
    turns = Turns(2)
    with turns.turn("10.0.0.1"), pytest.raises(RateLimited), turns.turn("10.0.0.1"):
        pass
    with turns.turn("10.0.0.1"), turns.turn("10.0.0.2"), pytest.raises(RateLimited), turns.turn("10.0.0.3"):
        pass
    with turns.turn("10.0.0.1"), turns.turn("10.0.0.3"):
        assert not turns._waiting


def test_what_needs_no_drawing_and_managers_wait_for_nobody_who_draws():
    with inspection.turn_for(b"\xff\xd8\xff\xe0", "10.0.0.1", False):
        for head in (b"hello", b"%PDF-", b"PK\x03\x04"):
            with inspection.turn_for(head, "10.0.0.1", False):
                pass
        with inspection.turn_for(b"\xff\xd8\xff\xe0", "10.0.0.1", True):
            pass

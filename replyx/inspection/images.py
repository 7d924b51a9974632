"""Images drawn anew: what comes out was made by our own encoder, upright, of a bounded size, without any metadata.

Only the child process imports this, with Pillow: the server never decodes what somebody sent.
"""
import io
import re
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

MOST_PIXELS = 50_000_000
# What decodes a WebP keeps three images of its size beside the one that it gives: more would not fit into the child's memory.
MOST_OF_WEBP = 30_000_000
LONGEST_SIDE = 2560
# Of a JPEG. A scan of a hundred bytes may cost the decoder as much as all pixels; cameras and editors make some ten
# (libjpeg-turbo's "Two Issues with the JPEG Standard").
MOST_SCANS = 100
# The next marker, after the data of a scan or what fills the place between two (ITU-T T.81, section B.1.1). Those that a decoder
# passes over in a scan's data alone are left out: they have no length there.
MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
AVATAR = (128, 128)
# A GIF becomes a PNG of its first frame: it has no more colours than that, and one frame needs no animation.
OUTPUT = {"JPEG": ("JPEG", "image/jpeg"), "PNG": ("PNG", "image/png"), "GIF": ("PNG", "image/png"),
          "WEBP": ("WEBP", "image/webp")}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class TooManyPixels(Exception):
    pass


def redraw(source, target, format):
    """Write the image anew; its type, width and height. Raises TooManyPixels, or anything for what can't be read as `format`."""
    image = _load(source, format, (LONGEST_SIDE, LONGEST_SIDE))
    output, kind = OUTPUT[format]
    image.save(target, output, quality=85)
    return kind, *image.size


def draw_avatar(source, target, format):
    """The middle of the image as a small square."""
    image = ImageOps.fit(_load(source, format, (AVATAR[0] * 4, AVATAR[1] * 4)), AVATAR)
    image.save(target, "WEBP", quality=85)
    return "image/webp", *image.size


def _load(source, format, size):
    if format == "JPEG" and _scans(source) > MOST_SCANS:
        raise ValueError("too many scans")
    with _open(source, format) as image:
        has_alpha = image.has_transparency_data
        profile = image.info.get("icc_profile")
        # A JPEG is decoded at a fraction of its size where that is enough.
        image.draft("RGB", size)
        image.load()
        # A copy of the full size may be 200 MB: what can wait comes when the image is small.
        if image.mode not in ("RGB", "RGBA", "LA", "CMYK") or (image.mode == "CMYK" and not profile):
            image = image.convert("RGBA" if has_alpha else "RGB")
        image.thumbnail(size, reducing_gap=2.0)
        ImageOps.exif_transpose(image, in_place=True)
        image = image.convert("RGBA") if image.mode == "LA" else image
        image = _in_srgb(image, profile)
        image.info.clear()
        return image


def _open(source, format):
    try:
        image = Image.open(source, formats=[format])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooManyPixels from None
    if image.width * image.height > (MOST_OF_WEBP if format == "WEBP" else MOST_PIXELS):
        raise TooManyPixels
    return image


def _scans(source):
    """How many scans a decoder would meet before the image's end. Scans of a thumbnail, or of a film behind it, are none."""
    data, place, count = Path(source).read_bytes(), 0, 0
    while found := MARKER.search(data, place):
        marker, place = found[1][0], found.end()
        if marker == END_OF_IMAGE:
            break
        count += marker == START_OF_SCAN
        if marker != START_OF_IMAGE:
            place += max(2, int.from_bytes(data[place:place + 2]))
    return count


def _in_srgb(image, profile):
    """The colours as the sender saw them: a phone's photo has a profile of its own, which goes with the metadata."""
    if profile:
        try:
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            return ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB") if image.mode == "CMYK" else image

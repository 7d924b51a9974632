"""Files of every kind that is taken, and hostile ones, made here."""
import io
import os
import struct
import zipfile
import zlib
from functools import cache

from PIL import Image

GPS = 0x8825


def image(format, size=(40, 30), mode="RGB", **options):
    made, drawn = io.BytesIO(), Image.effect_noise(size, 60).convert(mode)
    if mode in ("RGBA", "LA"):
        drawn.putalpha(128)
    drawn.save(made, format, **options)
    return made.getvalue()


def photo():
    """As from a phone: taller than wide only by its EXIF, which also says where it was taken; with a comment and XMP."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret maker"
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return image("JPEG", (3000, 1500), exif=exif, comment=b"Secret comment", xmp=b"<x:xmpmeta>Secret place</x:xmpmeta>")


def scans(count, behind=b""):
    """A JPEG whose last scan, of few bytes for however many pixels, comes so often in all; with something behind its end."""
    whole = image("JPEG", (400, 300), progressive=True)
    starts = [place for place in range(len(whole)) if whole[place:place + 2] == b"\xff\xda"]
    return whole[:-2] + whole[starts[-1]:-2] * (count - len(starts)) + whole[-2:] + behind


def bomb(side=50_000):
    """A PNG of some 300 KB with billions of pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side // 8 + 1)) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive(packed=zipfile.ZIP_STORED, **files):
    """A zip; `__` in a name is a `/`, and `_types` is what every Office document has."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packed) as zipped:
        for name, text in files.items():
            zipped.writestr({"_types": "[Content_Types].xml"}.get(name, name.replace("__", "/")), text)
    return made.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
WORD = "application/vnd.ms-word.document."


@cache
def taken():
    """A name: (bytes, the type that they are)."""
    return {
        "a.jpg": (image("JPEG"), "image/jpeg"), "a.png": (image("PNG", mode="RGBA"), "image/png"),
        "a.gif": (image("GIF", mode="P"), "image/gif"), "a.webp": (image("WEBP"), "image/webp"),
        "a.pdf": (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "application/pdf"), "a.txt": ("hello, мир\r\n\t".encode(), "text/plain"),
        "a.csv": (b"\xef\xbb\xbfa;b\n1;2\n", "text/plain"), "heart.txt": (b"<3 you", "text/plain"),
        "a.docx": (archive(docProps__app="x" * 5000, word__document="<a/>", _types="<a/>"), f"{OFFICE}wordprocessingml.document"),
        "a.xlsx": (archive(_types="<a/>", xl__workbook="<a/>"), f"{OFFICE}spreadsheetml.sheet"),
        "a.pptx": (archive(_types="<a/>", ppt__slides="<a/>"), f"{OFFICE}presentationml.presentation"),
        "a.odt": (archive(mimetype=f"{ODF}text", content="<a/>"), f"{ODF}text"),
        "a.ods": (archive(mimetype=f"{ODF}spreadsheet"), f"{ODF}spreadsheet"),
        "a.zip": (archive(anything="x"), "application/zip"), "b.zip": (archive(scripts__run="x", basic__x="x"), "application/zip"),
        "a.mp3": (b"\xff\xfb\x90\x64" + bytes(400), "audio/mpeg"), "b.mp3": (b"ID3\x04\0\0\0\0\0\x10" + bytes(99), "audio/mpeg"),
        "a.m4a": (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "audio/mp4"), "a.ogg": (b"OggS\0\2" + bytes(60), "audio/ogg"),
        "a.mp4": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        "a.mov": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        "a.webm": (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08\x42\x82\x84webm", "video/webm"),
    }


@cache
def refused():
    return {
        "nothing": b"", "a program": b"MZ\x90\0" + bytes(200), "an ELF program": b"\x7fELF" + bytes(99),
        "a script": b"#!/bin/sh\nrm",
        "html": b"<!DOCTYPE html><script>alert(1)</script>", "html after blanks": b"\xef\xbb\xbf \n\t<html>",
        "svg": b"<svg onload=x>",
        "xml": b"<?xml version='1.0'?><a/>", "html as a picture": b"<html><img src=x onerror=alert(1)>",
        "text with a NUL": b"a\0b",
        "text in Latin-1": b"caf\xe9", "text in UTF-16": "hello".encode("utf-16"), "half a character": "я".encode()[:1],
        "a terminal's controls": b"a\x1b]0;title\x07", "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "avif": b"\0\0\0\x18ftypavif\0\0\0\0",
        "an unfinished zip": archive(a="x")[:-9],
        "macros of Office": archive(_types="<a/>", word__document="x", **{"word__vbaProject.bin": "x"}),
        "macros of LibreOffice": archive(mimetype=f"{ODF}text", **{"Basic__script-lc.xml": "x"}),
        "macros in other letters": archive(_types="<a/>", word__document="x", **{"word__VBAPROJECT.BIN": "x"}),
        "macros under another name": archive(_types=f"<Default Extension='xml' ContentType='{WORD}MacroEnabled.main+xml'/>",
                                             word__document="x", word__other="x"),
        "macros of Excel 4": archive(_types="<a ContentType='application/vnd.ms-excel.macrosheet+xml'/>", xl__workbook="x"),
        "macros in UTF-16": archive(_types=f"<a ContentType='{WORD}macroEnabled.main+xml'/>".encode("utf-16"), word__document="x"),
        "macros in entities": archive(_types=f"<a ContentType='{WORD}m&#97;croEnabled.main+xml'/>", word__document="x"),
        "types in other letters": archive(**{"[CONTENT_TYPES].XML": f"<a ContentType='{WORD}macroEnabled.main+xml'/>"},
                                          word__document="x"),
        "types twice": archive(_types="<a/>", **{"[content_types].xml": "<a/>"}, word__document="x"),
        "types that are too long": archive(zipfile.ZIP_DEFLATED, _types=b" " * 2**24, word__document="x"),
        "types that are packed like no document's": archive(zipfile.ZIP_BZIP2, _types="<a/>", word__document="x"),
        "scripts of LibreOffice": archive(mimetype=f"{ODF}text", **{"SCRIPTS__python__x.py": "x"}),
        "scripts behind a mimetype that is not the first": archive(a="x", mimetype=f"{ODF}text", **{"Basic\\x.xml": "x"}),
        "rar": b"Rar!\x1a\7\1\0", "matroska": b"\x1aE\xdf\xa3\x42\x82\x88matroska", "a wave": b"RIFF\0\0\0\0WAVEfmt ",
    }


def broken_images():
    """Images by their first bytes that can't be drawn anew."""
    whole = image("JPEG", (400, 300))
    return {"a bomb": bomb(), "half a JPEG": whole[:len(whole) // 2], "a JPEG of many scans": scans(101),
            "a JPEG's beginning": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
            "a GIF of script": b"GIF89a/*<script>alert(1)</script>*/=1;",
            "a PNG's beginning": b"\x89PNG\r\n\x1a\n" + os.urandom(99),
            "a WebP's beginning": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30)}

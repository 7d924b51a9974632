"""The kinds of files that are taken, and which of them a file is: by its bytes, never by its name or what its sender says.

The libraries for this answer another question: puremagic calls every zip a DOCX and knows no text, filetype has had no
release since 2022, and both accept a good beginning. Here a kind that is not listed is refused, and the listed ones are few.
"""
import codecs
import re
import zipfile

# Each type with the suffixes that a name of it may end in; the first is the one to add.
KINDS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".csv", ".tsv", ".log", ".md", ".json"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
    "application/zip": (".zip",),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "video/mp4": (".mp4", ".m4v"),
    "video/quicktime": (".mov",),
    "video/webm": (".webm",),
}
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
# In words, for whoever sent something else.
NAMED = ("images (JPEG, PNG, GIF, WebP), PDF, text, CSV, DOCX, XLSX, PPTX, ODT, ODS, ODP, ZIP, "
         "audio (MP3, M4A, OGG) and video (MP4, MOV, WebM)")

HEAD = 4096
PIECE = 64 * 1024
OFFICE = {"word/": "wordprocessingml.document", "xl/": "spreadsheetml.sheet", "ppt/": "presentationml.presentation"}
CONTENT_TYPES, ODF_PARTS = "[content_types].xml", {"mimetype", "meta-inf/manifest.xml"}
# What a document with macros says of its parts (ECMA-376, part 2), its text in UTF-8 or UTF-16; and what may hide it.
MACROS = re.compile(rb"macroenabled|vbaproject|macrosheet|&#|<!doctype")
LARGEST_PART = 2**20
# The brands of ISO media files (ISO/IEC 14496-12, section 4.3) that are audio or video: HEIC and AVIF are images.
BRANDS = {**dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"), b"qt  ": "video/quicktime",
          **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"),
                          "video/mp4")}
# A layer III frame (ISO/IEC 11172-3, section 2.4.1.3), or an ID3v2 tag before one.
MP3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xeb]|ID3[\x02-\x04][\0-\xfe].[\0-\x7f]{4}", re.S)
CONTROLS = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f]")
# HTML, SVG and XML, and what a shell would run.
MARKUP = re.compile(r"\s*(<[a-zA-Z!?/]|#!)")


def judge(path):
    """The type of the file, one of KINDS; None for all that is not taken."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if is_archive(head):
        return _zip(path)
    return by_signature(head) or (_text(path) if head else None)


def is_archive(head):
    return head.startswith(b"PK\x03\x04")


def by_signature(head):
    """The type that the first bytes tell, None where they don't. An image's is told by sixteen."""
    for start, kind in ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF87a", "image/gif"),
                        (b"GIF89a", "image/gif"), (b"%PDF-", "application/pdf"), (b"OggS\0", "audio/ogg")):
        if head.startswith(start):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3") and b"\x42\x82\x84webm" in head[:64]:
        return "video/webm"
    return "audio/mpeg" if MP3.match(head) else None


def _zip(path):
    """A document, or a plain archive. A document that may hold macros is refused: it would run on a manager's machine."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename.replace("\\", "/").lower().lstrip("./") for info in archive.infolist()]
            if _has_macros(archive, names):
                return None
            if CONTENT_TYPES in names:
                found = [kind for start, kind in OFFICE.items() if any(name.startswith(start) for name in names)]
                return f"application/vnd.openxmlformats-officedocument.{found[0]}" if found else "application/zip"
            if names and names[0] == "mimetype":
                kind = _part(archive, archive.infolist()[0]).decode("ascii", "replace")
                return kind if kind.startswith("application/vnd.oasis.") and kind in KINDS else "application/zip"
            return "application/zip" if names else None
    # Whatever a hostile archive makes the library raise.
    except Exception:
        return None


def _has_macros(archive, names):
    """By its parts' names, in whatever letters, and by what an Office document says that they are: a name is soon changed."""
    if any(name.endswith("vbaproject.bin") for name in names):
        return True
    if ODF_PARTS & set(names) and any(name.startswith(("basic/", "scripts/")) for name in names):
        return True
    types = [info for name, info in zip(names, archive.infolist()) if name == CONTENT_TYPES]
    # Which of two counts, programs disagree about.
    return len(types) > 1 or any(MACROS.search(_part(archive, info).replace(b"\0", b"").lower()) for info in types)


def _part(archive, info):
    """A small part's bytes. Raises for one that is large, or packed in a way that no document is: a few of its bytes may
    become very many at once."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("packed in another way")
    with archive.open(info) as file:
        data = file.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise ValueError("too large")
    return data


def _text(path):
    """Plain text is UTF-8 without control characters, and not markup."""
    decoder, is_start = codecs.getincrementaldecoder("utf-8")(), True
    with open(path, "rb") as file:
        try:
            while piece := file.read(PIECE):
                text = decoder.decode(piece)
                if CONTROLS.search(text) or is_start and MARKUP.match(text.removeprefix("\ufeff")):
                    return None
                is_start = is_start and not text.strip("\ufeff \t\r\n\f")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return "text/plain"

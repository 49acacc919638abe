"""Which kinds of files are taken, each told by its content and not by its name alone.

A table of our own: a library would guess what a file may be, and what is asked here is
only whether it is what its name says.
"""

import codecs
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Final

_LOOKED_AT: Final = 64 * 1024
_MOST_IN_ARCHIVE: Final = 100
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FTYP: Final = slice(4, 8)
_BRAND: Final = slice(8, 12)
_STILL: Final = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
# Controls, but for tab, the ends of lines and pages, and what colours a log.
_IN_NO_TEXT: Final = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})
# What reading a damaged archive ends in; an entry without a name is an IndexError.
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    ValueError,
)
Look = Callable[[bytes], bool]


def suffix_of(name: str) -> str:
    """Return what a name ends in, in lower case and without the dot; "" if nothing."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def content_fits(name: str, file: IO[bytes]) -> bool:
    """Tell whether a file is of a known kind and holds what its name says.

    An archive fits when each file in it does; nothing is unpacked but the first bytes
    of each. What cannot be looked into (with a password, or archives in archives) does
    not fit. The file stands at its beginning afterwards.
    """
    suffix = suffix_of(name)
    try:
        if suffix in _PACKED:
            return _packed_fits(suffix, file)
        look = _PLAIN.get(suffix)
        file.seek(0)
        return look is not None and look(file.read(_LOOKED_AT))
    finally:
        file.seek(0)


def _begins(*marks: bytes) -> Look:
    return lambda head: head.startswith(marks)


def _riff(form: bytes) -> Look:
    return lambda head: head.startswith(b"RIFF") and head[_BRAND] == form


def _is_still(head: bytes) -> bool:
    return head[_FTYP] == b"ftyp" and head[_BRAND] in _STILL


def _is_film(head: bytes) -> bool:
    return head[_FTYP] == b"ftyp" and head[_BRAND] not in _STILL


def _is_text(head: bytes) -> bool:
    """Tell whether it is text in one of the encodings in use, and no markup."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads_as("utf-16", head)
    if head.translate(None, _IN_NO_TEXT) != head:
        return False
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    return _reads_as("utf-8", head) or _reads_as("gb18030", head)


def _reads_as(encoding: str, head: bytes) -> bool:
    try:
        # Not final: the part that was read may end in the middle of a character.
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _packed_fits(suffix: str, file: IO[bytes]) -> bool:
    # A file that only ends as an archive may begin as a program.
    file.seek(0)
    if not file.read(4).startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(file) as packed:
            return _PACKED[suffix](packed)
    except _DAMAGED:
        return False


def _office(folder: str) -> Callable[[zipfile.ZipFile], bool]:
    """Look for the parts of a document, and for no macros."""

    def look(packed: zipfile.ZipFile) -> bool:
        names = packed.namelist()
        return (
            "[Content_Types].xml" in names
            and any(name.startswith(folder) for name in names)
            and not any(name.endswith("vbaProject.bin") for name in names)
        )

    return look


def _open_document(kind: str) -> Callable[[zipfile.ZipFile], bool]:
    wanted = f"application/vnd.oasis.opendocument.{kind}".encode()

    def look(packed: zipfile.ZipFile) -> bool:
        named = [each for each in packed.infolist() if each.filename == "mimetype"]
        if not named or not _can_be_read(named[0]):
            return False
        with packed.open("mimetype") as part:
            return part.read(len(wanted) + 1) == wanted

    return look


def _archive(packed: zipfile.ZipFile) -> bool:
    parts = [each for each in packed.infolist() if not each.is_dir()]
    return 0 < len(parts) <= _MOST_IN_ARCHIVE and all(
        _part_fits(packed, each) for each in parts
    )


def _part_fits(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    if not _can_be_read(part):
        return False
    name = part.filename.rpartition("/")[2]
    suffix = suffix_of(name)
    with packed.open(part) as content:
        head = content.read(_LOOKED_AT)
    if name in _LEFT_BY_SYSTEMS:
        return head.startswith(_LEFT_BY_SYSTEMS[name])
    if name.startswith("._"):
        return head.startswith(b"\x00\x05\x16\x07")
    if suffix in _DOCUMENTS:
        return head.startswith(b"PK\x03\x04")
    look = _PLAIN.get(suffix)
    return look is not None and look(head)


def _can_be_read(part: zipfile.ZipInfo) -> bool:
    """Tell whether nothing but the usual way of packing stands before its content."""
    sealed = part.flag_bits & 0x1
    return not sealed and part.compress_type in {
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    }


_PLAIN: Final[dict[str, Look]] = {
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "jpg": _begins(b"\xff\xd8\xff"),
    "jpeg": _begins(b"\xff\xd8\xff"),
    "gif": _begins(b"GIF87a", b"GIF89a"),
    "webp": _riff(b"WEBP"),
    "heic": _is_still,
    "bmp": _begins(b"BM"),
    "tif": _begins(b"II*\x00", b"MM\x00*"),
    "tiff": _begins(b"II*\x00", b"MM\x00*"),
    "pdf": _begins(b"%PDF-"),
    "txt": _is_text,
    "log": _is_text,
    "csv": _is_text,
    "md": _is_text,
    "json": _is_text,
    "eml": _is_text,
    "rtf": _begins(b"{\\rtf"),
    "doc": _begins(_OLE),
    "xls": _begins(_OLE),
    "ppt": _begins(_OLE),
    "msg": _begins(_OLE),
    "mp3": _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "wav": _riff(b"WAVE"),
    "amr": _begins(b"#!AMR"),
    "ogg": _begins(b"OggS"),
    "m4a": _is_film,
    "mp4": _is_film,
    "mov": _is_film,
    "webm": _begins(b"\x1aE\xdf\xa3"),
}
_DOCUMENTS: Final[dict[str, Callable[[zipfile.ZipFile], bool]]] = {
    "docx": _office("word/"),
    "xlsx": _office("xl/"),
    "pptx": _office("ppt/"),
    "odt": _open_document("text"),
    "ods": _open_document("spreadsheet"),
    "odp": _open_document("presentation"),
}
_PACKED: Final = {**_DOCUMENTS, "zip": _archive}
# What systems add to every archive by themselves.
_LEFT_BY_SYSTEMS: Final = {
    ".DS_Store": b"\x00\x00\x00\x01Bud1",
    "Thumbs.db": _OLE,
}
KINDS: Final = (*_PLAIN, *_PACKED)
"""Every kind that can be told, by its suffix."""

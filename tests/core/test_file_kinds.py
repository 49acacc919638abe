"""Files are what their names say, archives and what lies in them included."""

import random
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from customers.forms.importing import UploadForm
from servicedesk.core.file_kinds import KINDS, content_fits

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 64
SAMPLES = {
    "png": PNG,
    "jpg": JPEG,
    "gif": b"GIF89a" + b"\x00" * 9,
    "webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "wav": b"RIFF\x00\x00\x00\x00WAVEfmt ",
    "heic": b"\x00\x00\x00\x18ftypheic",
    "mp4": b"\x00\x00\x00\x18ftypisom",
    "pdf": b"%PDF-1.7\n",
    "doc": OLE,
    "rtf": b"{\\rtf1 x}",
    "ogg": b"OggS\x00\x02",
    "webm": b"\x1aE\xdf\xa3\x00",
    "tif": b"II*\x00\x08\x00",
    "mp3": b"ID3\x04" + b"\x00" * 9,
}


def packed(*parts, **more):
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return made.getvalue()


def office(folder, *more):
    types = ("[Content_Types].xml", b"<Types/>")
    return packed(types, (f"{folder}/main.xml", b"<x/>"), *more)


def open_document(kind):
    return packed(("mimetype", f"application/vnd.oasis.opendocument.{kind}".encode()))


PACKED = {
    "docx": office("word"),
    "xlsx": office("xl"),
    "pptx": office("ppt"),
    "odt": open_document("text"),
    "ods": open_document("spreadsheet"),
    "zip": packed(("photo.png", PNG), ("folder/note.txt", "你好".encode())),
}


@pytest.mark.parametrize("kind", [*SAMPLES, *PACKED])
def test_each_kind_fits_its_own_name_and_no_other(kind):
    content = {**SAMPLES, **PACKED}[kind]
    same = {"jpg": {"jpeg"}, "doc": {"xls", "ppt", "msg"}, "tif": {"tiff"},
            "mp4": {"m4a", "mov"}, "rtf": {"txt", "log", "csv", "md", "json", "eml"},
            "pdf": {"txt", "log", "csv", "md", "json", "eml"}}  # fmt: skip
    fitting = {each for each in KINDS if content_fits(f"A.{each}", BytesIO(content))}
    assert fitting - {kind} <= same.get(kind, set())
    assert kind in fitting
    assert content_fits(f"A.B.{kind.upper()}", BytesIO(content))


def test_text_is_text_in_the_encodings_that_people_use():
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert content_fits("a.txt", BytesIO("退款，谢谢".encode(encoding)))
    assert not content_fits("a.txt", BytesIO(b"\x7fELF\x02\x00"))
    assert not content_fits("a.csv", BytesIO(b" <svg onload='x()'/>"))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [("tool.exe", b"MZ\x90\x00")],
        [("photo.png", PNG), ("deep/er/photo.png", b"MZ\x90\x00")],
        [("page.html", b"<html>")],
        [("again.zip", PACKED["zip"])],
        [("no-suffix", b"x")],
        [("._photo.png", b"MZ")],
        [(f"{number}.txt", b"x") for number in range(101)],
    ],
)
def test_an_archive_is_refused_for_what_lies_in_it(parts):
    assert not content_fits("a.zip", BytesIO(packed(*parts)))


def test_what_systems_put_into_archives_is_no_reason_to_refuse_them():
    parts = [
        ("photo.png", PNG),
        ("__MACOSX/._photo.png", b"\x00\x05\x16\x07\x00\x02\x00\x00"),
        (".DS_Store", b"\x00\x00\x00\x01Bud1\x00"),
        ("bills/", b""),
        ("bills/bill.docx", PACKED["docx"]),
    ]
    assert content_fits("a.zip", BytesIO(packed(*parts)))


def test_what_nobody_can_look_into_is_refused():
    sealed = bytearray(packed(("note.txt", b"x")))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        sealed[sealed.index(mark) + place] |= 1  # the flag of a password
    assert not content_fits("a.zip", BytesIO(bytes(sealed)))


def test_a_document_with_macros_or_before_a_program_is_none():
    macro = office("word", ("word/vbaProject.bin", OLE))
    assert not content_fits("a.docx", BytesIO(macro))
    assert not content_fits("a.docx", BytesIO(b"MZ\x90\x00" + PACKED["docx"]))


def test_damaged_archives_are_refused_and_break_nothing():
    chance = random.Random(7)
    for kind, whole in PACKED.items():
        for _time in range(150):
            damaged = bytearray(whole)
            for _place in range(chance.randrange(1, 6)):
                damaged[chance.randrange(len(whole))] = chance.randrange(256)
            content_fits(f"a.{kind}", BytesIO(bytes(damaged)))
        assert not content_fits(f"a.{kind}", BytesIO(whole[: len(whole) // 2]))


def test_an_archive_with_a_file_that_has_no_name_breaks_nothing():
    """Whoever wrote to the public form with it met a page that had failed."""
    whole = bytearray(packed(("a", b"x")))
    for mark, place in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
        whole[whole.index(mark) + place] = 0  # a name ends at its first zero
    assert not content_fits("a.zip", BytesIO(bytes(whole)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("customers.csv", PACKED["xlsx"]),
        ("customers.xlsx", b"name,phone\n"),
        ("customers.xlsx", PACKED["docx"]),
        ("customers.txt", b"MZ\x90\x00"),
    ],
)
def test_files_to_import_are_what_their_names_say_too(name, content):
    with translation.override("en"):
        form = UploadForm({}, {"file": SimpleUploadedFile(name, content)})
        assert "does not contain what its name says" in str(form.errors)
    taken = {"file": SimpleUploadedFile("customers.xlsx", PACKED["xlsx"])}
    assert UploadForm({}, taken).is_valid()

"""What customers may attach: a short list of kinds, told by content and not by name.

Anybody may post here, so it is stricter than what colleagues may attach.
"""

import codecs
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.forms.files import FilesField

_LOOKED_AT = 64 * 1024
_ZIP = (b"PK\x03\x04",)
_FTYP = slice(4, 8)


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_film(head: bytes) -> bool:
    return head[_FTYP] == b"ftyp"


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_wave(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WAVE"


def _is_text(head: bytes) -> bool:
    """Tell whether it is text in one of the encodings in use, and no markup."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads_as("utf-16", head)
    if b"\x00" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    return _reads_as("utf-8", head) or _reads_as("gb18030", head)


def _reads_as(encoding: str, head: bytes) -> bool:
    try:
        # Not final: the part that was read may end in the middle of a character.
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


_KINDS: dict[str, Callable[[bytes], bool]] = {
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "jpg": _begins(b"\xff\xd8\xff"),
    "jpeg": _begins(b"\xff\xd8\xff"),
    "gif": _begins(b"GIF87a", b"GIF89a"),
    "webp": _is_webp,
    "heic": _is_film,
    "pdf": _begins(b"%PDF-"),
    "txt": _is_text,
    "log": _is_text,
    "csv": _is_text,
    "docx": _begins(*_ZIP),
    "xlsx": _begins(*_ZIP),
    "pptx": _begins(*_ZIP),
    "zip": _begins(*_ZIP),
    "mp3": _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "wav": _is_wave,
    "amr": _begins(b"#!AMR"),
    "m4a": _is_film,
    "mp4": _is_film,
    "mov": _is_film,
}
ACCEPTED = ",".join(f".{suffix}" for suffix in _KINDS)
"""For the file chooser, which then offers only what will be taken."""


class CustomerFilesField(FilesField):
    """Files from outside: of a known kind, and their content is of that kind."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault(
            "help_text",
            gettext_lazy(
                "Up to 5 pictures, PDF or office documents, texts, recordings or "
                "films of at most 10 MB each."
            ),
        )
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = ACCEPTED

    def _check(self, file: "UploadedFile[Any]") -> "UploadedFile[Any]":
        file = super()._check(file)
        name = file.name or ""
        fits = _KINDS.get(name.rpartition(".")[2].lower())
        if fits is None:
            raise forms.ValidationError(
                _("We cannot take %(name)s: this kind of file is not accepted.")
                % {"name": name}
            )
        head = file.read(_LOOKED_AT)
        file.seek(0)
        if not fits(head):
            raise forms.ValidationError(
                _("%(name)s does not contain what its name says.") % {"name": name}
            )
        return file

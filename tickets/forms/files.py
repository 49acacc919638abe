"""Several files in one field, each looked at before it is kept."""

from typing import IO, Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.file_kinds import KINDS, content_fits, suffix_of
from servicedesk.core.scanning import refusal

# Refused whatever they are called; what else is not taken is only not known.
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"mz")
_HEAD = 512


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A list of uploaded files: bounded in number and size, of kinds that are known.

    What a file holds must be what its name says.
    """

    widget = ManyFiles
    kinds: tuple[str, ...] = KINDS

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", gettext_lazy("Attachments"))
        super().__init__(**kwargs)
        # The file chooser then offers only what will be taken.
        self.accept = ",".join(f".{suffix}" for suffix in self.kinds)
        self.widget.attrs["accept"] = self.accept

    def clean(self, data: Any, _initial: Any = None) -> list["UploadedFile[bytes]"]:
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        most = settings.ATTACHMENT_MAX_COUNT
        if len(files) > most:
            raise forms.ValidationError(
                _("Attach at most %(most)d files at once.") % {"most": most}
            )
        checked = [self._check(super(FilesField, self).clean(each)) for each in files]
        for each in checked:
            if words := refusal(each):
                raise forms.ValidationError(words)
        return checked

    def _check(self, file: "UploadedFile[bytes]") -> "UploadedFile[bytes]":
        name = file.name or ""
        most = settings.ATTACHMENT_MAX_BYTES
        if (file.size or 0) > most:
            raise forms.ValidationError(
                _("%(name)s is larger than %(most)s.")
                % {"name": name, "most": filesizeformat(most)}
            )
        if words := self._unfit(file, name):
            raise forms.ValidationError(words % {"name": name})
        return file

    def _unfit(self, file: "UploadedFile[bytes]", name: str) -> str:
        head = file.read(_HEAD)
        file.seek(0)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
            return _(
                "Files such as %(name)s cannot be taken: programs and web pages may do harm."
            )
        if suffix_of(name) not in self.kinds:
            return _("We cannot take %(name)s: this kind of file is not accepted.")
        if not content_fits(name, cast("IO[bytes]", file)):
            return _("%(name)s does not contain what its name says.")
        return ""

"""Several files in one field, each looked at before it is kept."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.scanning import refusal

_REFUSED = {
    "bat", "cmd", "com", "dll", "exe", "hta", "htm", "html", "jar", "js", "lnk", "mht",
    "mhtml", "msi", "ps1", "scr", "sh", "svg", "swf", "vbs", "xhtml", "xml",
}  # fmt: skip
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"mz")
_HEAD = 512


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A list of uploaded files: bounded in number and size, no programs, no pages."""

    widget = ManyFiles

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", gettext_lazy("Attachments"))
        super().__init__(**kwargs)

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
        head = file.read(_HEAD)
        file.seek(0)
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if name.rpartition(".")[2].lower() in _REFUSED or start.startswith(_MARKUP):
            raise forms.ValidationError(
                _(
                    "Files such as %(name)s cannot be taken: programs and web pages may do harm."
                )
                % {"name": name}
            )
        return file

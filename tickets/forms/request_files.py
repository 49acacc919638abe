"""What customers may attach: a short list of kinds.

Anybody may post here, so it is stricter than what colleagues may attach.
"""

from django.utils.translation import gettext_lazy

from tickets.forms.files import FilesField


class CustomerFilesField(FilesField):
    """Files from outside: of few kinds."""

    kinds = (
        "png", "jpg", "jpeg", "gif", "webp", "heic", "pdf", "txt", "log", "csv", "docx",
        "xlsx", "pptx", "zip", "mp3", "wav", "amr", "m4a", "mp4", "mov",
    )  # fmt: skip

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault(
            "help_text",
            gettext_lazy(
                "Up to 5 pictures, PDF or office documents, texts, recordings or "
                "films of at most 10 MB each."
            ),
        )
        super().__init__(**kwargs)

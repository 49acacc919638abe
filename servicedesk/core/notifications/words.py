"""What a notification says, in the language of whoever reads it now."""

from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.core.models import Notification
from servicedesk.core.notifications.registry import find_kind


def sentence_of(row: Notification) -> str:
    """Return one sentence, made of ids and numbers only."""
    kind = find_kind(row.kind)
    if kind is None:
        return _("Something happened that this version cannot tell of.")
    return kind.sentence(row)


def url_of(row: Notification) -> str:
    """Return where it leads; whether one may go there, that page decides."""
    kind = find_kind(row.kind)
    return kind.url(row) if kind is not None else reverse("notifications:list")


def letter_of(row: Notification) -> tuple[str, str] | None:
    """Return subject and text of an e-mail of its own, where the kind has one."""
    kind = find_kind(row.kind)
    return kind.letter(row) if kind is not None and kind.letter is not None else None

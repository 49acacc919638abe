"""A person who works here."""

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from guardian.mixins import GuardianUserMixin


class Theme(models.TextChoices):
    SYSTEM = "system", pgettext_lazy("theme", "Like the device")
    LIGHT = "light", pgettext_lazy("theme", "Light")
    DARK = "dark", pgettext_lazy("theme", "Dark")


class User(GuardianUserMixin, AbstractUser):
    """Staff only: customers have no accounts, they have signed links."""

    display_name = models.CharField(_("name"), max_length=80)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, default=settings.TIME_ZONE
    )
    theme = models.CharField(
        _("appearance"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM
    )
    single_keys = models.BooleanField(
        _("single-key shortcuts"),
        default=True,
        help_text=_("J, K, R, N, A, E and so on, outside of text fields."),
    )
    # When somebody else chose the password; empty once it is the person's own.
    password_given_at = models.DateTimeField(
        _("password given"), null=True, blank=True, editable=False
    )
    # Who chose it, and so knew it last: whoever made the account, to begin with. Stays
    # when the person chooses their own; empty if it was nobody who has an account here.
    password_given_by = models.ForeignKey(
        "self",
        verbose_name=_("password given by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        verbose_name = _("member of staff")  # type: ignore[assignment]
        verbose_name_plural = _("staff")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the backends, of superusers too: they open no customer data uncleared."""
        try:
            return any(each.has_perm(self, perm, obj) for each in get_backends())
        except PermissionDenied:
            return False

    async def ahas_perm(self, perm: str, obj: Any = None) -> bool:
        return await sync_to_async(self.has_perm)(perm, obj)

    @property
    def initials(self) -> str:
        """One Chinese character, or up to two Latin letters, for the avatar."""
        name = str(self).strip()
        words = name.split()
        if name and name[0].isascii() and len(words) > 1:
            return (words[0][0] + words[-1][0]).upper()
        return name[-1:] if name and not name[0].isascii() else name[:2].upper()

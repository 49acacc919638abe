"""Who can open the backups: public keys of age, whose private halves are elsewhere."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

FEWEST = 2
"""So many must be able to open each backup: one key that is lost loses none."""


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def active(self) -> Self:
        """Those to whom the next backup is sealed, in the order they came."""
        return self.filter(active=True).order_by("pk")


class Recipient(models.Model):
    """One public key. It is switched off, never deleted: older backups name it."""

    name = models.CharField(_("name"), max_length=80)
    key = models.CharField(_("public key"), max_length=100, unique=True)
    active = models.BooleanField(_("active"), default=True)
    added_at = models.DateTimeField(_("added"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    ended_at = models.DateTimeField(_("switched off"), null=True, blank=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        default_permissions = ("view", "add", "change")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="backup_recipient_ends",
                condition=Q(active=True, ended_at__isnull=True)
                | Q(active=False, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

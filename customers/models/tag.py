"""A word that sorts customers (标签), chosen from a list so that it stays a word."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.core.models.names import Named


class Tag(Named):
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("customer tag")
        verbose_name_plural = _("customer tags")
        ordering = ["name_zh"]

"""The profile of all customers as it was counted on a day (客户画像): figures only."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProfileFacts(models.Model):
    """Counts by group, made once a day. Small groups are suppressed where it is shown."""

    day = models.DateField(_("day"), primary_key=True)
    made_at = models.DateTimeField(_("made"))
    facts = models.JSONField(_("figures"))

    audit_skip = "is counted from other rows, and again each day"

    class Meta:
        verbose_name = _("customer profile")
        verbose_name_plural = _("customer profiles")
        ordering = ["-day"]

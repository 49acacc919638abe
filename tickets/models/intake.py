"""The key of a posted request form: the same form twice makes one ticket."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.ticket import Ticket


class Intake(models.Model):
    key = models.UUIDField(primary_key=True)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    audit_skip = "a receipt against posting twice"

    class Meta:
        verbose_name = _("posted form")
        verbose_name_plural = _("posted forms")
        indexes = [models.Index(name="intake_oldest", fields=["created_at"])]

"""One row for each time somebody looked behind a mask, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class RevealPurpose(models.TextChoices):
    """Why a masked value may be read. Promotion is none of them, on purpose (C6)."""

    SERVICE = "service", pgettext_lazy("purpose", "Serving this customer")
    IDENTITY = "identity", pgettext_lazy("purpose", "Checking the identity")
    COMPLAINT = "complaint", pgettext_lazy("purpose", "Investigating a complaint")


class Reveal(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="reveals"
    )
    field = models.CharField(_("field"), max_length=60)
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=RevealPurpose.choices
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reveals")
    at = models.DateTimeField(_("when"))
    # For which case, by its number; and whether the customer was the person's work.
    ticket = models.CharField(_("for ticket"), max_length=30, blank=True, default="")
    in_work = models.BooleanField(default=True, editable=False)

    audit_skip = "is itself a history row"

    class Meta:
        verbose_name = _("reveal")
        verbose_name_plural = _("reveals")
        constraints = [
            models.CheckConstraint(
                name="reveal_purpose_known",
                condition=Q(purpose__in=RevealPurpose.values),
            )
        ]
        indexes = [
            models.Index(name="reveal_by_newest", fields=["by", "-at"]),
            models.Index(name="reveal_customer_newest", fields=["customer", "-at"]),
        ]

"""What happened to a record (变更记录), for people: who, when, which fields; no values."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class CustomerEventKind(models.TextChoices):
    CREATED = "created", pgettext_lazy("customer event", "Record made")
    CHANGED = "changed", pgettext_lazy("customer event", "Changed")
    CONFIRMED = "confirmed", pgettext_lazy("customer event", "Confirmed as true")
    CONTACT = "contact", pgettext_lazy("customer event", "Contact point changed")
    VERIFIED = "verified", pgettext_lazy("customer event", "Contact point verified")
    PURCHASE = "purchase", pgettext_lazy("customer event", "Purchase recorded")
    PAYMENT = "payment", pgettext_lazy("customer event", "Payment recorded")
    CONSENT = "consent", pgettext_lazy("customer event", "Consent recorded")
    WITHDRAWN = "withdrawn", pgettext_lazy("customer event", "Consent withdrawn")
    LINKED = "linked", pgettext_lazy("customer event", "Contact person linked")
    TEAM = "team", pgettext_lazy("customer event", "Handed to another team")
    MERGED = "merged", pgettext_lazy("customer event", "Merged")
    UNMERGED = "unmerged", pgettext_lazy("customer event", "Merge undone")
    GRANTED = "granted", pgettext_lazy("customer event", "Access granted")
    ENDED = "ended", pgettext_lazy("customer event", "Access ended")
    EXPORTED = "exported", pgettext_lazy("customer event", "Exported")
    IMPORTED = "imported", pgettext_lazy("customer event", "Imported")
    CARE = "care", pgettext_lazy("customer event", "Care contact")
    RIGHTS = "rights", pgettext_lazy("customer event", "Request of the person")
    ERASED = "erased", pgettext_lazy("customer event", "Erased")


class CustomerEvent(models.Model):
    """Only ever added. `fields` names what changed; `about` is the key of a row of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="events",
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CustomerEventKind.choices)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("when"))
    fields = models.JSONField(default=list, blank=True)
    about = models.UUIDField(null=True, blank=True)

    audit_skip = "is itself a history row"

    class Meta:
        verbose_name = _("customer event")
        verbose_name_plural = _("customer events")
        constraints = [
            models.CheckConstraint(
                name="customer_event_kind_known",
                condition=Q(kind__in=CustomerEventKind.values),
            )
        ]
        indexes = [
            models.Index(
                name="customer_event_newest", fields=["customer", "-at", "-id"]
            ),
        ]

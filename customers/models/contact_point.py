"""Where a customer can be reached: found by blind index, read only when unsealed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.kinds import ContactKind
from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.normalise import Normaliser
from servicedesk.core.ids import uuid7

VALUE_LABEL = "customers.contactpoint.value"
LAST4_LABEL = "customers.contactpoint.last4"


def no_digits(_value: str) -> str:
    """Leave nothing: of an address there are no last four digits to be found by."""
    return ""


_LAST4: dict[str, Normaliser] = {
    "phone": "last4",
    "email": no_digits,
    "wechat": no_digits,
    "other": no_digits,
}


class ContactPoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="contact_points"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ContactKind.choices)
    value = SealedTextField(_("value"), label=VALUE_LABEL, max_length=254)
    value_index = BlindIndexField(
        source="value",
        normalise_with="kind",
        label=VALUE_LABEL,
    )
    # Few values, so many share one: only ever asked beside another condition.
    last4_index = BlindIndexField(
        source="value",
        normalise=_LAST4,
        normalise_with="kind",
        label=LAST4_LABEL,
        null=True,
    )
    note = models.CharField(
        _("use"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("Such as “office” or “mornings”; no names or numbers."),
    )
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    dead_at = models.DateTimeField(_("found dead"), null=True, blank=True)
    created_at = models.DateTimeField(_("added"))
    # The record for which it was written down a second time, by somebody who may not
    # know of the first; see `PossibleDouble`. None for the first, which is found.
    beside = models.UUIDField(null=True, editable=False)

    audit_mask = ("note",)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [
            models.CheckConstraint(
                name="contact_kind_known", condition=Q(kind__in=ContactKind.values)
            ),
            models.UniqueConstraint(
                name="one_contact_point_per_value_beside",
                fields=["kind", "value_index", "beside"],
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                name="contact_last4",
                fields=["last4_index"],
                condition=Q(last4_index__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

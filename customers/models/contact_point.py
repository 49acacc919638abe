"""Where a customer can be reached: found by blind index, read only when unsealed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.masks import mask_any
from servicedesk.core.ids import uuid7


class ContactKind(models.TextChoices):
    PHONE = "phone", pgettext_lazy("contact kind", "Phone")
    EMAIL = "email", pgettext_lazy("contact kind", "E-mail")
    WECHAT = "wechat", pgettext_lazy("contact kind", "WeChat")
    OTHER = "other", pgettext_lazy("contact kind", "Other")


VALUE_LABEL = "customers.contactpoint.value"


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
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    dead_at = models.DateTimeField(_("found dead"), null=True, blank=True)
    created_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [
            models.CheckConstraint(
                name="contact_kind_known", condition=Q(kind__in=ContactKind.values)
            ),
            models.UniqueConstraint(
                name="one_contact_point_per_value", fields=["kind", "value_index"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def masked(self) -> str:
        """The value as everyone may see it: 138****5678, z***@example.com."""
        return mask_any(self.kind, self.value)

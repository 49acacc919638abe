"""Who was erased (删除登记), for ever; and who must not be yet (法律保留)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class LegalHold(models.Model):
    """While one is in force nothing of the customer is erased: evidence is needed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="legal_holds",
    )
    reason = SealedTextField(
        _("reason"), label="customers.legalhold.reason", max_length=500
    )
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(_("since"))
    released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.UniqueConstraint(
                name="one_legal_hold_at_a_time",
                fields=["customer"],
                condition=Q(released_at=None),
            ),
            models.CheckConstraint(
                name="legal_hold_released_by_somebody",
                condition=Q(released_at=None) | Q(released_by__isnull=False),
            ),
        ]


class ErasureBasis(models.TextChoices):
    REQUEST = "request", pgettext_lazy("erasure basis", "Request of the person")
    RETENTION = "retention", pgettext_lazy("erasure basis", "Retention rule")


class ErasureLedger(models.Model):
    """One row for each person erased. Only ever added: the database sees to it.

    No relations: after a restore neither the request nor the customer need be there.
    A signed line outside of the database says the same; see `erasure_copy`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_key = models.UUIDField(db_index=True)
    customer_number = models.BigIntegerField()
    basis = models.CharField(max_length=10, choices=ErasureBasis)
    request_key = models.UUIDField(null=True)
    at = models.DateTimeField(_("when"))

    audit_skip = "is itself a history row, which the database keeps from change"

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.CheckConstraint(
                name="erasure_basis_known", condition=Q(basis__in=ErasureBasis.values)
            )
        ]

    def __str__(self) -> str:
        return f"C-{self.customer_number:06d}"

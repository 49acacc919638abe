"""What a person wants corrected (更正请求): which field, and how it should read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.mask_rule import Field
from customers.models.rights import RightsRequest
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User

CORRECTABLE = (Field.NAME, Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.ID_NUMBER)


class CorrectionState(models.TextChoices):
    OPEN = "open", pgettext_lazy("correction", "Open")
    ACCEPTED = "accepted", pgettext_lazy("correction", "Corrected")
    DECLINED = "declined", pgettext_lazy("correction", "Declined")


class Correction(models.Model):
    """One field of one request; what is on record stays there and is not copied here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest, on_delete=models.CASCADE, related_name="corrections"
    )
    field = models.CharField(
        _("field"),
        max_length=20,
        choices=[(each.value, each.label) for each in CORRECTABLE],
    )
    proposed = SealedTextField(
        _("should read"), label="customers.correction.proposed", max_length=500
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CorrectionState.choices,
        default=CorrectionState.OPEN,
    )
    reason = SealedTextField(
        _("reason"), label="customers.correction.reason", null=True, max_length=2000
    )
    # Who of the desk wrote it down; None for the person's own page. Nobody asks by it.
    written_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(
                name="correction_values_known",
                condition=Q(
                    state__in=CorrectionState.values,
                    field__in=[each.value for each in CORRECTABLE],
                ),
            ),
            models.CheckConstraint(
                name="correction_decided_by_somebody",
                condition=Q(state="open", decided_by=None)
                | (~Q(state="open") & Q(decided_by__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_open_correction_a_field",
                fields=["request", "field"],
                condition=Q(state="open"),
            ),
        ]

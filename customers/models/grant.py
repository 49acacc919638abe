"""An access grant (访问授权): who may see which customer, what for, until when."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from customers.models.reveal import RevealPurpose
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User

LONGEST = dt.timedelta(days=30)
"""No grant lasts longer than this from the asking."""


class GrantScope(models.TextChoices):
    CONTACT = "contact", pgettext_lazy("grant scope", "Contact details")
    PAYMENT = "payment", pgettext_lazy("grant scope", "Payment records")
    EXPORT = "export", pgettext_lazy("grant scope", "Export")


class GrantState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("grant state", "Waiting for approval")
    GIVEN = "given", pgettext_lazy("grant state", "Given")
    REFUSED = "refused", pgettext_lazy("grant state", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("grant state", "Withdrawn")
    ENDED = "ended", pgettext_lazy("grant state", "Ended")


class AccessGrant(models.Model):
    """Asked for, decided by another, ended by a sweep; guardian's rows follow from it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="grants",
    )
    user = models.ForeignKey(
        User,
        verbose_name=_("for whom"),
        on_delete=models.PROTECT,
        related_name="access_grants",
    )
    scope = models.CharField(_("scope"), max_length=10, choices=GrantScope.choices)
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=RevealPurpose.choices
    )
    reason = SealedTextField(
        _("reason"), label="customers.accessgrant.reason", max_length=500
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=GrantState.choices,
        default=GrantState.ASKED,
    )
    asked_at = models.DateTimeField(_("asked"))
    until = models.DateTimeField(_("until"))
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("access grant")
        verbose_name_plural = _("access grants")
        permissions = [("approve_accessgrant", _("Can approve access grants"))]
        constraints = [
            models.CheckConstraint(
                name="grant_values_known",
                condition=Q(
                    scope__in=GrantScope.values,
                    state__in=GrantState.values,
                    purpose__in=RevealPurpose.values,
                ),
            ),
            models.CheckConstraint(
                name="nobody_approves_their_own",
                condition=Q(decided_by=None) | ~Q(decided_by=F("user")),
            ),
            models.CheckConstraint(
                name="grant_given_by_somebody",
                condition=~Q(state="given")
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="grant_for_thirty_days_at_most",
                condition=Q(until__lte=F("asked_at") + LONGEST),
            ),
            models.UniqueConstraint(
                name="one_grant_at_a_time",
                fields=["customer", "user", "scope"],
                condition=Q(state__in=["asked", "given"]),
            ),
        ]
        indexes = [
            models.Index(
                name="grant_due",
                fields=["until"],
                condition=Q(state__in=["asked", "given"]),
            ),
            models.Index(
                name="grant_waiting",
                fields=["asked_at"],
                condition=Q(state="asked"),
            ),
        ]

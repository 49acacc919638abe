"""What a customer agreed to (同意), on which basis data are used, and since when not."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class ConsentPurpose(models.TextChoices):
    """What data are used for. Promotion is none of it: it is not done here (C6)."""

    SERVICE = "service", pgettext_lazy("consent purpose", "Customer service")
    CARE = "care", pgettext_lazy("consent purpose", "Care contacts")
    SURVEY = "survey", pgettext_lazy("consent purpose", "Satisfaction surveys")
    SENSITIVE = "sensitive", pgettext_lazy("consent purpose", "Sensitive data")
    RECORDING = "recording", pgettext_lazy("consent purpose", "Recording of calls")


class LawfulBasis(models.TextChoices):
    """Article 13 of the Personal Information Protection Law (PIPL)."""

    CONSENT = "consent", pgettext_lazy("lawful basis", "Consent")
    CONTRACT = "contract", pgettext_lazy("lawful basis", "Contract")
    DUTY = "duty", pgettext_lazy("lawful basis", "Legal duty")
    EMERGENCY = "emergency", pgettext_lazy("lawful basis", "Emergency")
    PUBLIC = "public", pgettext_lazy("lawful basis", "Lawfully made public")


class ConsentWay(models.TextChoices):
    FORM = "form", pgettext_lazy("consent way", "Web form")
    PHONE = "phone", pgettext_lazy("consent way", "By phone")
    PAPER = "paper", pgettext_lazy("consent way", "On paper")
    EMAIL = "email", pgettext_lazy("consent way", "By e-mail")
    PAGE = "page", pgettext_lazy("consent way", "On the customer’s page")


class Consent(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="consents",
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=ConsentPurpose.choices
    )
    basis = models.CharField(
        _("lawful basis"), max_length=10, choices=LawfulBasis.choices
    )
    way = models.CharField(_("given"), max_length=10, choices=ConsentWay.choices)
    given_at = models.DateTimeField(_("since"))
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_way = models.CharField(
        max_length=10, choices=ConsentWay.choices, blank=True, default=""
    )
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                name="consent_values_known",
                condition=Q(
                    purpose__in=ConsentPurpose.values,
                    basis__in=LawfulBasis.values,
                    way__in=ConsentWay.values,
                ),
            ),
            models.CheckConstraint(
                name="consent_not_withdrawn_before_given",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
            ),
            models.UniqueConstraint(
                name="one_consent_at_a_time",
                fields=["customer", "purpose"],
                condition=Q(withdrawn_at=None),
            ),
        ]

"""Care (客户关怀): whom to call on, how often, and what came of it. Never promotion."""

from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer, CustomerKind
from customers.models.tag import Tag
from customers.models.ways_in import seen_by
from servicedesk.core.access import may
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.core.models.names import Named
from servicedesk.staff.models import Team, User


class CareKind(models.TextChoices):
    """What a contact is for. Promotion is not a kind of care (C6)."""

    SATISFACTION = "satisfaction", pgettext_lazy("care kind", "Is all well?")
    RETURN = "return", pgettext_lazy("care kind", "After a complaint")
    ANNIVERSARY = "anniversary", pgettext_lazy("care kind", "Greeting")
    DATA = "data", pgettext_lazy("care kind", "Are the data still true?")


class CarePlan(Named):
    """A segment of one team's customers, and how often each of them is called on."""

    kind = models.CharField(_("what for"), max_length=20, choices=CareKind)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="+"
    )
    customer_kind = models.CharField(
        _("kind of customer"),
        max_length=20,
        choices=CustomerKind,
        blank=True,
        default="",
    )
    city = models.CharField(_("city"), max_length=60, blank=True, default="")
    tag = models.ForeignKey(
        Tag,
        verbose_name=_("tag"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    quiet_days = models.PositiveIntegerField(
        _("no contact for (days)"),
        default=90,
        validators=[MinValueValidator(0), MaxValueValidator(3650)],
        help_text=_("Whoever was in touch later than that is left in peace."),
    )
    every_days = models.PositiveIntegerField(
        _("every (days)"),
        default=180,
        validators=[MinValueValidator(7), MaxValueValidator(3650)],
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("care plan")
        verbose_name_plural = _("care plans")
        constraints = [
            models.CheckConstraint(
                name="care_kind_known",
                condition=Q(
                    kind__in=CareKind.values,
                    customer_kind__in=["", *CustomerKind.values],
                ),
            ),
        ]


class CareState(models.TextChoices):
    DUE = "due", pgettext_lazy("care state", "Due")
    DONE = "done", pgettext_lazy("care state", "Done")
    CANCELLED = "cancelled", pgettext_lazy("care state", "Cancelled")


class CareOutcome(models.TextChoices):
    WELL = "well", pgettext_lazy("care outcome", "All is well")
    HELPED = "helped", pgettext_lazy("care outcome", "Something was put right")
    TICKET = "ticket", pgettext_lazy("care outcome", "Became a ticket")
    UNREACHED = "unreached", pgettext_lazy("care outcome", "Not reached")
    NO_MORE = "no_more", pgettext_lazy("care outcome", "Wants no more care contacts")


class CareQuerySet(models.QuerySet["CareContact"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Narrow to the contacts with customers whom the user sees."""
        seen = seen_by(user, "customer__")
        if seen is None or not may(user, "customers.care_customer"):
            return self.none()
        return self.filter(seen)

    def due(self) -> Self:
        return self.filter(state=CareState.DUE)


class CareContact(models.Model):
    """One contact that is due or was made; at most one due per plan and customer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(CarePlan, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="care_contacts"
    )
    owner = models.ForeignKey(
        User,
        verbose_name=_("responsible"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=CareState, default=CareState.DUE
    )
    due_at = models.DateTimeField(_("due"))
    put_off = models.PositiveSmallIntegerField(_("put off"), default=0)
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=CareOutcome, blank=True, default=""
    )
    words = SealedTextField(
        _("what was said"),
        label="customers.carecontact.words",
        null=True,
        max_length=2000,
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CareQuerySet.as_manager()

    class Meta:
        verbose_name = _("care contact")
        verbose_name_plural = _("care contacts")
        constraints = [
            models.UniqueConstraint(
                name="one_care_contact_due",
                fields=["plan", "customer"],
                condition=Q(state="due"),
            ),
            models.CheckConstraint(
                name="care_values_known",
                condition=Q(
                    state__in=CareState.values,
                    outcome__in=["", *CareOutcome.values],
                ),
            ),
            models.CheckConstraint(
                name="care_done_has_an_outcome",
                condition=~Q(state="done")
                | (Q(done_at__isnull=False) & ~Q(outcome="")),
            ),
        ]
        indexes = [
            models.Index(name="care_due", fields=["due_at"], condition=Q(state="due")),
            models.Index(
                name="care_owner_due",
                fields=["owner", "due_at"],
                condition=Q(state="due"),
            ),
            models.Index(name="care_customer", fields=["customer", "-due_at"]),
        ]

"""A request of the person whom data are about (个人信息权利), and its clock."""

import datetime as dt
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.contact_point import ContactPoint
from customers.models.customer import Customer
from servicedesk.core.access import may
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.core.models import BusinessCalendar
from servicedesk.staff.models import User


class RightsKind(models.TextChoices):
    """Articles 44 to 48 of the Personal Information Protection Law (PIPL)."""

    ACCESS = "access", pgettext_lazy("right", "A copy of my data")
    CORRECT = "correct", pgettext_lazy("right", "Correct my data")
    DELETE = "delete", pgettext_lazy("right", "Delete my data")
    WITHDRAW = "withdraw", pgettext_lazy("right", "Withdraw a consent")
    EXPLAIN = "explain", pgettext_lazy("right", "Explain what you do with my data")


class RightsState(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("rights state", "Received")
    CHECKED = "checked", pgettext_lazy("rights state", "Identity checked")
    WORKING = "working", pgettext_lazy("rights state", "In work")
    ANSWERED = "answered", pgettext_lazy("rights state", "Answered")
    REFUSED = "refused", pgettext_lazy("rights state", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("rights state", "Taken back")


OPEN_RIGHTS = (RightsState.RECEIVED, RightsState.CHECKED, RightsState.WORKING)
_ENDS = frozenset({RightsState.REFUSED, RightsState.WITHDRAWN})
RIGHTS_MOVES: dict[RightsState, frozenset[RightsState]] = {
    RightsState.RECEIVED: _ENDS | {RightsState.CHECKED, RightsState.WORKING},
    RightsState.CHECKED: _ENDS | {RightsState.WORKING, RightsState.ANSWERED},
    RightsState.WORKING: _ENDS | {RightsState.ANSWERED},
    RightsState.ANSWERED: frozenset(),
    RightsState.REFUSED: frozenset(),
    RightsState.WITHDRAWN: frozenset(),
}


class RightsWay(models.TextChoices):
    """How a request came in, and how the identity was checked."""

    PAGE = "page", pgettext_lazy("rights way", "Web page")
    PHONE = "phone", pgettext_lazy("rights way", "By phone")
    EMAIL = "email", pgettext_lazy("rights way", "By e-mail")
    PAPER = "paper", pgettext_lazy("rights way", "On paper")
    PERSON = "person", pgettext_lazy("rights way", "In person")


class IdentityFact(models.TextChoices):
    """What somebody was asked to say of themselves; what they said is not kept."""

    NAME = "name", pgettext_lazy("identity fact", "Full name")
    CONTACT = "contact", pgettext_lazy("identity fact", "Another contact on record")
    ADDRESS = "address", pgettext_lazy("identity fact", "Address")
    ORDER = "order", pgettext_lazy("identity fact", "Number or content of an order")
    TICKET = "ticket", pgettext_lazy("identity fact", "Number or content of a ticket")
    CALL_BACK = "call_back", pgettext_lazy("identity fact", "Called back on record")
    DOCUMENT = "document", pgettext_lazy("identity fact", "Identity document shown")


class RightsSettings(models.Model):
    """One row: how long requests may take, and on which authority."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    aim_days = models.PositiveSmallIntegerField(
        _("aim (working days)"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    limit_days = models.PositiveSmallIntegerField(
        _("limit (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    warn_days = models.PositiveSmallIntegerField(
        _("warning before the limit (days)"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        verbose_name=_("business calendar"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    source = models.TextField(
        _("source"), help_text=_("Where these times come from: a law, a policy.")
    )

    class Meta:
        verbose_name = _("times for requests of the person")
        verbose_name_plural = _("times for requests of the person")
        constraints = [
            models.CheckConstraint(name="rights_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="rights_warned_before_the_limit",
                condition=Q(warn_days__lt=F("limit_days")),
                violation_error_message=_("Warn before the limit, not after it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.aim_days}/{self.limit_days}"


class RightsQuerySet(models.QuerySet["RightsRequest"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """All for who handles them; for who approves erasures, those."""
        if user.pk is None:
            return self.none()
        if may(user, "customers.handle_rights"):
            return self.all()
        if may(user, "customers.approve_erasure"):
            return self.filter(kind=RightsKind.DELETE, erasure_by__isnull=False)
        return self.none()

    def waiting(self) -> Self:
        """Those that still owe an answer."""
        return self.filter(state__in=OPEN_RIGHTS)


class RightsRequest(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(_("number"), unique=True, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="rights_requests",
    )
    # The contact point that is asked whether it was them; gone once erased.
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(_("what is asked"), max_length=10, choices=RightsKind)
    way = models.CharField(_("came in"), max_length=10, choices=RightsWay)
    words = SealedTextField(
        _("in the person’s words"),
        label="customers.rightsrequest.words",
        null=True,
        max_length=4000,
    )
    state = models.CharField(
        _("state"), max_length=10, choices=RightsState, default=RightsState.RECEIVED
    )
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handler = models.ForeignKey(
        User,
        verbose_name=_("handled by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rights_requests",
    )
    received_at = models.DateTimeField(_("received"))
    aim_at = models.DateTimeField(_("aim"))
    due_at = models.DateTimeField(_("limit"))
    warn_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(_("identity checked"), null=True, blank=True)
    checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_way = models.CharField(
        _("how"), max_length=10, choices=RightsWay, blank=True, default=""
    )
    checked_facts = models.JSONField(default=list, blank=True)
    erasure_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    erasure_at = models.DateTimeField(_("erasure proposed"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = SealedTextField(
        _("answer"),
        label="customers.rightsrequest.answer",
        null=True,
        max_length=4000,
    )
    # Which kinds of data the law has us keep although the person was erased.
    kept = models.JSONField(default=list, blank=True)

    objects = RightsQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of the person")
        verbose_name_plural = _("requests of the person")
        permissions = [("approve_erasure", _("Can approve that a person is erased"))]
        constraints = [
            models.CheckConstraint(
                name="rights_values_known",
                condition=Q(
                    kind__in=RightsKind.values,
                    way__in=RightsWay.values,
                    state__in=RightsState.values,
                    checked_way__in=["", *RightsWay.values],
                ),
            ),
            models.CheckConstraint(
                name="rights_checked_with_time_and_way",
                condition=Q(checked_at=None, checked_way="")
                | (Q(checked_at__isnull=False) & ~Q(checked_way="")),
            ),
            models.CheckConstraint(
                name="rights_no_answer_without_identity",
                condition=~Q(state__in=["checked", "working", "answered"])
                | Q(checked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rights_ended_has_a_time",
                condition=Q(state__in=OPEN_RIGHTS, ended_at=None)
                | (~Q(state__in=OPEN_RIGHTS) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="rights_refused_with_a_reason",
                condition=~Q(state="refused") | Q(answer__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_approves_their_own_erasure",
                condition=Q(approved_by=None)
                | (Q(erasure_by__isnull=False) & ~Q(approved_by=F("erasure_by"))),
            ),
        ]
        indexes = [
            models.Index(
                name="rights_due",
                fields=["due_at"],
                condition=Q(state__in=OPEN_RIGHTS),
            ),
            models.Index(
                name="rights_customer_newest", fields=["customer", "-received_at"]
            ),
            models.Index(
                name="rights_handler",
                fields=["handler"],
                condition=Q(state__in=OPEN_RIGHTS),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The number as people say it: P-000123."""
        return f"P-{self.number:06d}"

    @property
    def open(self) -> bool:
        return self.state in OPEN_RIGHTS

    def may_become(self, state: RightsState) -> bool:
        """Tell whether the table of moves permits it."""
        return state in RIGHTS_MOVES[RightsState(self.state)]

    def left(self, now: dt.datetime) -> dt.timedelta:
        """Return how long it is to the limit; negative once it has passed."""
        return self.due_at - now

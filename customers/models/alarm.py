"""What is out of the ordinary in how data are looked at (访问警报), and where it begins."""

from django.core.exceptions import ValidationError
from django.core.validators import (
    BaseValidator,
    MaxValueValidator,
    MinValueValidator,
)
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.honey import HoneyRecord
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import ChangeByTwo, User

ONLY = 1
"""The key of the one row of limits."""
SHORTEST_NIGHT = 4


def _between(least: int, most: int) -> list[BaseValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class RevealLimits(models.Model):
    """How many reveals of one person are usual, and how many are too many.

    One row; without it the numbers below hold.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    ten_minutes = models.PositiveIntegerField(
        _("in ten minutes"), default=15, validators=_between(1, 100)
    )
    hour = models.PositiveIntegerField(
        _("in an hour"), default=40, validators=_between(1, 300)
    )
    day = models.PositiveIntegerField(
        _("in a day"), default=150, validators=_between(1, 1000)
    )
    hard = models.PositiveSmallIntegerField(
        _("no more at so many times a limit"), default=2, validators=_between(1, 5)
    )
    times = models.PositiveSmallIntegerField(
        _("out of the ordinary at so many times the usual"),
        default=3,
        validators=_between(1, 10),
    )
    floor = models.PositiveIntegerField(
        _("and never below so many in a day"), default=20, validators=_between(0, 200)
    )
    many = models.PositiveIntegerField(
        _("different customers in an hour"), default=25, validators=_between(0, 200)
    )
    outside = models.PositiveIntegerField(
        _("in a day, of customers who are no work of the person’s"),
        default=10,
        validators=_between(0, 200),
    )
    night = models.PositiveIntegerField(
        _("in a night"), default=5, validators=_between(0, 100)
    )
    night_from = models.PositiveSmallIntegerField(
        _("the night begins at"), default=22, validators=[MaxValueValidator(23)]
    )
    night_to = models.PositiveSmallIntegerField(
        _("and ends at"), default=7, validators=[MaxValueValidator(23)]
    )

    class Meta:
        verbose_name = _("limits of reveals")
        verbose_name_plural = _("limits of reveals")
        constraints = [
            models.CheckConstraint(name="one_row_of_limits", condition=Q(id=ONLY)),
            models.CheckConstraint(
                name="limits_let_somebody_work",
                condition=Q(ten_minutes__gte=1, hour__gte=1, day__gte=1, hard__gte=1),
            ),
        ]

    def clean(self) -> None:
        """Refuse a night that is none: its alarm would never come."""
        if len(self.night_hours()) < SHORTEST_NIGHT:
            raise ValidationError(
                {"night_to": _("A night has at least four hours.")}, code="night"
            )

    def night_hours(self) -> frozenset[int]:
        """Return the hours of the desk's clock that are night."""
        begin, end = self.night_from, self.night_to
        if begin <= end:
            return frozenset(range(begin, end))
        return frozenset((*range(begin, 24), *range(end)))


class LimitsChange(ChangeByTwo):
    """One change of the limits, each number by its name; higher ones wait."""

    class Meta(ChangeByTwo.Meta):
        verbose_name = _("change of the limits of reveals")
        verbose_name_plural = _("changes of the limits of reveals")
        constraints = [
            *ChangeByTwo.Meta.constraints,
            models.UniqueConstraint(
                name="one_change_of_limits_waits",
                fields=["state"],
                condition=Q(state="waiting"),
            ),
        ]


class AlarmKind(models.TextChoices):
    TEN_MINUTES = "ten_min", pgettext_lazy("alarm", "Many reveals in ten minutes")
    HOUR = "hour", pgettext_lazy("alarm", "Many reveals in an hour")
    DAY = "day", pgettext_lazy("alarm", "Many reveals in a day")
    UNUSUAL = "unusual", pgettext_lazy("alarm", "Far more than usual")
    MANY = "many", pgettext_lazy("alarm", "Many different customers")
    OUTSIDE = "outside", pgettext_lazy("alarm", "Customers who are no work of theirs")
    NIGHT = "night", pgettext_lazy("alarm", "Reveals at night")
    BLOCKED = "blocked", pgettext_lazy("alarm", "Reveals stopped")
    HONEY = "honey", pgettext_lazy("alarm", "A honey record was touched")


class AlarmHow(models.TextChoices):
    """In which way a honey record was touched."""

    VIEW = "view", pgettext_lazy("alarm", "opened")
    REVEAL = "reveal", pgettext_lazy("alarm", "revealed")
    GRANT = "grant", pgettext_lazy("alarm", "access asked for")
    EXPORT = "export", pgettext_lazy("alarm", "in an export")
    IMPORT = "import", pgettext_lazy("alarm", "hit by an import")
    READ = "read", pgettext_lazy("alarm", "its sealed text was read")


class AccessAlarm(models.Model):
    """Once for a person, a kind and a span of time; what follows adds to the number.

    A honey record is named by its own row, never by the customer's: whoever reads this
    table learns which one it is from nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=AlarmKind.choices)
    user = models.ForeignKey(
        User,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="access_alarms",
    )
    # The number of the span of time that the alarm stands for.
    period = models.BigIntegerField(default=0, editable=False)
    about = models.CharField(max_length=40, blank=True, default="", editable=False)
    number = models.PositiveIntegerField(_("number"), default=1)
    limit = models.PositiveIntegerField(_("limit"), default=0)
    how = models.CharField(
        _("how"), max_length=10, choices=AlarmHow.choices, blank=True, default=""
    )
    honey = models.ForeignKey(
        HoneyRecord,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="alarms",
    )
    raised_at = models.DateTimeField(_("raised"))
    last_at = models.DateTimeField(_("last"))
    seen_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    word = SealedTextField(
        _("what came of it"),
        label="customers.accessalarm.word",
        null=True,
        max_length=500,
    )
    lifted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("access alarm")
        verbose_name_plural = _("access alarms")
        constraints = [
            models.CheckConstraint(
                name="alarm_values_known",
                condition=Q(kind__in=AlarmKind.values, how__in=["", *AlarmHow.values]),
            ),
            models.UniqueConstraint(
                name="one_alarm_per_person_and_span",
                fields=["user", "kind", "period", "about"],
            ),
            models.UniqueConstraint(
                name="one_block_per_person",
                fields=["user"],
                condition=Q(kind="blocked", lifted_at=None),
            ),
            models.CheckConstraint(
                name="alarm_when_and_who_together",
                condition=(
                    Q(seen_by=None, seen_at=None)
                    | Q(seen_by__isnull=False, seen_at__isnull=False)
                )
                & (
                    Q(lifted_by=None, lifted_at=None)
                    | Q(lifted_by__isnull=False, lifted_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="nobody_lifts_their_own_block",
                condition=Q(lifted_by=None) | ~Q(lifted_by=F("user")),
            ),
        ]
        indexes = [
            models.Index(
                name="alarm_waiting", fields=["-id"], condition=Q(seen_at=None)
            ),
            models.Index(name="alarm_of_person", fields=["user", "kind", "-last_at"]),
        ]

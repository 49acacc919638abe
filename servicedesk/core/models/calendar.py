"""Business calendars as people keep them, and the frozen versions clocks are pinned to."""

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.calendar_spec import from_spec, parse_week, parse_windows
from servicedesk.core.calendars import Calendar, CalendarError, zone_named
from servicedesk.core.models.names import in_readers_language

NAME_LENGTH = 100


def validate_zone(name: str) -> None:
    """Refuse a time zone that nobody knows."""
    try:
        zone_named(name)
    except CalendarError as error:
        raise ValidationError(str(error), code="zone") from error


def validate_week(typed: object) -> None:
    """Refuse a week of windows that contradicts itself."""
    try:
        parse_week(typed)
    except CalendarError as error:
        raise ValidationError(str(error), code="windows") from error


def validate_windows(typed: object) -> None:
    """Refuse windows of one day that contradict themselves."""
    try:
        parse_windows(typed)
    except CalendarError as error:
        raise ValidationError(str(error), code="windows") from error


class BusinessCalendar(models.Model):
    """When a desk is open; clocks feel a change once it is published as a version."""

    slug = models.SlugField(_("short name"), unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=NAME_LENGTH)
    name_en = models.CharField(_("English name"), max_length=NAME_LENGTH)
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Asia/Shanghai",
        validators=[validate_zone],
    )
    always_open = models.BooleanField(_("open around the clock"), default=False)
    windows = models.JSONField(
        _("opening hours"),
        default=dict,
        blank=True,
        validators=[validate_week],
        help_text=_(
            'By day, for example {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}; '
            "a day that is left out is closed."
        ),
    )
    follow_chinese_holidays = models.BooleanField(
        _("follow Chinese public holidays and make-up workdays"), default=False
    )
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering: ClassVar = ["slug"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="calendar_has_hours",
                condition=Q(always_open=True) | ~Q(windows={}),
                violation_error_message=_(
                    "Give opening hours, or open it around the clock."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)


class DayKind(models.TextChoices):
    HOLIDAY = "holiday", pgettext_lazy("calendar day", "Holiday")
    WORKDAY = "workday", pgettext_lazy("calendar day", "Workday")


class CalendarDay(models.Model):
    """One date that differs from the week; it wins over the public holidays."""

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, related_name="days"
    )
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=10, choices=DayKind.choices)
    windows = models.JSONField(
        _("opening hours"),
        null=True,
        blank=True,
        validators=[validate_windows],
        help_text=_(
            'For a workday, for example [["09:00", "12:00"]]; '
            "empty means the hours of a Monday."
        ),
    )
    name_zh = models.CharField(_("Chinese name"), max_length=NAME_LENGTH, blank=True)
    name_en = models.CharField(_("English name"), max_length=NAME_LENGTH, blank=True)
    source = models.TextField(
        _("source"), blank=True, help_text=_("Where this day was announced.")
    )

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering: ClassVar = ["calendar", "date"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="calendar_day_once", fields=["calendar", "date"]
            ),
            models.CheckConstraint(
                name="calendar_day_kind", condition=Q(kind__in=DayKind.values)
            ),
            models.CheckConstraint(
                name="calendar_holiday_has_no_hours",
                condition=Q(kind=DayKind.WORKDAY) | Q(windows__isnull=True),
                violation_error_message=_("A holiday has no opening hours."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date.isoformat()} {self.label}".strip()

    @property
    def label(self) -> str:
        """The name in the reader's language; may be empty."""
        return in_readers_language(self.name_zh, self.name_en)


class CalendarVersion(models.Model):
    """A calendar as it stood when published; never changed, so the past stays true."""

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(_("number"))
    spec = models.JSONField(_("frozen hours"), editable=False)
    created_at = models.DateTimeField(_("published at"), editable=False)
    # A name, not a relation: staff stands above this app.
    created_by = models.CharField(
        _("published by"), max_length=150, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        ordering: ClassVar = ["calendar", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="calendar_version_once", fields=["calendar", "number"]
            ),
            models.CheckConstraint(
                name="calendar_version_from_one", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calendar.label} · {self.number}"

    def calendar_value(self) -> Calendar:
        """Give the calendar to reckon with; read once a process, then remembered.

        :raises CalendarError: if the frozen form cannot be read.
        """
        if self._state.adding:
            return from_spec(self.spec)
        return _remembered(_Frozen(self.pk, self.created_at, self.spec))


@dataclass(frozen=True)
class _Frozen:
    """The key of the memory; the spec rides along, since it never changes."""

    pk: int
    created_at: dt.datetime
    spec: dict[str, Any] = field(compare=False)


@lru_cache(maxsize=256)
def _remembered(frozen: _Frozen) -> Calendar:
    return from_spec(frozen.spec)

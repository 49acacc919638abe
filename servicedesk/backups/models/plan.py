"""When backups and restore drills are made, where to, and how long they are kept."""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.backups.models.backup import Destination

ONLY = 1


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, pgettext_lazy("weekday", "Monday")
    TUESDAY = 1, pgettext_lazy("weekday", "Tuesday")
    WEDNESDAY = 2, pgettext_lazy("weekday", "Wednesday")
    THURSDAY = 3, pgettext_lazy("weekday", "Thursday")
    FRIDAY = 4, pgettext_lazy("weekday", "Friday")
    SATURDAY = 5, pgettext_lazy("weekday", "Saturday")
    SUNDAY = 6, pgettext_lazy("weekday", "Sunday")


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class BackupPlan(models.Model):
    """The one plan; times are the local ones of the business."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    on = models.BooleanField(_("make backups by this plan"), default=True)
    at = models.TimeField(_("each day at"), default=dt.time(2, 30))
    destination = models.CharField(
        _("destination"),
        max_length=10,
        choices=Destination.choices,
        default=Destination.FOLDER,
    )
    keep_daily = models.PositiveSmallIntegerField(
        _("daily ones kept"), default=14, validators=_between(2, 366)
    )
    keep_weekly = models.PositiveSmallIntegerField(
        _("weekly ones kept"), default=8, validators=_between(0, 200)
    )
    keep_monthly = models.PositiveSmallIntegerField(
        _("monthly ones kept"), default=12, validators=_between(0, 120)
    )
    keep_manual = models.PositiveSmallIntegerField(
        _("ones by hand kept"), default=5, validators=_between(1, 100)
    )
    late_after_hours = models.PositiveSmallIntegerField(
        _("the last good backup is late after (hours)"),
        default=30,
        validators=_between(1, 24 * 60),
    )
    drill_on = models.BooleanField(_("make restore drills by this plan"), default=True)
    drill_weekday = models.PositiveSmallIntegerField(
        _("restore drill each week on"), choices=Weekday.choices, default=Weekday.SUNDAY
    )
    drill_at = models.TimeField(_("restore drill at"), default=dt.time(4, 30))
    drill_late_after_days = models.PositiveSmallIntegerField(
        _("the last proven restore is late after (days)"),
        default=10,
        validators=_between(1, 400),
    )
    # From when on times of the plan count: those before it are not caught up.
    since = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("backup plan")
        verbose_name_plural = _("backup plan")
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(name="backup_plan_only", condition=Q(id=ONLY)),
            models.CheckConstraint(
                name="backup_plan_keeps",
                condition=Q(keep_daily__gte=2, keep_manual__gte=1),
            ),
            models.CheckConstraint(
                name="backup_plan_weekday", condition=Q(drill_weekday__lte=6)
            ),
            models.CheckConstraint(
                name="backup_plan_destination",
                condition=Q(destination__in=Destination.values),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

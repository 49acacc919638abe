"""What a look at the system's own safety found, and which look it was."""

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7

LONGEST_PATIENCE: Final = dt.timedelta(days=90)
"""Nobody puts a finding aside for longer than this at a time."""


class Level(models.TextChoices):
    """How much a finding matters, or that nobody could look."""

    OK = "ok", pgettext_lazy("security check", "In order")
    NOTE = "note", pgettext_lazy("security check", "To know")
    UNCHECKED = "unchecked", pgettext_lazy("security check", "Not checked")
    WARN = "warn", pgettext_lazy("security check", "To mend")
    BAD = "bad", pgettext_lazy("security check", "Bad")


SEVERITY: Final = {level: place for place, level in enumerate(Level)}
"""From least to most; what could not be checked is more than a note."""


def worst_of(levels: list[Level]) -> Level:
    """Return the most severe level; nothing at all is in order."""
    return max(levels, key=SEVERITY.__getitem__, default=Level.OK)


class CheckRunState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("security check", "Running")
    DONE = "done", pgettext_lazy("security check", "Done")
    STOPPED = "stopped", pgettext_lazy("security check", "Stopped")


class SecurityCheckRun(models.Model):
    """One look at everything; `levels` is {key of the check: its worst level}."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CheckRunState.choices,
        default=CheckRunState.RUNNING,
    )
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    # Nobody: it was the time for it.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    levels = models.JSONField(default=dict)

    audit_skip = "is a measurement; who asked for one is the job's entry"

    class Meta:
        verbose_name = _("run of the security checks")
        verbose_name_plural = _("runs of the security checks")
        default_permissions = ("add",)
        constraints = [
            models.CheckConstraint(
                name="check_run_state_known",
                condition=Q(state__in=CheckRunState.values),
            ),
            models.CheckConstraint(
                name="check_run_ends",
                condition=Q(state="running", ended_at__isnull=True)
                | Q(state__in=["done", "stopped"], ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_check_run_at_a_time",
                fields=["state"],
                condition=Q(state="running"),
            ),
        ]
        indexes = [models.Index(name="check_run_newest", fields=["-started_at"])]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"

    def count(self, level: Level) -> int:
        """Return how many checks came out at this level."""
        return sum(found == level for found in self.levels.values())


class FindingQuerySet(models.QuerySet["SecurityFinding"]):
    def open(self) -> "FindingQuerySet":
        """Those that the newest look found as well."""
        return self.filter(closed_at__isnull=True)


class SecurityFinding(models.Model):
    """One thing that a check found, from the first look that found it to the last.

    `numbers` and `subjects` hold ids, numbers and names of settings or packages, never
    a customer's value. An acknowledgement is good for what was seen: when there is more
    of it, or it is worse, or the time is over, the finding counts again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    check_key = models.CharField(_("check"), max_length=60)
    code = models.CharField(_("what was found"), max_length=40)
    level = models.CharField(_("level"), max_length=10, choices=Level.choices)
    count = models.PositiveIntegerField(_("number"), default=1)
    numbers = models.JSONField(default=dict)
    subjects = models.JSONField(default=list)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(_("mended"), null=True)
    told_at = models.DateTimeField(null=True, editable=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_until = models.DateTimeField(_("acknowledged until"), null=True)
    why = SealedTextField[Any, Any](
        _("reason"), label="core.securityfinding.why", null=True, max_length=500
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("security finding")
        verbose_name_plural = _("security findings")
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(
                name="finding_level_known", condition=Q(level__in=Level.values)
            ),
            models.UniqueConstraint(
                name="one_open_finding_of_a_kind",
                fields=["check_key", "code"],
                condition=Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="finding_acknowledged_together",
                condition=Q(
                    acknowledged_by__isnull=True,
                    acknowledged_at__isnull=True,
                    acknowledged_until__isnull=True,
                )
                | Q(
                    acknowledged_by__isnull=False,
                    acknowledged_at__isnull=False,
                    acknowledged_until__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="finding_aside_for_ninety_days",
                condition=Q(acknowledged_until__isnull=True)
                | Q(acknowledged_until__lte=F("acknowledged_at") + LONGEST_PATIENCE),
            ),
        ]
        indexes = [
            models.Index(name="finding_newest", fields=["-last_seen"]),
        ]

    def __str__(self) -> str:
        return f"{self.check_key} {self.code}"

    def is_aside(self, now: dt.datetime) -> bool:
        """Tell whether somebody took this upon them for the time being."""
        until = self.acknowledged_until
        return until is not None and until > now

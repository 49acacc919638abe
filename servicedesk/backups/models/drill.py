"""One restore drill: a backup put back into a scratch database, and what that proved."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.backups.models.backup import Backup
from servicedesk.backups.models.run import ONE_AT_A_TIME, Run, RunQuerySet


class DrillState(models.TextChoices):
    DUE = "due", pgettext_lazy("drill state", "Waiting")
    RUNNING = "running", pgettext_lazy("drill state", "Running")
    PROVEN = "proven", pgettext_lazy("drill state", "Proven")
    FAILED = "failed", pgettext_lazy("drill state", "Failed")


class DrillQuerySet(RunQuerySet["Drill"]):
    def proven(self) -> Self:
        """Those that put a backup back and found it whole, newest first."""
        return self.filter(state=DrillState.PROVEN).order_by("-ended_at", "-pk")


class Drill(Run):
    """The drill of one backup. `backup` is chosen when it begins, if nobody named one.

    `findings` is a list of what is not as it should be: {"code": …, and ids, names of
    tables and numbers}; words are made of it for the reader. `seconds` says how long
    each step took. `report` is what is kept for inspectors.
    """

    backup = models.ForeignKey(
        Backup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="drills",
        verbose_name=_("backup"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DrillState.choices, default=DrillState.DUE
    )
    verdict = models.CharField(_("verdict"), max_length=40, blank=True)
    findings = models.JSONField(_("findings"), default=list)
    seconds = models.JSONField(_("seconds for each step"), default=dict)
    report = models.JSONField(_("report"), null=True)

    objects = DrillQuerySet.as_manager()

    audit_mask = ("report", "findings")

    class Meta:
        verbose_name = _("restore drill")
        verbose_name_plural = _("restore drills")
        default_permissions = ("view", "add")
        constraints = [
            *ONE_AT_A_TIME,
            models.CheckConstraint(
                name="drill_state_known", condition=Q(state__in=DrillState.values)
            ),
            models.CheckConstraint(
                name="drill_ends_when_over",
                condition=Q(state__in=["due", "running"], ended_at__isnull=True)
                | Q(state__in=["proven", "failed"], ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="drill_newest"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

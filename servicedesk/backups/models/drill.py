"""One restore drill: a backup put back into a scratch database, and what that proved."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.backups.models.backup import Backup


class DrillState(models.TextChoices):
    DUE = "due", pgettext_lazy("drill state", "Waiting")
    RUNNING = "running", pgettext_lazy("drill state", "Running")
    PROVEN = "proven", pgettext_lazy("drill state", "Proven")
    FAILED = "failed", pgettext_lazy("drill state", "Failed")


class DrillQuerySet(models.QuerySet["Drill"]):
    def unfinished(self) -> Self:
        """Those that wait or run; the database allows one."""
        return self.filter(state__in=[DrillState.DUE, DrillState.RUNNING])

    def proven(self) -> Self:
        """Those that put a backup back and found it whole, newest first."""
        return self.filter(state=DrillState.PROVEN).order_by("-ended_at", "-pk")


class Drill(models.Model):
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
    # A code of errors.py when it could not be made at all.
    error = models.CharField(_("what went wrong"), max_length=40, blank=True)
    detail = models.CharField(_("in detail"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("asked for"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    due_at = models.DateTimeField(_("due"))
    started_at = models.DateTimeField(_("begun"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    step = models.CharField(max_length=20, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    beat_at = models.DateTimeField(null=True)
    holder = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True)
    alone = models.BooleanField(default=True, editable=False)

    objects = DrillQuerySet.as_manager()

    audit_mask = ("report", "findings")

    class Meta:
        verbose_name = _("restore drill")
        verbose_name_plural = _("restore drills")
        default_permissions = ("view", "add")
        constraints = [
            models.CheckConstraint(
                name="drill_state_known", condition=Q(state__in=DrillState.values)
            ),
            models.CheckConstraint(
                name="drill_ends_when_over",
                condition=Q(state__in=["due", "running"], ended_at__isnull=True)
                | Q(state__in=["proven", "failed"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="drill_held_while_running",
                condition=Q(
                    state="running", holder__isnull=False, beat_at__isnull=False
                )
                | (~Q(state="running") & Q(holder__isnull=True)),
            ),
            models.UniqueConstraint(
                name="drill_alone",
                fields=["alone"],
                condition=Q(state__in=["due", "running"]),
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="drill_newest"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def bar(self) -> tuple[int | None, int]:
        """Value and length of a progress bar; None where the length is not known."""
        if not self.total:
            return None, 1
        return min(self.done, self.total), self.total

"""One backup: asked for, made, kept for its time, removed."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.backups.models.run import ONE_AT_A_TIME, Run, RunQuerySet


class BackupState(models.TextChoices):
    DUE = "due", pgettext_lazy("backup state", "Waiting")
    RUNNING = "running", pgettext_lazy("backup state", "Running")
    GOOD = "good", pgettext_lazy("backup state", "Good")
    FAILED = "failed", pgettext_lazy("backup state", "Failed")
    REMOVED = "removed", pgettext_lazy("backup state", "Removed")


BACKUP_MOVES: dict[BackupState, frozenset[BackupState]] = {
    BackupState.DUE: frozenset({BackupState.RUNNING, BackupState.FAILED}),
    BackupState.RUNNING: frozenset(
        {BackupState.GOOD, BackupState.FAILED, BackupState.DUE}
    ),
    BackupState.GOOD: frozenset({BackupState.REMOVED, BackupState.FAILED}),
    # One that was given up, or missing, and turns out to be there and whole.
    BackupState.FAILED: frozenset({BackupState.GOOD}),
    BackupState.REMOVED: frozenset(),
}


class Generation(models.TextChoices):
    """How long a backup is kept: until so many newer ones of its kind are there."""

    DAILY = "daily", pgettext_lazy("backup generation", "Daily")
    WEEKLY = "weekly", pgettext_lazy("backup generation", "Weekly")
    MONTHLY = "monthly", pgettext_lazy("backup generation", "Monthly")
    MANUAL = "manual", pgettext_lazy("backup generation", "By hand")


class Destination(models.TextChoices):
    FOLDER = "folder", pgettext_lazy("backup destination", "Folder on this server")
    S3 = "s3", pgettext_lazy("backup destination", "S3-compatible storage")


class BackupQuerySet(RunQuerySet["Backup"]):
    def good(self) -> Self:
        """Those that are whole and still there, newest first."""
        return self.filter(state=BackupState.GOOD).order_by("-started_at", "-pk")


class Backup(Run):
    """A set of sealed objects under one name, and how it came about.

    `name` is given when it begins: the moment in UTC and the row's number. `manifest`
    is a copy of the object that makes the set whole.
    """

    name = models.CharField(_("name"), max_length=40, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=BackupState.choices,
        default=BackupState.DUE,
    )
    generation = models.CharField(
        _("generation"), max_length=10, choices=Generation.choices
    )
    destination = models.CharField(
        _("destination"), max_length=10, choices=Destination.choices
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True)
    # All objects together, as they lie there.
    size = models.BigIntegerField(_("size"), default=0)
    # SHA-256 of the manifest's bytes, which hold the digests of the parts.
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    manifest = models.JSONField(_("manifest"), null=True)
    # What is left of one that failed is swept until it is gone.
    swept = models.BooleanField(default=False, editable=False)

    objects = BackupQuerySet.as_manager()

    # Table names, counts and digests: it is in the backup itself, and long.
    audit_mask = ("manifest",)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        default_permissions = ("view", "add")
        constraints = [
            *ONE_AT_A_TIME,
            models.CheckConstraint(
                name="backup_state_known", condition=Q(state__in=BackupState.values)
            ),
            models.CheckConstraint(
                name="backup_generation_known",
                condition=Q(generation__in=Generation.values),
            ),
            models.CheckConstraint(
                name="backup_destination_known",
                condition=Q(destination__in=Destination.values),
            ),
            models.CheckConstraint(
                name="backup_ends_when_over",
                condition=Q(state__in=["due", "running"], ended_at__isnull=True)
                | Q(state__in=["good", "failed", "removed"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="backup_error_when_failed",
                condition=Q(state="failed") ^ Q(error=""),
            ),
            models.CheckConstraint(
                name="backup_good_is_whole",
                condition=~Q(state="good")
                | (Q(manifest__isnull=False, size__gt=0) & ~Q(digest="") & ~Q(name="")),
            ),
            models.UniqueConstraint(
                name="backup_name_once", fields=["name"], condition=~Q(name="")
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="backup_newest"),
            models.Index(
                fields=["-started_at"],
                name="backup_good",
                condition=Q(state="good"),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"

    def may_become(self, state: BackupState) -> bool:
        """Tell whether the table of moves permits it."""
        return state in BACKUP_MOVES[BackupState(self.state)]

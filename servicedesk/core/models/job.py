"""Long work: a row that knows how far it is, who is at it, and how it ended."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.access import Reader, may
from servicedesk.core.ids import uuid7
from servicedesk.core.jobs import registry


class JobState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("job state", "Waiting")
    RUNNING = "running", pgettext_lazy("job state", "Running")
    DONE = "done", pgettext_lazy("job state", "Done")
    FAILED = "failed", pgettext_lazy("job state", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("job state", "Cancelled")


JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.DONE: frozenset(),
    JobState.CANCELLED: frozenset(),
}
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
_WORTH_AN_ESTIMATE = dt.timedelta(seconds=5)


class JobQuerySet(models.QuerySet["Job"]):
    def active(self) -> Self:
        """Those that are not over."""
        return self.filter(state__in=ACTIVE)

    def visible_to(self, user: Reader) -> Self:
        """One's own, those of kinds that one may start, or all with `core.view_job`."""
        if not user.is_authenticated:
            return self.none()
        if may(user, "core.view_job"):
            return self.all()
        kinds = [kind.key for kind in registry.kinds() if may(user, kind.permission)]
        return self.filter(Q(by=user.pk) | Q(kind__in=kinds))


class Job(models.Model):
    """One piece of long work, done in portions.

    Each portion and the cursor after it are one transaction that holds this row's
    lock: a crash neither loses nor repeats a portion. `holder` is the worker that is
    at it, `beat_at` its last sign of life; a holder that fell silent is replaced.
    `params`, `cursor` and `result` hold ids and numbers, never a customer's value.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    params = models.JSONField(_("given"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    alone = models.BooleanField(default=False, editable=False)
    cursor = models.JSONField(null=True, editable=False)
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("of"), null=True)
    result = models.JSONField(_("result"), null=True)
    # The name of what went wrong; the sentence is made for the reader.
    error = models.CharField(_("what went wrong"), max_length=80, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("begun"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True)
    due_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)
    holder = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # From where and when the pace is measured; a new try begins anew.
    pace_from = models.BigIntegerField(default=0)
    pace_since = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(
                name="job_state_known", condition=Q(state__in=JobState.values)
            ),
            models.CheckConstraint(
                name="job_ends_when_over",
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_held_while_running",
                condition=Q(holder__isnull=True)
                | Q(state="running", beat_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_error_when_failed",
                condition=Q(state="failed") ^ Q(error=""),
            ),
            models.UniqueConstraint(
                name="job_alone",
                fields=["kind"],
                condition=Q(alone=True, state__in=["queued", "running"]),
            ),
        ]
        indexes = [
            models.Index(
                name="job_due",
                fields=["due_at"],
                condition=Q(state__in=["queued", "running"]),
            ),
            models.Index(name="job_of_person", fields=["by", "-created_at"]),
            models.Index(name="job_newest", fields=["-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def may_become(self, state: JobState) -> bool:
        """Tell whether the table of moves permits it."""
        return state in JOB_MOVES[JobState(self.state)]

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def cancelling(self) -> bool:
        """Asked to stop, and the running portion is not over yet."""
        return self.active and self.cancel_asked_at is not None

    @property
    def bar(self) -> tuple[int | None, int]:
        """Value and length of a progress bar; None where the length is not known."""
        return (self.done, self.total) if self.total else (None, 1)

    def time_left(self, now: dt.datetime) -> dt.timedelta | None:
        """Reckon from the pace of this try; None while nobody can know."""
        if self.state != JobState.RUNNING or not self.total or self.pace_since is None:
            return None
        done, passed = self.done - self.pace_from, now - self.pace_since
        if done <= 0 or passed < _WORTH_AN_ESTIMATE:
            return None
        return passed * max(0, self.total - self.done) / done

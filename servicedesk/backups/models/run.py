"""What a backup and a drill have in common: long work that is done once, alone."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

DUE, RUNNING, FAILED = "due", "running", "failed"
"""The states that every kind of run has; how one ends well is its own."""
UNFINISHED = (DUE, RUNNING)
R = TypeVar("R", bound="Run")
# Of each kind: the database lets one wait or run, and knows who is at it.
ONE_AT_A_TIME: list[models.BaseConstraint] = [
    models.CheckConstraint(
        name="%(class)s_held_while_running",
        condition=Q(state=RUNNING, holder__isnull=False, beat_at__isnull=False)
        | (~Q(state=RUNNING) & Q(holder__isnull=True)),
    ),
    models.UniqueConstraint(
        name="%(class)s_alone",
        fields=["alone"],
        condition=Q(state__in=list(UNFINISHED)),
    ),
]


class RunQuerySet(models.QuerySet[R]):
    def unfinished(self) -> Self:
        """Those that wait or run; the database allows one of a kind."""
        return self.filter(state__in=UNFINISHED)


class Run(models.Model):
    """Who asked for it, who is at it, how far it is, and why it failed if it did.

    `holder` is the process that is at it, `beat_at` its last sign of life; when that
    grows old it has failed. Each kind has a `state` of its own.
    """

    state = models.CharField(_("state"), max_length=10, default=DUE)
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
    # A code of errors.py; the sentence is made for the reader.
    error = models.CharField(_("what went wrong"), max_length=40, blank=True)
    detail = models.CharField(_("in detail"), max_length=300, blank=True)
    # How far it is: a step's name, and how much of it.
    step = models.CharField(max_length=20, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    beat_at = models.DateTimeField(null=True)
    holder = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True)
    alone = models.BooleanField(default=True, editable=False)

    class Meta:
        abstract = True

    @property
    def number(self) -> int:
        """What people call it."""
        return int(self.pk)

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def stopping(self) -> bool:
        """Asked to stop, and not over yet."""
        return self.unfinished and self.cancel_asked_at is not None

    @property
    def bar(self) -> tuple[int | None, int]:
        """Value and length of a progress bar; None where the length is not known."""
        if not self.total:
            return None, 1
        return min(self.done, self.total), self.total

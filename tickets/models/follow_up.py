"""The 48-hour follow-up (48小时回访) that every resolution owes."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7
from servicedesk.staff.models import Team, User
from tickets.models.ticket import Ticket, seen_by

ASK_AFTER = dt.timedelta(minutes=2)
"""Leaves room to undo before the customer is asked."""
CALL_AFTER = dt.timedelta(hours=24)
DUE_AFTER = dt.timedelta(hours=48)
TRIES = 3
"""So many calls without an answer make a customer unreachable."""
TRY_GAP = dt.timedelta(hours=2)
"""So far apart two calls without an answer have to be, to count as two."""


def scaled(span: dt.timedelta) -> dt.timedelta:
    """Return the span, divided by the demonstration speed; 1 in production."""
    return span / settings.FOLLOW_UP_SPEED


class FollowUpStage(models.TextChoices):
    SCHEDULED = "scheduled", pgettext_lazy("follow-up stage", "Scheduled")
    ASKED = "asked", pgettext_lazy("follow-up stage", "Customer asked")
    CALL = "call", pgettext_lazy("follow-up stage", "Call due")
    DONE = "done", pgettext_lazy("follow-up stage", "Done")
    CANCELLED = "cancelled", pgettext_lazy("follow-up stage", "Cancelled")


OWED = (FollowUpStage.SCHEDULED, FollowUpStage.ASKED, FollowUpStage.CALL)


class FollowUpOutcome(models.TextChoices):
    SATISFIED = "satisfied", pgettext_lazy("follow-up outcome", "Satisfied")
    NOT_SATISFIED = "not_satisfied", pgettext_lazy("follow-up outcome", "Not satisfied")
    UNREACHABLE = "unreachable", pgettext_lazy("follow-up outcome", "Unreachable")


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Narrow to the follow-ups of tickets that the user sees."""
        seen = seen_by(user, "ticket__")
        return self.none() if seen is None else self.filter(seen)

    def owed(self) -> Self:
        return self.filter(stage__in=OWED)

    def owed_first(self) -> Self:
        """Order by what counts now: what is owed, then the newest.

        By the stage first: of two machines with different clocks, the later
        resolution may bear the earlier time.
        """
        owed = models.Case(models.When(stage__in=OWED, then=0), default=1)
        return self.order_by(owed, "-resolved_at")


class FollowUp(models.Model):
    """Exactly one for each resolution; at most one owed per ticket."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="follow_ups"
    )
    resolved_at = models.DateTimeField(_("resolution"))
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    stage = models.CharField(
        _("stage"),
        max_length=10,
        choices=FollowUpStage.choices,
        default=FollowUpStage.SCHEDULED,
    )
    # When the sweep has to look at it next; one of ask, call, missed.
    next_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("due"))
    asked_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("calls tried"), default=0)
    # When the last of these calls was.
    tried_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=FollowUpOutcome.choices, blank=True
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    words = models.TextField(_("what the customer said"), blank=True)

    objects = FollowUpQuerySet.as_manager()

    # That the customer said something is logged, not what it was.
    audit_mask = ("words",)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.CheckConstraint(
                name="follow_up_stage_known",
                condition=Q(stage__in=FollowUpStage.values),
            ),
            models.UniqueConstraint(
                name="one_owed_follow_up_per_ticket",
                fields=["ticket"],
                condition=Q(stage__in=OWED),
            ),
            models.UniqueConstraint(
                name="one_follow_up_per_resolution", fields=["ticket", "resolved_at"]
            ),
            models.CheckConstraint(
                name="follow_up_done_has_an_outcome",
                condition=~Q(stage="done")
                | (Q(outcome__in=FollowUpOutcome.values) & Q(done_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                name="follow_up_next",
                fields=["next_at"],
                condition=Q(stage__in=OWED, next_at__isnull=False),
            ),
            models.Index(
                name="follow_up_owner",
                fields=["owner", "due_at"],
                condition=Q(stage__in=OWED),
            ),
            models.Index(
                name="follow_up_team",
                fields=["team", "due_at"],
                condition=Q(stage__in=OWED),
            ),
            models.Index(
                name="follow_up_team_done",
                fields=["team", "done_at"],
                condition=Q(done_at__isnull=False),
            ),
            models.Index(
                name="follow_up_team_missed",
                fields=["team", "missed_at"],
                condition=Q(missed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.stage}"

    @property
    def next_try_at(self) -> dt.datetime | None:
        """Return when the next unanswered call counts; None before the first one."""
        return None if self.tried_at is None else self.tried_at + scaled(TRY_GAP)

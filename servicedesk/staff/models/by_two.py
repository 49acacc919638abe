"""What takes two people: whatever shows or allows more waits for another (双人确认)."""

import datetime as dt
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7
from servicedesk.staff.models.user import User

WAITS: Final = dt.timedelta(days=7)
"""What nobody confirmed for so long is asked for no longer."""


class ChangeState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("change by two", "Waiting for another")
    IN_FORCE = "in_force", pgettext_lazy("change by two", "In force")
    DROPPED = "dropped", pgettext_lazy("change by two", "Dropped")
    LAPSED = "lapsed", pgettext_lazy("change by two", "Lapsed")


class ChangeByTwo(models.Model):
    """One change: what by which name, by whom; what raises waits for another person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # By name: what they were, and what they become.
    before = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    raises = models.BooleanField(_("lets more pass"))
    state = models.CharField(_("state"), max_length=10, choices=ChangeState.choices)
    by = models.ForeignKey(
        User, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("when"))
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = models.Manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_state_known",
                condition=Q(state__in=ChangeState.values),
            ),
            models.CheckConstraint(
                name="%(class)s_raises_by_two",
                condition=~Q(state="in_force")
                | Q(raises=False)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("by"))),
            ),
        ]

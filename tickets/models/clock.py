"""Service-level clocks: a target, the due time it yields, and append-only intervals."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.models import CalendarVersion
from servicedesk.staff.models import Team, User
from tickets.models.service_level import ServiceLevelVersion
from tickets.models.ticket import Ticket


class ClockTarget(models.TextChoices):
    FIRST_RESPONSE = "first_response", pgettext_lazy("clock", "First response")
    NEXT_RESPONSE = "next_response", pgettext_lazy("clock", "Next response")
    RESOLUTION = "resolution", pgettext_lazy("clock", "Resolution")


class ClockState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("clock state", "Running")
    PAUSED = "paused", pgettext_lazy("clock state", "Paused")
    MET = "met", pgettext_lazy("clock state", "Met")
    BREACHED = "breached", pgettext_lazy("clock state", "Breached")
    CANCELLED = "cancelled", pgettext_lazy("clock state", "Cancelled")


LIVE = (ClockState.RUNNING, ClockState.PAUSED)
"""The states in which the clock has not been stopped."""


class ServiceClock(models.Model):
    """A promise on one ticket. `breached_at` may be set while it still runs."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks")
    target = models.CharField(max_length=20, choices=ClockTarget.choices)
    state = models.CharField(
        max_length=10, choices=ClockState.choices, default=ClockState.RUNNING
    )
    seconds = models.PositiveIntegerField(_("target (seconds of open time)"))
    level = models.ForeignKey(
        ServiceLevelVersion, on_delete=models.PROTECT, related_name="+"
    )
    calendar = models.ForeignKey(
        CalendarVersion, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    elapsed = models.FloatField(_("open seconds used"), null=True, blank=True)
    # Who gets the credit: the person who acted, and the team at that moment.
    met_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    audit_skip = "its intervals and events are its history"

    class Meta:
        verbose_name = _("service clock")
        verbose_name_plural = _("service clocks")
        constraints = [
            models.CheckConstraint(
                name="clock_state_known", condition=Q(state__in=ClockState.values)
            ),
            models.UniqueConstraint(
                name="one_live_clock_per_target",
                fields=["ticket", "target"],
                condition=Q(state__in=LIVE),
            ),
            models.CheckConstraint(
                name="running_clock_has_a_due_time",
                condition=~Q(state="running") | Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="clock_due",
                fields=["due_at"],
                condition=Q(state="running", breached_at__isnull=True),
            ),
            models.Index(
                name="clock_warn",
                fields=["warn_at"],
                condition=Q(
                    state="running", warned_at__isnull=True, breached_at__isnull=True
                ),
            ),
            models.Index(
                name="clock_stopped",
                fields=["team", "target", "stopped_at"],
                condition=Q(stopped_at__isnull=False),
            ),
        ]


class ClockInterval(models.Model):
    """A stretch of time in one state. Append-only, but for the end of the last one."""

    clock = models.ForeignKey(
        ServiceClock, on_delete=models.CASCADE, related_name="intervals"
    )
    state = models.CharField(max_length=10)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)

    audit_skip = "is itself a history row"

    class Meta:
        verbose_name = _("clock interval")
        verbose_name_plural = _("clock intervals")
        constraints = [
            models.CheckConstraint(
                name="interval_state_known",
                condition=Q(state__in=["running", "paused"]),
            ),
            models.CheckConstraint(
                name="interval_forward",
                condition=Q(end__isnull=True) | Q(end__gte=models.F("start")),
            ),
            models.UniqueConstraint(
                name="one_open_interval_per_clock",
                fields=["clock"],
                condition=Q(end__isnull=True),
            ),
        ]
        indexes = [models.Index(name="interval_clock", fields=["clock", "start"])]

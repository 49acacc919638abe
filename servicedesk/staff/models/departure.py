"""Leaving (离职交接): when somebody leaves, who takes over, and how far it is."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models.team import Team
from servicedesk.staff.models.user import User


class DepartureState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("departure", "Planned")
    RUNNING = "running", pgettext_lazy("departure", "Work is handed over")
    DONE = "done", pgettext_lazy("departure", "Done")
    CANCELLED = "cancelled", pgettext_lazy("departure", "Cancelled")


OPEN = (DepartureState.PLANNED, DepartureState.RUNNING)


class Departure(models.Model):
    """That a person leaves, at which moment; one at a time is not over."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="departures")
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=DepartureState.choices,
        default=DepartureState.PLANNED,
    )
    leaves_at = models.DateTimeField(_("leaves"))
    planned_by = models.ForeignKey(
        User, verbose_name=_("planned by"), on_delete=models.PROTECT, related_name="+"
    )
    planned_at = models.DateTimeField(_("planned"))
    begun_at = models.DateTimeField(_("account closed"), null=True)
    ended_at = models.DateTimeField(_("over"), null=True)
    # How many pieces of work were handed to whom, by the key of the person; "" is nobody.
    handed = models.JSONField(_("handed over"), default=dict)

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        default_permissions = ("add",)
        constraints = [
            models.CheckConstraint(
                name="departure_state_known",
                condition=Q(state__in=DepartureState.values),
            ),
            models.UniqueConstraint(
                name="one_departure_at_a_time",
                fields=["user"],
                condition=Q(state__in=["planned", "running"]),
            ),
            models.CheckConstraint(
                name="departure_times",
                condition=Q(state="planned", begun_at__isnull=True)
                | Q(state="running", begun_at__isnull=False, ended_at__isnull=True)
                | Q(state="done", begun_at__isnull=False, ended_at__isnull=False)
                | Q(state="cancelled", begun_at__isnull=True, ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="departure_due", fields=["leaves_at"], condition=Q(state="planned")
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state}"


class Successor(models.Model):
    """Who takes over what somebody holds in one team."""

    departure = models.ForeignKey(
        Departure, on_delete=models.CASCADE, related_name="successors"
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    to = models.ForeignKey(
        User, verbose_name=_("successor"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("successor")
        verbose_name_plural = _("successors")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="one_successor_per_team", fields=["departure", "team"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.departure_id} {self.team_id}"

"""One row for each thing that happened to a ticket, for people to read."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models import User
from tickets.models.ticket import Ticket


class EventKind(models.TextChoices):
    CREATED = "created", pgettext_lazy("ticket event", "Received")
    TAKEN = "taken", pgettext_lazy("ticket event", "Taken")
    ASSIGNED = "assigned", pgettext_lazy("ticket event", "Assigned")
    STATUS = "status", pgettext_lazy("ticket event", "Status changed")
    CLASSIFIED = "classified", pgettext_lazy("ticket event", "Classified")
    TRANSFERRED = "transferred", pgettext_lazy("ticket event", "Transferred")
    ESCALATED = "escalated", pgettext_lazy("ticket event", "Escalated")
    RESOLVED = "resolved", pgettext_lazy("ticket event", "Resolved")
    REOPENED = "reopened", pgettext_lazy("ticket event", "Reopened")
    CLOSED = "closed", pgettext_lazy("ticket event", "Closed")
    UNDONE = "undone", pgettext_lazy("ticket event", "Undone")
    WARNED = "warned", pgettext_lazy("ticket event", "Due soon")
    BREACHED = "breached", pgettext_lazy("ticket event", "Service level breached")
    ASKED = (
        "asked",
        pgettext_lazy("ticket event", "Customer asked whether it is solved"),
    )
    CALL_DUE = "call_due", pgettext_lazy("ticket event", "Follow-up call due")
    MISSED = "missed", pgettext_lazy("ticket event", "Follow-up missed")
    FOLLOWED_UP = "followed_up", pgettext_lazy("ticket event", "Followed up")


class TicketEvent(models.Model):
    """Who did what, when, from what to what, and why. Never changed, never deleted."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    audit_skip = "is itself a history row"

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        indexes = [
            models.Index(name="event_ticket_order", fields=["ticket", "at", "id"])
        ]

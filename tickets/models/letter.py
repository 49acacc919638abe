"""E-mail that is due, and the signed address of the customer's page."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import ContactPoint
from servicedesk.core.ids import uuid7
from tickets.models.message import Message
from tickets.models.ticket import Ticket


class LetterKind(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("letter", "Request received")
    REPLY = "reply", pgettext_lazy("letter", "Reply")
    TRANSFER = "transfer", pgettext_lazy("letter", "Transferred")
    RESOLVED = "resolved", pgettext_lazy("letter", "Resolved: is it solved?")


class LetterState(models.TextChoices):
    DUE = "due", pgettext_lazy("letter state", "Waiting to be sent")
    SENDING = "sending", pgettext_lazy("letter state", "Being sent")
    SENT = "sent", pgettext_lazy("letter state", "Sent")
    FAILED = "failed", pgettext_lazy("letter state", "Failed")
    UNSURE = "unsure", pgettext_lazy("letter state", "Possibly sent")
    CANCELLED = "cancelled", pgettext_lazy("letter state", "Cancelled")


class Letter(models.Model):
    """A letter owed to a customer. Its text is made when it is sent, from ids.

    A letter is taken by one conditional update to `sending`. If the process dies
    before noting the outcome, nobody can know whether the mail server had it: the
    letter becomes `unsure`, is shown, and is never silently repeated.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=LetterKind.choices)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, blank=True, related_name="letters"
    )
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(
        max_length=10, choices=LetterState.choices, default=LetterState.DUE
    )
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    audit_skip = "its state is its history"

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.CheckConstraint(
                name="letter_state_known", condition=Q(state__in=LetterState.values)
            )
        ]
        indexes = [
            models.Index(
                name="letter_due", fields=["due_at"], condition=Q(state="due")
            ),
            models.Index(
                name="letter_taken", fields=["taken_at"], condition=Q(state="sending")
            ),
            models.Index(
                name="letter_trouble",
                fields=["due_at"],
                condition=Q(state__in=["failed", "unsure"]),
            ),
        ]


class TicketLink(models.Model):
    """The customer's way to a ticket's page: signed, expiring, revocable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("customer's link")
        verbose_name_plural = _("customer's links")
        indexes = [models.Index(name="link_ticket", fields=["ticket", "-created_at"])]

"""What was said: messages, their attachments, and drafts not yet sent."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User
from tickets.models.status import Channel
from tickets.models.ticket import Ticket


class MessageKind(models.TextChoices):
    INBOUND = "inbound", pgettext_lazy("message kind", "From the customer")
    OUTBOUND = "outbound", pgettext_lazy("message kind", "To the customer")
    NOTE = "note", pgettext_lazy("message kind", "Internal note")


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveIntegerField(_("position in the conversation"))
    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    channel = models.CharField(max_length=20, choices=Channel.choices)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    body = models.TextField(_("text"))
    # The page's own id of the message: posting the same form twice sends it once.
    client_key = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    audit_skip = "is itself a history row, and is never changed"

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["ticket", "seq"]
        constraints = [
            models.UniqueConstraint(
                name="message_position_once", fields=["ticket", "seq"]
            ),
            models.UniqueConstraint(
                name="message_client_key_once", fields=["ticket", "client_key"]
            ),
            models.CheckConstraint(
                name="message_kind_known", condition=Q(kind__in=MessageKind.values)
            ),
            models.CheckConstraint(
                name="message_from_staff_has_an_author",
                condition=Q(kind=MessageKind.INBOUND) | Q(author__isnull=False),
            ),
        ]


class Attachment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="attachments"
    )
    file = models.FileField(upload_to="attachments/%Y/%m")
    name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size (bytes)"))
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    audit_skip = "belongs to a message, and is never changed"

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]


class Draft(models.Model):
    """What somebody has begun to write on a ticket; kept until sent or emptied."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    body = models.TextField()
    changed_at = models.DateTimeField()

    audit_skip = "unsent words"

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(
                name="one_draft_per_ticket_user_kind",
                fields=["ticket", "user", "kind"],
            )
        ]

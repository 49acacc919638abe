"""What people should hear of, in the page and by e-mail, and how they want it."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7

KEY_LENGTH = 120


class Way(models.TextChoices):
    PAGE = "page", pgettext_lazy("notification", "In the page")
    MAIL = "mail", pgettext_lazy("notification", "In the page and by e-mail")
    DIGEST = "digest", pgettext_lazy("notification", "In the page and once a day")
    NONE = "none", pgettext_lazy("notification", "Not at all")


class MailState(models.TextChoices):
    DUE = "due", pgettext_lazy("letter state", "Waiting to be sent")
    SENDING = "sending", pgettext_lazy("letter state", "Being sent")
    SENT = "sent", pgettext_lazy("letter state", "Sent")
    FAILED = "failed", pgettext_lazy("letter state", "Failed")
    UNSURE = "unsure", pgettext_lazy("letter state", "Possibly sent")
    SKIPPED = "skipped", pgettext_lazy("letter state", "Not needed")


class Notification(models.Model):
    """One thing that one person should hear of; its text is made for the reader.

    `ref` and `data` hold ids and numbers, never a customer's value. `key` names the
    event: the same event twice is one notification. The e-mail is a duty of the same
    row: due at a time, taken by a conditional update, and never silently repeated.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    key = models.CharField(max_length=KEY_LENGTH)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=10, choices=Way.choices)
    mail_state = models.CharField(max_length=10, choices=MailState.choices)
    mail_due_at = models.DateTimeField()
    mail_taken_at = models.DateTimeField(null=True)
    mail_sent_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_error = models.CharField(max_length=200, blank=True, default="")

    audit_skip = "tells of what the audit log has already"

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(name="notification_once", fields=["user", "key"]),
            models.CheckConstraint(
                name="notification_way_known", condition=Q(way__in=Way.values)
            ),
            models.CheckConstraint(
                name="notification_mail_known",
                condition=Q(mail_state__in=MailState.values),
            ),
        ]
        indexes = [
            models.Index(
                name="notification_unread",
                fields=["user", "-id"],
                condition=Q(read_at__isnull=True),
            ),
            models.Index(name="notification_of_person", fields=["user", "-id"]),
            models.Index(
                name="notification_mail_due",
                fields=["mail_due_at"],
                condition=Q(mail_state="due"),
            ),
            models.Index(
                name="notification_mail_taken",
                fields=["mail_taken_at"],
                condition=Q(mail_state="sending"),
            ),
            models.Index(
                name="notification_mail_sent",
                fields=["user", "mail_sent_at"],
                condition=Q(mail_state="sent"),
            ),
            models.Index(
                name="notification_read",
                fields=["read_at"],
                condition=Q(read_at__isnull=False),
            ),
        ]


class NotificationChoice(models.Model):
    """How one person wants to hear of one kind; without a row the kind's own way."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=60)
    way = models.CharField(max_length=10, choices=Way.choices)

    class Meta:
        verbose_name = _("choice of notification")
        verbose_name_plural = _("choices of notification")
        constraints = [
            models.UniqueConstraint(
                name="notification_choice_once", fields=["user", "kind"]
            ),
            models.CheckConstraint(
                name="notification_choice_known", condition=Q(way__in=Way.values)
            ),
        ]


class QuietHours(models.Model):
    """When one person gets no e-mail; without a row from 22:00 to 08:00."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    begin = models.TimeField(_("from"), default=dt.time(22))
    end = models.TimeField(_("to"), default=dt.time(8))
    weekends = models.BooleanField(_("weekends too"), default=False)
    urgent_passes = models.BooleanField(_("what is urgent may come"), default=False)
    also_present = models.BooleanField(_("also while I am here"), default=False)

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")

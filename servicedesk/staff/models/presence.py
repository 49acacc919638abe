"""Who is there, and how much they can take."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models.user import User


class PresenceState(models.TextChoices):
    ONLINE = "online", pgettext_lazy("presence", "Online")
    BUSY = "busy", pgettext_lazy("presence", "Busy")
    AWAY = "away", pgettext_lazy("presence", "Away")
    OFFLINE = "offline", pgettext_lazy("presence", "Offline")


class Presence(models.Model):
    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="presence"
    )
    state = models.CharField(
        _("presence"),
        max_length=10,
        choices=PresenceState.choices,
        default=PresenceState.OFFLINE,
    )
    changed_at = models.DateTimeField(_("changed"))
    seen_at = models.DateTimeField(_("last seen"))
    ticket_capacity = models.PositiveSmallIntegerField(
        _("open tickets at once"), default=25, validators=[MaxValueValidator(500)]
    )
    chat_capacity = models.PositiveSmallIntegerField(
        _("chats at once"), default=3, validators=[MaxValueValidator(50)]
    )

    audit_skip = "changes each minute; says nothing about customers"

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [
            models.CheckConstraint(
                name="presence_state_known",
                condition=Q(state__in=PresenceState.values),
            )
        ]
        indexes = [
            models.Index(
                name="presence_seen",
                fields=["seen_at"],
                condition=~Q(state=PresenceState.OFFLINE),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_state_display())

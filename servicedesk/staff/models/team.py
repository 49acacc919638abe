"""Teams (部门/小组) and who belongs to them."""

from typing import Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.models import BusinessCalendar
from servicedesk.core.models.names import Named
from servicedesk.staff.models.user import User


class TeamFunction(models.TextChoices):
    MANAGEMENT = "management", pgettext_lazy("team function", "Management")
    CALL_CENTRE = "call_centre", pgettext_lazy("team function", "Call centre")
    TECHNICAL = "technical", pgettext_lazy("team function", "Technical support")
    COMPLAINTS = "complaints", pgettext_lazy("team function", "Complaints")
    QUALITY = "quality", pgettext_lazy("team function", "Training and quality")
    LOGISTICS = "logistics", pgettext_lazy("team function", "Logistics")
    OTHER = "other", pgettext_lazy("team function", "Other")


class TeamQuerySet(models.QuerySet["Team"]):
    def active(self) -> Self:
        return self.filter(active=True)

    def of(self, user: User) -> Self:
        """Return the teams that the user belongs to."""
        return self.filter(memberships__user=user)

    def led_by(self, user: User) -> Self:
        return self.filter(memberships__user=user, memberships__lead=True)


class Team(Named):
    slug = models.SlugField(_("short name"), unique=True)
    function = models.CharField(
        _("function"), max_length=20, choices=TeamFunction.choices
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        verbose_name=_("business calendar"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    group = models.OneToOneField(
        Group,
        verbose_name=_("permission group"),
        on_delete=models.PROTECT,
        related_name="team",
        editable=False,
    )
    active = models.BooleanField(_("active"), default=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="team_function_known",
                condition=Q(function__in=TeamFunction.values),
            )
        ]


class Membership(models.Model):
    user = models.ForeignKey(
        User,
        verbose_name=_("member of staff"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    lead = models.BooleanField(
        _("leads the team"),
        default=False,
        help_text=_("Escalated tickets and missed follow-ups go to the lead."),
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                name="one_membership_per_user_and_team", fields=["user", "team"]
            )
        ]
        indexes = [models.Index(name="membership_team_lead", fields=["team", "lead"])]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"

"""Roles: Django groups that carry what a person may do."""

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.models.names import Named


class RoleKey(models.TextChoices):
    AGENT = "agent", pgettext_lazy("role", "Agent")
    SENIOR_AGENT = "senior_agent", pgettext_lazy("role", "Senior agent")
    SUPERVISOR = "supervisor", pgettext_lazy("role", "Supervisor")
    COMPLAINT_OFFICER = "complaint_officer", pgettext_lazy("role", "Complaint officer")
    QUALITY_ANALYST = "quality_analyst", pgettext_lazy("role", "Quality analyst")
    TRAINER = "trainer", pgettext_lazy("role", "Trainer")
    KNOWLEDGE_EDITOR = "knowledge_editor", pgettext_lazy("role", "Knowledge editor")
    DATA_PROTECTION_OFFICER = (
        "data_protection_officer",
        pgettext_lazy("role", "Data protection officer"),
    )
    MANAGEMENT = "management", pgettext_lazy("role", "Management")
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "Administrator")


class Role(Named):
    """Names the group of a role; the group's permissions are the admin's to change."""

    key = models.CharField(
        _("key"), max_length=40, unique=True, choices=RoleKey.choices
    )
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="role")
    second_factor = models.BooleanField(
        _("must have a second factor"),
        default=False,
        db_default=False,
        help_text=_(
            "Whoever has the role and neither an app nor a passkey gets to the page "
            "that sets one up, and to no other, once the days are over."
        ),
    )
    second_factor_days = models.PositiveSmallIntegerField(
        _("days to set it up"),
        default=7,
        db_default=7,
        validators=[MaxValueValidator(90)],
        help_text=_("Counted from the day on which it was demanded of the role."),
    )
    second_factor_since = models.DateTimeField(
        _("demanded since"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.CheckConstraint(
                name="second_factor_demanded_since",
                condition=Q(second_factor=False, second_factor_since=None)
                | Q(second_factor=True, second_factor_since__isnull=False),
            )
        ]

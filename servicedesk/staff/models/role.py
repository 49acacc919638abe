"""Roles: Django groups that carry what a person may do."""

from django.contrib.auth.models import Group
from django.db import models
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

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

"""An export of customers (导出): asked for, approved by another, watermarked, forgotten."""

from typing import Self, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.reveal import RevealPurpose
from servicedesk.core.access import Reader, may
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.core.models import Job
from servicedesk.staff.models import User
from servicedesk.staff.queries import led_team_ids


class ExportState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("export state", "Waiting for approval")
    RUNNING = "running", pgettext_lazy("export state", "Being made")
    READY = "ready", pgettext_lazy("export state", "Ready")
    REFUSED = "refused", pgettext_lazy("export state", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("export state", "Withdrawn")
    FAILED = "failed", pgettext_lazy("export state", "Failed")
    FORGOTTEN = "forgotten", pgettext_lazy("export state", "No longer kept")


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", pgettext_lazy("export format", "Excel (XLSX)")
    CSV = "csv", pgettext_lazy("export format", "Text (CSV)")


class ExportQuerySet(models.QuerySet["ExportRequest"]):
    def visible_to(self, user: Reader) -> Self:
        """Narrow to one's own, and to those that one could approve.

        A data protection officer sees all; a lead those of whose customers all belong
        to teams that they lead.
        """
        if user.pk is None:
            return self.none()
        seen = Q(pk__in=[])
        if may(user, "customers.export_customer"):
            seen |= Q(by=user.pk)
        if may(user, "customers.approve_export"):
            if may(user, "customers.watch_access"):
                return self.all()
            led = sorted(led_team_ids(cast("User", user)))
            seen |= Q(teams__contained_by=led, teams__len__gt=0)
        return self.filter(seen)


class ExportRequest(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(
        User, verbose_name=_("asked by"), on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ExportState.choices,
        default=ExportState.ASKED,
    )
    format = models.CharField(_("format"), max_length=4, choices=ExportFormat.choices)
    # Which customers: kind, team, tag, since, until; and which columns. Keys and dates.
    filters = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    # The teams whose customers are in it: their leads answer for them, and no customer
    # of another team comes in after it was asked for.
    teams = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], editable=False
    )
    purpose = models.CharField(
        _("purpose"), max_length=20, choices=RevealPurpose.choices
    )
    reason = SealedTextField(
        _("reason"), label="customers.exportrequest.reason", max_length=500
    )
    expected = models.PositiveIntegerField(_("customers when asked"), default=0)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    count = models.PositiveIntegerField(_("customers"), default=0)
    ready_at = models.DateTimeField(_("ready"), null=True)
    forget_at = models.DateTimeField(null=True)
    downloads = models.PositiveSmallIntegerField(_("downloads"), default=0)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export of customers")
        verbose_name_plural = _("exports of customers")
        constraints = [
            models.CheckConstraint(
                name="export_values_known",
                condition=Q(
                    state__in=ExportState.values,
                    format__in=ExportFormat.values,
                    purpose__in=RevealPurpose.values,
                ),
            ),
            models.CheckConstraint(
                name="nobody_approves_their_own_export",
                condition=Q(decided_by=None) | ~Q(decided_by=F("by")),
            ),
            models.CheckConstraint(
                name="export_made_after_approval",
                condition=~Q(state__in=["running", "ready"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="export_newest", fields=["-id"]),
            models.Index(
                name="export_to_forget",
                fields=["forget_at"],
                condition=Q(state__in=["running", "ready", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.mark

    @property
    def mark(self) -> str:
        """The mark that every sheet of this export carries, such as E-5f3a09."""
        return f"E-{str(self.pk)[-6:]}"


class ExportPart(models.Model):
    """Some rows of the export, as this reader sees them: JSON, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    export = models.ForeignKey(
        ExportRequest, on_delete=models.CASCADE, related_name="parts"
    )
    place = models.PositiveIntegerField()
    content = SealedTextField(label="customers.exportpart.content")

    audit_skip = "is a piece of an export, which is logged"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_export_part_a_place", fields=["export", "place"]
            )
        ]

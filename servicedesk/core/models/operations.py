"""Who runs, which sweeps came to their end, and whether the desk is closed for a while."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class HeartKind(models.TextChoices):
    """What lives; a queue lives when a worker took from it what a beat put in."""

    WEB = "web", pgettext_lazy("process", "Web")
    WORKER = "worker", pgettext_lazy("process", "Worker")
    BEAT = "beat", pgettext_lazy("process", "Beat")
    QUEUE = "queue", pgettext_lazy("process", "Queue")


class Heartbeat(models.Model):
    """The last sign of life of a process or a queue; `name` is host and process id.

    `since` is the start of a process; of a queue, when the tick that was taken last had
    been sent, so that `at - since` is how long it waited.
    """

    kind = models.CharField(max_length=10, choices=HeartKind.choices)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=40, blank=True)
    queues = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField()
    at = models.DateTimeField()

    audit_skip = "is a measurement"

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="heartbeat_once", fields=["kind", "name"]),
            models.CheckConstraint(
                name="heartbeat_kind_known", condition=Q(kind__in=HeartKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Sweep(models.Model):
    """When a task of the timetable last came to its end, and its failures since."""

    name = models.CharField(primary_key=True, max_length=100)
    # When it was first expected: a task that never ran is late from then on.
    since = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    # The name of the error's class; its words could hold what a customer said.
    fault = models.CharField(max_length=100, blank=True)

    audit_skip = "is a measurement"

    class Meta:
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Maintenance(models.Model):
    """The desk is closed to all but administrators, from `begun_at` to `ended_at`."""

    begun_at = models.DateTimeField(_("begun"))
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(
        _("reason"), max_length=200, help_text=_("For colleagues and the audit log.")
    )
    until = models.DateTimeField(
        _("probably until"),
        null=True,
        help_text=_("What people are told; it ends when you end it."),
    )
    message_zh = models.TextField(_("message in Chinese"), max_length=500, blank=True)
    message_en = models.TextField(_("message in English"), max_length=500, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("times of maintenance")
        default_permissions = ("view", "change")
        constraints = [
            # Two that have not ended would be alike here.
            models.UniqueConstraint(
                name="one_maintenance_at_a_time",
                fields=["ended_at"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="maintenance_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("begun_at")),
            ),
        ]
        indexes = [models.Index(name="maintenance_newest", fields=["-begun_at"])]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M}"

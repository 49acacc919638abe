"""What was done about keys, and how many values each key holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7


class KeyWork(models.TextChoices):
    """The long work about keys."""

    ROTATE = "rotate", pgettext_lazy("work on keys", "Encrypt anew")
    REINDEX = "reindex", pgettext_lazy("work on keys", "Index anew")
    VERIFY = "verify", pgettext_lazy("work on keys", "Read everything once")


class KeyRun(models.Model):
    """One run through all sealed values; its cursor moves with each portion.

    It is created once, which is its entry in the audit log, and then only updated in
    place. `result` and `cursor` hold ids and numbers, never a value.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    work = models.CharField(_("work"), max_length=10, choices=KeyWork.choices)
    cursor = models.JSONField(null=True, editable=False)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    result = models.JSONField(null=True, editable=False)
    started_at = models.DateTimeField(_("started"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(_("last portion"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("run about keys")
        verbose_name_plural = _("runs about keys")
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(
                name="key_work_known", condition=Q(work__in=KeyWork.values)
            ),
            models.UniqueConstraint(
                name="one_key_run_at_a_time",
                fields=["work"],
                condition=Q(finished_at__isnull=True),
            ),
        ]
        indexes = [models.Index(name="key_run_newest", fields=["work", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.work} {self.started_at:%Y-%m-%d %H:%M}"


class KeyCount(models.Model):
    """How many values of each field and index each key held at one moment.

    `fields` and `indexes` are {name: {version: number}}; version 0 is what is no sealed
    value at all.
    """

    at = models.DateTimeField(_("counted"))
    seconds = models.FloatField(_("seconds it took"))
    fields = models.JSONField()
    indexes = models.JSONField()

    audit_skip = "is a measurement"

    class Meta:
        verbose_name = _("count of values by key")
        verbose_name_plural = _("counts of values by key")
        default_permissions = ()
        indexes = [models.Index(name="key_count_newest", fields=["-at"])]


class KeyBackup(models.Model):
    """One backup of the keys: which it holds, for whom it is, and when two opened it.

    The keys themselves are in a file that only the two groups of people can open.
    `marks` is {kind: {version: mark}}; `group_one` and `group_two` name the recipients.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    made_at = models.DateTimeField(_("made"))
    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    marks = models.JSONField()
    group_one = models.JSONField()
    group_two = models.JSONField()
    proved_at = models.DateTimeField(_("opened by two people"), null=True)

    class Meta:
        verbose_name = _("backup of keys")
        verbose_name_plural = _("backups of keys")
        default_permissions = ()
        indexes = [models.Index(name="key_backup_newest", fields=["-made_at"])]

    def __str__(self) -> str:
        return self.name

    def holds(self, kind: str, version: int, mark: str) -> bool:
        """Tell whether this very key is in it, not only one of the same name."""
        return bool(self.marks.get(kind, {}).get(str(version)) == mark)

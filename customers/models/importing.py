"""An import of customers (导入): a file, what its columns mean, and what became of it.

The file is personal data, so it lies here in sealed parts only, until it is forgotten.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.consent import ConsentWay, LawfulBasis
from servicedesk.core.access import Reader, may
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.core.models import Job
from servicedesk.staff.models import Team, User


class ImportState(models.TextChoices):
    READING = "reading", pgettext_lazy("import state", "Being read")
    MAPPING = "mapping", pgettext_lazy("import state", "Columns to be named")
    CHECKING = "checking", pgettext_lazy("import state", "Being checked")
    CHECKED = "checked", pgettext_lazy("import state", "Checked")
    RUNNING = "running", pgettext_lazy("import state", "Being imported")
    DONE = "done", pgettext_lazy("import state", "Imported")
    FAILED = "failed", pgettext_lazy("import state", "Failed")
    STOPPED = "stopped", pgettext_lazy("import state", "Stopped")


class KnownPolicy(models.TextChoices):
    """What becomes of a row whose contact is on record already."""

    FILL = "fill", pgettext_lazy("known policy", "Fill in what is missing")
    SKIP = "skip", pgettext_lazy("known policy", "Leave the record as it is")
    REJECT = "reject", pgettext_lazy("known policy", "Reject the row")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: Reader) -> Self:
        """Narrow to one's own, for those who may import."""
        if user.pk is None or not may(user, "customers.import_customer"):
            return self.none()
        return self.filter(by=user.pk)


class ImportBatch(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(
        User, verbose_name=_("imported by"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ImportState.choices,
        default=ImportState.READING,
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = SealedTextField(
        _("file"), label="customers.importbatch.file_name", max_length=200
    )
    size = models.PositiveBigIntegerField(_("size in bytes"))
    # The first line of the file, as JSON: people put names there, too.
    heads = SealedTextField(label="customers.importbatch.heads", null=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    # The field of each column by its place; a column that is left out is not there.
    mapping = models.JSONField(default=dict)
    known = models.CharField(
        _("known customers"),
        max_length=10,
        choices=KnownPolicy.choices,
        default=KnownPolicy.FILL,
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("owning team"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    language = models.CharField(
        _("preferred language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    basis = models.CharField(
        _("lawful basis"), max_length=10, choices=LawfulBasis.choices, blank=True
    )
    way = models.CharField(
        _("collected"), max_length=10, choices=ConsentWay.choices, blank=True
    )
    # What came of the rows: new, filled, same, rejected; of the check, then of the import.
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # When the parts and the rejected rows are forgotten.
    forget_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of customers")
        verbose_name_plural = _("imports of customers")
        constraints = [
            models.CheckConstraint(
                name="import_values_known",
                condition=Q(
                    state__in=ImportState.values,
                    known__in=KnownPolicy.values,
                    basis__in=["", *LawfulBasis.values],
                    way__in=["", *ConsentWay.values],
                ),
            ),
        ]
        indexes = [
            models.Index(name="import_of_person", fields=["by", "-id"]),
            models.Index(
                name="import_to_forget",
                fields=["forget_at"],
                condition=Q(forgotten_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ImportPart(models.Model):
    """A piece of the file: of its bytes (base64) until it is read, then of its rows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="parts"
    )
    raw = models.BooleanField()
    place = models.PositiveIntegerField()
    content = SealedTextField(label="customers.importpart.content")

    audit_skip = "is a piece of an import, which is logged"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_import_part_a_place", fields=["batch", "raw", "place"]
            )
        ]


class ImportKey(models.Model):
    """The blind index of a contact met in the check, so that doubles in a file show."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField()
    row = models.PositiveIntegerField()

    audit_skip = "is a piece of an import, which is logged"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_import_key_a_batch", fields=["batch", "digest"]
            )
        ]


class ImportProblem(models.Model):
    """Why a row was rejected: a column and the name of the fault, never the value."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="problems"
    )
    row = models.PositiveIntegerField(_("row"))
    column = models.PositiveSmallIntegerField(_("column"), null=True)
    code = models.CharField(_("fault"), max_length=30)

    audit_skip = "is a piece of an import, which is logged"

    class Meta:
        indexes = [models.Index(name="import_problem_row", fields=["batch", "row"])]

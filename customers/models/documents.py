"""Records of processing (处理活动记录) and impact assessments (影响评估), by version."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class DocumentKind(models.TextChoices):
    """Articles 54 to 56 of the PIPL."""

    RECORD = "record", pgettext_lazy("privacy document", "Record of processing")
    ASSESSMENT = "assessment", pgettext_lazy("privacy document", "Impact assessment")


class PrivacyDocument(models.Model):
    """What stays the same through all versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=DocumentKind)
    title = models.CharField(_("title"), max_length=120)
    created_at = models.DateTimeField(_("made"))
    next_review = models.DateField(_("next review"))

    class Meta:
        verbose_name = _("privacy document")
        verbose_name_plural = _("privacy documents")
        constraints = [
            models.CheckConstraint(
                name="privacy_document_kind_known",
                condition=Q(kind__in=DocumentKind.values),
            )
        ]

    def __str__(self) -> str:
        return self.title


class PrivacyDocumentVersion(models.Model):
    """A version as it was; the database keeps it for three years at least."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(
        PrivacyDocument, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    purpose = models.TextField(_("purpose and way of processing"))
    data = models.TextField(_("which data, of whom, how long"))
    risks = models.TextField(_("effect on the persons, and risks"))
    measures = models.TextField(_("protective measures, and whether they suffice"))
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("version of a privacy document")
        verbose_name_plural = _("versions of privacy documents")
        ordering = ["document", "-number"]
        constraints = [
            models.UniqueConstraint(
                name="privacy_version_once", fields=["document", "number"]
            )
        ]

"""The confidentiality agreement (保密协议): its versions, and who signed which."""

import hashlib
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models.user import User


class AgreementQuerySet(models.QuerySet["ConfidentialityAgreement"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class ConfidentialityAgreement(models.Model):
    """One version of the text. A draft can be edited; the database keeps the rest."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    text_zh = models.TextField(_("text in Chinese"))
    text_en = models.TextField(_("text in English"))
    changes_zh = models.TextField(_("what is new, in Chinese"), blank=True)
    changes_en = models.TextField(_("what is new, in English"), blank=True)
    edited_at = models.DateTimeField(_("edited"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        User,
        verbose_name=_("published by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # Until then people are asked; from then on who has not signed opens nothing.
    effective_from = models.DateTimeField(_("in force from"), null=True, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("confidentiality agreement")
        verbose_name_plural = _("confidentiality agreements")
        default_permissions = ("change",)
        constraints = [
            models.CheckConstraint(
                name="agreement_published_has_a_date",
                condition=Q(published_at__isnull=True, effective_from__isnull=True)
                | Q(published_at__isnull=False, effective_from__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_agreement_draft",
                fields=["published_at"],
                condition=Q(published_at__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def published(self) -> bool:
        return self.published_at is not None

    def text(self, language: str = "") -> str:
        """Return the text in a language; without one, in that of the reader."""
        return self.text_zh if _is_chinese(language) else self.text_en

    def changes(self, language: str = "") -> str:
        """Return what is new in this version, in a language."""
        return self.changes_zh if _is_chinese(language) else self.changes_en

    @property
    def digest(self) -> str:
        """Return the SHA-256 of both texts, by which a signature names what was signed."""
        both = f"{self.number}\n{self.text_zh}\n{self.text_en}"
        return hashlib.sha256(both.encode()).hexdigest()


class AgreementSignature(models.Model):
    """That somebody signed a version: never changed, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signatures")
    agreement = models.ForeignKey(
        ConfidentialityAgreement, on_delete=models.PROTECT, related_name="signatures"
    )
    typed_name = models.CharField(_("name as typed"), max_length=80)
    at = models.DateTimeField(_("signed"))
    address = models.GenericIPAddressField(_("from address"), null=True, blank=True)
    language = models.CharField(
        _("language read"), max_length=10, choices=settings.LANGUAGES
    )
    digest = models.CharField(_("fingerprint of the text"), max_length=64)

    # Who signed is the row's own business; the log names the account anyway.
    audit_mask = ("typed_name",)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="one_signature_per_version", fields=["user", "agreement"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.agreement_id}"


def _is_chinese(language: str) -> bool:
    return (language or get_language() or settings.LANGUAGE_CODE).startswith("zh")

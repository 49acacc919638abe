"""How long data are kept (保存期限): a rule for each kind, its basis, and who began it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models import User


class RetentionRule(models.Model):
    """`key` names a kind that an app registered; see `queries.retention`.

    Nothing is purged before somebody saw what it would be and proposed it, another
    approved, and a time had passed in which anybody of them could stop it.
    """

    key = models.SlugField(_("which data"), unique=True, max_length=40)
    days = models.PositiveIntegerField(
        _("kept for (days)"),
        validators=[MinValueValidator(1), MaxValueValidator(36_525)],
    )
    basis = models.TextField(
        _("basis"), help_text=_("The law or policy that says how long.")
    )
    active = models.BooleanField(_("in force"), default=False)
    begun_by = models.ForeignKey(
        User,
        verbose_name=_("proposed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    confirmed_by = models.ForeignKey(
        User,
        verbose_name=_("approved by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("begun"), null=True, blank=True)
    proposed_days = models.PositiveIntegerField(
        _("proposed: kept for (days)"), null=True, blank=True
    )
    proposed_seen = models.PositiveIntegerField(
        _("rows that would go when it was proposed"), null=True, blank=True
    )
    proposed_by = models.ForeignKey(
        User,
        verbose_name=_("proposed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    proposed_at = models.DateTimeField(_("proposed"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User,
        verbose_name=_("approved by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    begins_at = models.DateTimeField(_("begins"), null=True, blank=True)
    run_at = models.DateTimeField(_("last run"), null=True, blank=True)
    purged = models.PositiveBigIntegerField(_("purged so far"), default=0)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.CheckConstraint(
                name="retention_begun_by_somebody",
                condition=Q(active=False)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="retention_days_not_none", condition=Q(days__gte=1)
            ),
            models.CheckConstraint(
                name="retention_proposed_as_a_whole",
                condition=Q(
                    proposed_days=None, proposed_seen=None, proposed_by=None,
                    proposed_at=None, approved_by=None, begins_at=None,
                )
                | Q(
                    proposed_days__gte=1, proposed_seen__isnull=False,
                    proposed_by__isnull=False, proposed_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="retention_begins_when_approved",
                condition=Q(approved_by=None, begins_at=None)
                | Q(approved_by__isnull=False, begins_at__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_approves_their_own_rule",
                condition=(Q(approved_by=None) | ~Q(approved_by=F("proposed_by")))
                & (
                    Q(begun_by=None)
                    | Q(confirmed_by=None)
                    | ~Q(confirmed_by=F("begun_by"))
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.key


class HeldBecause(models.TextChoices):
    """Why what is past its time is kept all the same."""

    LEGAL = "legal", pgettext_lazy("held", "a legal hold")
    REQUEST = "request", pgettext_lazy("held", "an open request of the person")
    WORK = "work", pgettext_lazy("held", "open work, such as a ticket")
    FAULT = "fault", pgettext_lazy("held", "a fault, which the log tells of")


class RetentionHeld(models.Model):
    """What a rule found past its time and could not purge; looked at again a day later.

    Until then it is left out of what is due, so that it keeps nobody else waiting.
    """

    rule = models.ForeignKey(
        RetentionRule, on_delete=models.CASCADE, related_name="held"
    )
    row = models.UUIDField(_("which"), editable=False)
    name = models.CharField(_("number"), max_length=40)
    why = models.CharField(_("why"), max_length=10, choices=HeldBecause.choices)
    at = models.DateTimeField(_("looked at"))

    audit_skip = "a note of the sweep about what it could not purge, for a day"

    class Meta:
        verbose_name = _("row held back from a retention rule")
        verbose_name_plural = _("rows held back from retention rules")
        constraints = [
            models.UniqueConstraint(name="held_once_a_rule", fields=["rule", "row"]),
            models.CheckConstraint(
                name="held_for_a_known_reason",
                condition=Q(why__in=HeldBecause.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name

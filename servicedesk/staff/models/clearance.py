"""What is known of a person's onboarding and security training, and who recorded it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models.user import User


class Clearance(models.Model):
    """What counts now of a person; it follows from the newest records."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="clearance"
    )
    onboarded_at = models.DateTimeField(_("onboarding passed"), null=True, blank=True)
    training_until = models.DateTimeField(
        _("security training valid until"), null=True, blank=True
    )
    # Of the last reminder that the training lapses, so many days before; 0 is the lapse.
    reminded = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("clearance")
        verbose_name_plural = _("clearances")
        default_permissions = ("view",)
        permissions = [
            ("record_clearance", _("Can record onboarding and security training")),
            ("view_every_clearance", _("Can see the clearance of people of all teams")),
        ]
        indexes = [
            models.Index(
                name="clearance_lapses",
                fields=["training_until"],
                condition=Q(training_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class TrainingKind(models.TextChoices):
    ONBOARDING = "onboarding", pgettext_lazy("training", "Onboarding")
    SECURITY = "security", pgettext_lazy("training", "Security training")


class TrainingRecord(models.Model):
    """Who recorded what of whom: never changed, never deleted.

    A record that was not `passed` takes back what was recorded before. `by` is empty
    where a program recorded it: an exam that was passed, an upgrade, a command.
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="training_records"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=TrainingKind.choices)
    passed = models.BooleanField(_("passed"))
    on = models.DateTimeField(_("on"))
    until = models.DateTimeField(_("valid until"), null=True, blank=True)
    by = models.ForeignKey(
        User,
        verbose_name=_("recorded by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded"))
    # The id of a certificate or an exam, or where it came from; no person's name.
    reference = models.CharField(_("reference"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("training record")
        verbose_name_plural = _("training records")
        default_permissions = ()
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="training_kind_known", condition=Q(kind__in=TrainingKind.values)
            ),
            models.CheckConstraint(
                name="nobody_records_their_own",
                condition=Q(by__isnull=True) | ~Q(by=F("user")),
            ),
            models.CheckConstraint(
                name="security_training_lapses",
                condition=~Q(kind="security", passed=True) | Q(until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"

"""What each role sees of each field (脱敏规则): a matrix that is edited, not coded."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models import ChangeByTwo, Role


class Field(models.TextChoices):
    """What of a customer can be masked, as the matrix knows it."""

    NAME = "name", pgettext_lazy("customer field", "Name")
    PHONE = "phone", pgettext_lazy("customer field", "Phone")
    EMAIL = "email", pgettext_lazy("customer field", "E-mail")
    WECHAT = "wechat", pgettext_lazy("customer field", "WeChat")
    OTHER = "other", pgettext_lazy("customer field", "Other contact")
    ADDRESS = "address", pgettext_lazy("customer field", "Address")
    ID_NUMBER = "id_number", pgettext_lazy("customer field", "ID number")
    NOTES = "notes", pgettext_lazy("customer field", "Notes")
    ACCOUNT = "account", pgettext_lazy("customer field", "Payment account")


class Mode(models.IntegerChoices):
    """From nothing to all; of several roles the one that sees most holds."""

    HIDDEN = 0, pgettext_lazy("mask mode", "Hidden")
    MASKED = 1, pgettext_lazy("mask mode", "Masked")
    READ = 2, pgettext_lazy("mask mode", "Read")
    EDIT = 3, pgettext_lazy("mask mode", "Read and edit")


class MaskRule(models.Model):
    role = models.ForeignKey(
        Role,
        verbose_name=_("role"),
        on_delete=models.CASCADE,
        related_name="mask_rules",
    )
    field = models.CharField(_("field"), max_length=10, choices=Field.choices)
    mode = models.PositiveSmallIntegerField(
        _("what is shown"), choices=Mode.choices, default=Mode.HIDDEN
    )

    class Meta:
        verbose_name = _("mask rule")
        verbose_name_plural = _("mask rules")
        constraints = [
            models.UniqueConstraint(
                name="one_mask_rule_per_role_and_field", fields=["role", "field"]
            ),
            models.CheckConstraint(
                name="mask_rule_values_known",
                condition=Q(field__in=Field.values, mode__in=Mode.values),
            ),
            # No role opens payment accounts: that takes a grant (T14).
            models.CheckConstraint(
                name="no_role_reads_payment_accounts",
                condition=~Q(field="account") | Q(mode__lte=Mode.MASKED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} · {self.get_field_display()}"


class MaskChange(ChangeByTwo):
    """One change of the matrix, each mode by role and field; what shows more waits."""

    class Meta(ChangeByTwo.Meta):
        verbose_name = _("change of the mask matrix")
        verbose_name_plural = _("changes of the mask matrix")

"""A customer: a person, a company or a partner. Names are sealed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.masks import mask_name
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import Team


class CustomerKind(models.TextChoices):
    INDIVIDUAL = "individual", pgettext_lazy("customer kind", "Individual")
    ENTERPRISE = "enterprise", pgettext_lazy("customer kind", "Enterprise")
    PARTNER = "partner", pgettext_lazy("customer kind", "Partner")


class Customer(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(_("customer number"), unique=True, editable=False)
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=CustomerKind.choices,
        default=CustomerKind.INDIVIDUAL,
    )
    name = SealedTextField(_("name"), label="customers.customer.name", max_length=120)
    name_index = BlindIndexField(
        source="name", normalise="name", label="customers.customer.name"
    )
    city = models.CharField(_("city"), max_length=60, blank=True)
    language = models.CharField(
        _("preferred language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    team = models.ForeignKey(
        Team, verbose_name=_("owning team"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("customer since"))

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [("reveal_customer", _("Can reveal masked values for a purpose"))]
        constraints = [
            models.CheckConstraint(
                name="customer_kind_known",
                condition=Q(kind__in=CustomerKind.values),
            )
        ]
        indexes = [
            models.Index(name="customer_team_newest", fields=["team", "-id"]),
            models.Index(name="customer_name_index", fields=["name_index"]),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The customer number as people say it: C-000123."""
        return f"C-{self.number:06d}"

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)


class CustomerUserObjectPermission(UserObjectPermissionBase):
    """An exception: this person may see this customer though of another team."""

    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)


class CustomerGroupObjectPermission(GroupObjectPermissionBase):
    """An exception: this team may see this customer though it does not own it."""

    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)

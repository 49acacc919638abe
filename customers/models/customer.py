"""A customer (客户): a person, a company or a partner. What names one is sealed."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from customers.models.kinds import ContactKind
from customers.models.tag import Tag
from customers.models.ways_in import seen_by
from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import Team


class CustomerKind(models.TextChoices):
    INDIVIDUAL = "individual", pgettext_lazy("customer kind", "Individual")
    ENTERPRISE = "enterprise", pgettext_lazy("customer kind", "Enterprise")
    PARTNER = "partner", pgettext_lazy("customer kind", "Partner")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Narrow to the customers whom the user may see; see `ways_in.seen_by`."""
        seen = seen_by(user)
        return self.none() if seen is None else self.filter(seen)

    def present(self) -> Self:
        """Leave out who was merged into another record."""
        return self.filter(merged_into=None)


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
    address = SealedTextField(
        _("address"), label="customers.customer.address", null=True, max_length=300
    )
    id_number = SealedTextField(
        _("ID number"), label="customers.customer.id_number", null=True, max_length=40
    )
    id_number_index = BlindIndexField(
        source="id_number",
        normalise="id",
        label="customers.customer.id_number",
        null=True,
    )
    notes = SealedTextField(
        _("notes"), label="customers.customer.notes", null=True, max_length=4000
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
    channel = models.CharField(
        _("preferred channel"),
        max_length=10,
        choices=ContactKind.choices,
        blank=True,
        default="",
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True)
    created_at = models.DateTimeField(_("customer since"))
    # When somebody last made sure, with the customer, that the record is true.
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
    )
    # The person asked to be forgotten: what named them is gone, the cases are not.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("reveal_customer", _("Can reveal masked values for a purpose")),
            ("merge_customer", _("Can merge customers")),
            ("hand_over_customer", _("Can hand customers to another team")),
            ("import_customer", _("Can import customers")),
            ("export_customer", _("Can ask for an export of customers")),
            ("approve_export", _("Can approve exports")),
            ("analyse_customer", _("Can see the analysis of customers")),
            ("care_customer", _("Can plan and record care contacts")),
            ("handle_rights", _("Can handle requests of the person concerned")),
            ("manage_retention", _("Can set how long data are kept")),
            ("watch_access", _("Can see who may see whom, and alarms")),
            ("see_payment", _("May see payment records (by grant only)")),
            ("export_one", _("May export this customer (by grant only)")),
        ]
        constraints = [
            models.CheckConstraint(
                name="customer_kind_known",
                condition=Q(kind__in=CustomerKind.values),
            ),
            models.CheckConstraint(
                name="customer_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
            ),
        ]
        indexes = [
            models.Index(name="customer_team_newest", fields=["team", "-id"]),
            models.Index(name="customer_name_city", fields=["name_index", "city"]),
            models.Index(name="customer_team_city", fields=["team", "city", "-id"]),
            models.Index(
                name="customer_id_number",
                fields=["id_number_index"],
                condition=Q(id_number_index__isnull=False),
            ),
            models.Index(
                name="customer_merged",
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The customer number as people say it: C-000123."""
        return f"C-{self.number:06d}"


class CustomerUserObjectPermission(UserObjectPermissionBase):
    """An exception: this person may see this customer though of another team.

    After `until` it opens nothing, whether it is still there or not.
    """

    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)
    until = models.DateTimeField(_("until"), null=True, blank=True)


class CustomerGroupObjectPermission(GroupObjectPermissionBase):
    """An exception: this team may see this customer though it does not own it."""

    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)

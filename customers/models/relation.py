"""Who speaks for a company (联系人): a person's record beside an enterprise's."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from servicedesk.core.ids import uuid7


class ContactPerson(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    enterprise = models.ForeignKey(
        Customer,
        verbose_name=_("enterprise"),
        on_delete=models.CASCADE,
        related_name="contact_people",
    )
    person = models.ForeignKey(
        Customer,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="speaks_for",
    )
    role = models.CharField(
        _("role"), max_length=60, blank=True, help_text=_("Such as “purchasing”.")
    )
    created_at = models.DateTimeField(_("added"))

    audit_mask = ("role",)

    class Meta:
        verbose_name = _("contact person")
        verbose_name_plural = _("contact people")
        constraints = [
            models.UniqueConstraint(
                name="one_link_per_enterprise_and_person",
                fields=["enterprise", "person"],
            ),
            models.CheckConstraint(
                name="nobody_speaks_for_oneself",
                condition=~Q(enterprise=F("person")),
            ),
        ]

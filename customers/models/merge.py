"""Two records of one customer made one (合并), in a way that can be undone."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class CustomerMerge(models.Model):
    """Which rows came from where: `moved` holds keys of rows by the name of their kind.

    `replaced` is what the record that stays had in the fields that were taken from
    the other: a sealed JSON object, so that undoing can give it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept = models.ForeignKey(
        Customer,
        verbose_name=_("record that stays"),
        on_delete=models.PROTECT,
        related_name="merges",
    )
    gone = models.ForeignKey(
        Customer,
        verbose_name=_("record that was merged into it"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    moved = models.JSONField(default=dict)
    replaced = SealedTextField(
        _("replaced values"),
        label="customers.customermerge.replaced",
        null=True,
        max_length=8000,
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")
        constraints = [
            models.CheckConstraint(
                name="merge_of_two_customers", condition=~Q(kept=F("gone"))
            ),
            models.UniqueConstraint(
                name="one_merge_at_a_time",
                fields=["gone"],
                condition=Q(undone_at=None),
            ),
        ]
        indexes = [
            models.Index(name="merge_kept_newest", fields=["kept", "-id"]),
        ]

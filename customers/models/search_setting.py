"""How customers are searched for: whether parts of names are found, and what was typed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.staff.models import User

THE_ONE = 1


class SearchSetting(models.Model):
    """One row. Off to begin with: pairs of characters tell more than a digest does."""

    id = models.PositiveSmallIntegerField(
        primary_key=True, default=THE_ONE, editable=False
    )
    name_pairs = models.BooleanField(
        _("find names by a part of them"),
        default=False,
        help_text=_(
            "Two characters of a name then find it. For this an index of keyed pairs "
            "of characters is kept beside the encrypted names. Whoever steals the "
            "whole database, without its keys, could recover about 2.9% of the names "
            "from it, because some pairs are more frequent than others; without the "
            "index none. Switching it off erases the index."
        ),
    )

    class Meta:
        verbose_name = _("search of customers")
        verbose_name_plural = _("search of customers")
        constraints = [
            models.CheckConstraint(name="one_search_setting", condition=Q(id=THE_ONE))
        ]

    def __str__(self) -> str:
        return str(_("Search of customers"))


class NamePairs(models.Model):
    """The pairs of characters of one name, as 14-bit keyed numbers; only while wanted."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="name_pairs"
    )
    pairs = ArrayField(models.IntegerField())
    key_version = models.PositiveSmallIntegerField()

    audit_skip = "is made from the name"

    class Meta:
        verbose_name = _("index of a name")
        verbose_name_plural = _("index of names")
        indexes = [
            GinIndex(name="name_pairs_gin", fields=["pairs"], fastupdate=False),
        ]


class CustomerSearch(models.Model):
    """What somebody typed, kept for a day so that no address has to carry it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    words = SealedTextField(
        _("words"), label="customers.customersearch.words", max_length=200
    )
    created_at = models.DateTimeField(db_index=True)

    audit_skip = "is forgotten after a day"

    class Meta:
        verbose_name = _("search for a customer")
        verbose_name_plural = _("searches for customers")

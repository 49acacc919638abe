"""Two records that came to be because who wrote the second may not know of the first."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class PossibleDouble(models.Model):
    """A pair with one contact or one order (可能重复), until they are merged or told apart.

    Whoever wrote the second is told nothing of the first: not that there is one. So who
    may see such a pair is decided by the teams of both; see `queries.doubles`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The one with the smaller key, and the other: a pair is there once.
    one = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    found_by = models.ForeignKey(
        User, verbose_name=_("written by"), on_delete=models.PROTECT, related_name="+"
    )
    found_at = models.DateTimeField(_("found"))
    dismissed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dismissed_at = models.DateTimeField(_("told apart"), null=True, blank=True)

    objects = models.Manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.CheckConstraint(
                name="possible_double_in_order", condition=Q(one__lt=F("other"))
            ),
            models.UniqueConstraint(
                name="one_possible_double_a_pair", fields=["one", "other"]
            ),
            models.CheckConstraint(
                name="possible_double_dismissed_by_somebody",
                condition=Q(dismissed_at=None, dismissed_by=None)
                | Q(dismissed_at__isnull=False, dismissed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="possible_double_open",
                fields=["-id"],
                condition=Q(dismissed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

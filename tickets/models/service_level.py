"""Service levels: which tickets, which targets, on which calendar.

A level's rule never changes in place: each change is a new version, and a clock
keeps the version that it was started under.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerKind
from servicedesk.core.models import BusinessCalendar
from servicedesk.core.models.names import Named
from servicedesk.staff.models import User
from tickets.models.category import Category
from tickets.models.status import Channel, Priority


class ServiceLevel(Named):
    """The first active level, by position, whose conditions all match is taken.

    An empty condition matches everything. Targets are seconds of open time on the
    calendar; an empty target is no promise.
    """

    slug = models.SlugField(_("short name"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    active = models.BooleanField(_("active"), default=True)
    channel = models.CharField(
        _("channel"), max_length=20, choices=Channel.choices, blank=True
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    customer_kind = models.CharField(
        _("customer kind"), max_length=20, choices=CustomerKind.choices, blank=True
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, null=True, blank=True
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        verbose_name=_("business calendar"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    first_response = models.PositiveIntegerField(
        _("first response (seconds)"), null=True, blank=True
    )
    next_response = models.PositiveIntegerField(
        _("next response (seconds)"), null=True, blank=True
    )
    resolution = models.PositiveIntegerField(
        _("resolution (seconds)"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["position", "slug"]


class ServiceLevelVersion(models.Model):
    level = models.ForeignKey(
        ServiceLevel, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    rule = models.JSONField(_("rule"))
    by = models.ForeignKey(
        User,
        verbose_name=_("by whom"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    at = models.DateTimeField(_("when"))

    audit_skip = "is itself a history row"

    class Meta:
        verbose_name = _("service level version")
        verbose_name_plural = _("service level versions")
        ordering = ["level", "-number"]
        constraints = [
            models.UniqueConstraint(
                name="service_level_version_once", fields=["level", "number"]
            ),
            models.CheckConstraint(
                name="service_level_version_from_one", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} v{self.number}"

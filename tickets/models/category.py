"""What tickets are about, and how grave and pressing turns into a priority."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.core.models.names import Named
from servicedesk.staff.models import Team
from tickets.models.status import Priority, Severity, TicketKind, Urgency


class CategoryQuerySet(models.QuerySet["Category"]):
    def offered(self) -> Self:
        """Return the active ones that a customer may choose."""
        return self.filter(active=True, public=True, team__active=True)


class Category(Named):
    slug = models.SlugField(_("short name"), unique=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("default team"),
        on_delete=models.PROTECT,
        related_name="categories",
    )
    kind = models.CharField(
        _("kind of ticket"),
        max_length=20,
        choices=TicketKind.choices,
        default=TicketKind.INQUIRY,
    )
    severity = models.PositiveSmallIntegerField(
        _("default severity"), choices=Severity.choices, default=Severity.NORMAL
    )
    urgency = models.PositiveSmallIntegerField(
        _("default urgency"), choices=Urgency.choices, default=Urgency.NORMAL
    )
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    public = models.BooleanField(_("offered on the request form"), default=True)
    active = models.BooleanField(_("active"), default=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "slug"]


class PriorityRule(models.Model):
    """One cell of the matrix severity × urgency → priority."""

    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices)

    class Meta:
        verbose_name = _("priority rule")
        verbose_name_plural = _("priority matrix")
        ordering = ["severity", "urgency"]
        constraints = [
            models.UniqueConstraint(
                name="one_priority_per_cell", fields=["severity", "urgency"]
            ),
            models.CheckConstraint(
                name="priority_rule_values_known",
                condition=Q(
                    severity__in=Severity.values,
                    urgency__in=Urgency.values,
                    priority__in=Priority.values,
                ),
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_severity_display()} × {self.get_urgency_display()}"
            f" → {self.get_priority_display()}"
        )

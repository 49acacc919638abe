"""What opens customers' data to somebody, or an account that does: it takes two (双人授权)."""

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.staff.models.by_two import ChangeByTwo
from servicedesk.staff.models.team import Team
from servicedesk.staff.models.user import User


class AccessKind(models.TextChoices):
    ROLE = "role", pgettext_lazy("access by two", "A role")
    PERMISSIONS = "permissions", pgettext_lazy("access by two", "What a role may do")
    TEAM = "team", pgettext_lazy("access by two", "A team")
    PASSWORD = "password", pgettext_lazy("access by two", "A new password")
    FACTOR = "factor", pgettext_lazy("access by two", "Removal of the second factor")
    EMAIL = "email", pgettext_lazy("access by two", "Another e-mail address")
    ACTIVE = "active", pgettext_lazy("access by two", "Opening a closed account")


ABOUT_ACCOUNT = (
    AccessKind.PASSWORD,
    AccessKind.FACTOR,
    AccessKind.EMAIL,
    AccessKind.ACTIVE,
)
"""Of these the person is told when they are asked for: somebody could take the account."""


class AccessProposal(ChangeByTwo):
    """What somebody is to get, asked for by one and confirmed by another person.

    `user` and `group` (a role), `user` and `team`, `group` alone with the names of its
    new permissions in `values`, or `user` alone.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=AccessKind.choices)
    user = models.ForeignKey(
        User,
        verbose_name=_("member of staff"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="access_proposals",
    )
    group = models.ForeignKey(
        Group,
        verbose_name=_("role"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_proposals",
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_proposals",
    )
    why = models.CharField(_("why"), max_length=200)
    note = models.CharField(_("reason of the decision"), max_length=200, blank=True)

    class Meta(ChangeByTwo.Meta):
        verbose_name = _("access by two people")
        verbose_name_plural = _("access by two people")
        default_permissions = ()
        permissions = [("confirm_access", _("Confirm access by two people"))]
        constraints = [
            *ChangeByTwo.Meta.constraints,
            models.CheckConstraint(
                name="access_about_what",
                condition=Q(
                    kind="role",
                    user__isnull=False,
                    group__isnull=False,
                    team__isnull=True,
                )
                | Q(
                    kind="permissions",
                    user__isnull=True,
                    group__isnull=False,
                    team__isnull=True,
                )
                | Q(
                    kind="team",
                    user__isnull=False,
                    group__isnull=True,
                    team__isnull=False,
                )
                | Q(
                    kind__in=["password", "factor", "email", "active"],
                    user__isnull=False,
                    group__isnull=True,
                    team__isnull=True,
                ),
            ),
            models.CheckConstraint(name="access_raises", condition=Q(raises=True)),
            # Neither asked for nor confirmed by the one who gets it.
            models.CheckConstraint(
                name="access_not_for_oneself",
                condition=Q(user__isnull=True)
                | (
                    ~Q(by=F("user")) & (~Q(state="in_force") | ~Q(decided_by=F("user")))
                ),
            ),
            models.UniqueConstraint(
                name="one_access_waits",
                fields=["kind", "user", "group", "team"],
                condition=Q(state="waiting"),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                name="access_waits", fields=["at"], condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def askers(self) -> set[int]:
        """Return the keys of all who asked for a part of it."""
        return {self.by_id, *self.values.get("also_by", ())}

    @property
    def label(self) -> str:
        """Return who is to get what, in the reader's language."""
        what = str(self.team or "")
        if self.group is not None:
            named = getattr(self.group, "role", None)
            what = str(named or self.group.name)
        words = (str(self.user or ""), str(AccessKind(self.kind).label), what)
        return " · ".join(each for each in words if each)

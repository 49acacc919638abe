"""A ticket (工单): one matter of one customer."""

from typing import Any, ClassVar, Self, cast

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from customers.models import ContactPoint, Customer
from servicedesk.core.access import may
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import Team, User
from servicedesk.staff.queries import team_ids
from tickets.models.category import Category
from tickets.models.service_level import ServiceLevelVersion
from tickets.models.status import (
    ACTIVE,
    NEXT,
    WAITING,
    Channel,
    Phase,
    Priority,
    Severity,
    TicketKind,
    TicketStatus,
    Urgency,
)

# Written out, because it stands in nearly every query of the workspace.
_GRANTED = """
SELECT own.content_object_id FROM tickets_ticketuserobjectpermission own
JOIN auth_permission code ON code.id = own.permission_id
WHERE own.user_id = %s AND code.codename = 'view_ticket'
UNION ALL
SELECT shared.content_object_id FROM tickets_ticketgroupobjectpermission shared
JOIN auth_permission code ON code.id = shared.permission_id
JOIN staff_user_groups member ON member.group_id = shared.group_id
WHERE member.user_id = %s AND code.codename = 'view_ticket'
"""


def seen_by(user: AbstractBaseUser | AnonymousUser, path: str = "") -> Q | None:
    """Return the condition under which the user sees a ticket; None for never.

    `path` leads to the ticket from what is asked ("ticket__"): a condition on the
    joined row, because a sub-select of all visible tickets grows with the table.
    A grant to a person or to a team's group is a guardian row with the one codename
    `view_ticket`.
    """
    if user.pk is None or not may(user, "tickets.view_ticket"):
        return None
    teams = team_ids(cast("User", user))
    if not teams:
        # Who has left every team has left what was granted there, too.
        return None
    granted = RawSQL(_GRANTED, (user.pk, user.pk))  # noqa: S611  # ids only
    return Q(**{f"{path}team__in": teams}) | Q(**{f"{path}pk__in": granted})


def granted_to(
    user: AbstractBaseUser | AnonymousUser,
) -> tuple["models.QuerySet[Any, Any]", "models.QuerySet[Any, Any]"]:
    """Return the keys of tickets opened to the user alone, and to the user's groups."""
    key = cast("int", user.pk)
    groups = User.groups.through.objects.filter(user_id=key).values("group")
    code = {"permission__codename": "view_ticket"}
    personal = TicketUserObjectPermission.objects.filter(user_id=key, **code)
    shared = TicketGroupObjectPermission.objects.filter(group__in=groups, **code)
    return personal.values_list("content_object", flat=True), shared.values_list(
        "content_object", flat=True
    )


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Narrow to the tickets of the user's teams, and to those granted one by one.

        Who lacks the role permission, or has left every team, sees none.
        """
        seen = seen_by(user)
        return self.none() if seen is None else self.filter(seen)

    def in_teams_of(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Narrow to the tickets of the user's teams, each of which the user sees."""
        if user.pk is None or not may(user, "tickets.view_ticket"):
            return self.none()
        return self.filter(team__in=team_ids(cast("User", user)))

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)


class Ticket(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="tickets"
    )
    # The address or number that this request came from, and the name it gave.
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    given_name = SealedTextField(
        _("name given"), label="tickets.ticket.given_name", null=True, max_length=120
    )
    channel = models.CharField(_("channel"), max_length=20, choices=Channel.choices)
    kind = models.CharField(_("kind"), max_length=20, choices=TicketKind.choices)
    phase = models.CharField(
        _("sales phase"), max_length=20, choices=Phase.choices, default=Phase.AFTER_SALE
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        related_name="tickets",
    )
    subject = models.CharField(_("subject"), max_length=200)
    severity = models.PositiveSmallIntegerField(
        _("severity"), choices=Severity.choices, default=Severity.NORMAL
    )
    urgency = models.PositiveSmallIntegerField(
        _("urgency"), choices=Urgency.choices, default=Urgency.NORMAL
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=TicketStatus.choices,
        default=TicketStatus.NEW,
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="tickets"
    )
    assignee = models.ForeignKey(
        User,
        verbose_name=_("assignee"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
    )
    level = models.PositiveSmallIntegerField(_("support level"), default=1)
    service_level = models.ForeignKey(
        ServiceLevelVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    root_cause = models.TextField(_("root cause"), blank=True)
    solution = models.TextField(_("solution"), blank=True)
    created_at = models.DateTimeField(_("received"))
    changed_at = models.DateTimeField(_("last change"))
    first_response_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    # The soonest due time among the running clocks, kept by actions for ordering.
    due_at = models.DateTimeField(null=True, blank=True)
    due_target = models.CharField(max_length=20, blank=True)
    due_seconds = models.PositiveIntegerField(null=True, blank=True)
    # The oldest customer message that nobody has answered yet.
    unanswered_since = models.DateTimeField(null=True, blank=True)
    message_count = models.PositiveIntegerField(default=0)

    objects = TicketQuerySet.as_manager()

    # Customers' own words: that they changed is logged, not what they are.
    audit_mask = ("subject", "root_cause", "solution")

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        permissions = [
            ("reply_ticket", _("Can answer customers")),
            ("note_ticket", _("Can write internal notes")),
            ("take_ticket", _("Can take tickets")),
            ("assign_ticket", _("Can assign tickets to colleagues")),
            ("transfer_ticket", _("Can transfer tickets")),
            ("escalate_ticket", _("Can escalate tickets")),
            ("resolve_ticket", _("Can resolve tickets")),
            ("supervise_ticket", _("Can see the team's work as a whole")),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_status_known",
                condition=Q(status__in=TicketStatus.values),
            ),
            models.CheckConstraint(
                name="ticket_values_known",
                condition=Q(
                    channel__in=Channel.values,
                    kind__in=TicketKind.values,
                    phase__in=Phase.values,
                    severity__in=Severity.values,
                    urgency__in=Urgency.values,
                    priority__in=Priority.values,
                    level__in=[1, 2],
                ),
            ),
            models.CheckConstraint(
                name="ticket_resolved_has_a_time",
                condition=~Q(status__in=["resolved"]) | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_closed_has_a_time",
                condition=~Q(status__in=["closed"]) | Q(closed_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="ticket_queue",
                fields=["team", "priority", "created_at", "id"],
                condition=Q(status__in=ACTIVE, assignee__isnull=True),
            ),
            models.Index(
                name="ticket_mine",
                fields=["assignee", "priority", "created_at", "id"],
                include=["team"],
                condition=Q(status__in=ACTIVE),
            ),
            models.Index(
                name="ticket_mine_waiting",
                fields=["assignee", "-changed_at", "-id"],
                include=["team"],
                condition=Q(status__in=WAITING),
            ),
            models.Index(
                name="ticket_team_open",
                fields=["team", "-changed_at", "-id"],
                condition=Q(status__in=ACTIVE),
            ),
            # Who has how many: counted without reading a ticket.
            models.Index(
                name="ticket_team_held",
                fields=["team", "assignee"],
                condition=Q(status__in=ACTIVE),
            ),
            models.Index(
                name="ticket_active_newest",
                fields=["-changed_at", "-id"],
                condition=Q(status__in=ACTIVE),
            ),
            models.Index(name="ticket_newest", fields=["-changed_at", "-id"]),
            models.Index(
                name="ticket_due",
                fields=["team", "due_at", "id"],
                include=["assignee"],
                condition=Q(status__in=ACTIVE, due_at__isnull=False),
            ),
            models.Index(
                name="ticket_level_two",
                fields=["team", "-changed_at", "-id"],
                condition=Q(status__in=ACTIVE, level=2),
            ),
            models.Index(name="ticket_team_changed", fields=["team", "-changed_at"]),
            models.Index(
                name="ticket_customer_newest", fields=["customer", "-created_at"]
            ),
            models.Index(
                name="ticket_team_created",
                fields=["team", "created_at"],
                include=["status"],
            ),
            models.Index(
                name="ticket_team_resolved",
                fields=["team", "resolved_at"],
                condition=Q(resolved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def may_become(self, status: TicketStatus) -> bool:
        return status in NEXT[TicketStatus(self.status)]

    def worked_by(self, user: User) -> bool:
        """Tell whether it is this person's to work on: of the team, or handed to them.

        Whoever may merely see a ticket may read it and leave a note.
        """
        return self.assignee_id == user.pk or self.team_id in team_ids(user)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


class TicketUserObjectPermission(UserObjectPermissionBase):
    """An exception: this person may see this ticket though not of the team."""

    content_object = models.ForeignKey(Ticket, on_delete=models.CASCADE)


class TicketGroupObjectPermission(GroupObjectPermissionBase):
    """An exception: this team may see this ticket though it is another team's."""

    content_object = models.ForeignKey(Ticket, on_delete=models.CASCADE)

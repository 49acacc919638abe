"""Say to the event stream which tickets a person may follow."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.audit.objects import register_finder
from servicedesk.core.errors import RuleError
from servicedesk.core.live.channels import register_channels, require_for_channel
from servicedesk.staff.models import Team, User
from servicedesk.staff.signals import person_left, team_may_close
from servicedesk.staff.work import register_work
from tickets.actions import hand_over, notices
from tickets.actions.transfer import end_sight
from tickets.models import Category, Ticket
from tickets.queries.audited import rows_about
from tickets.receivers import about_customers
from tickets.signals import ticket_closed


def connect() -> None:
    """Answer for the live channels "ticket:<id>", and hear of closed tickets."""
    notices.register()
    register_channels("ticket", readable_tickets)
    require_for_channel("team", "tickets.view_ticket")
    team_may_close.connect(refuse_with_work, dispatch_uid="tickets.refuse_with_work")
    register_finder("tickets", rows_about)
    ticket_closed.connect(on_ticket_closed, dispatch_uid="tickets.end_sight")
    register_work(hand_over.TICKETS)
    register_work(hand_over.FOLLOW_UPS)
    person_left.connect(on_person_left, dispatch_uid="tickets.person_left")
    about_customers.connect()


def on_ticket_closed(ticket: Ticket, **_kwargs: Any) -> None:
    """Take sight back from those who handed the ticket over."""
    end_sight(ticket=ticket)


def on_person_left(user: User, **_kwargs: Any) -> None:
    """Forget the drafts of somebody who left; their work is handed over apart."""
    hand_over.forget_drafts(user)


def readable_tickets(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels of those tickets that the user may see; one query."""
    keys = [channel.partition(":")[2] for channel in wanted]
    try:
        found = Ticket.objects.visible_to(user).filter(pk__in=keys)
        return [f"ticket:{pk}" for pk in found.values_list("pk", flat=True)]
    except ValidationError:
        return []


def refuse_with_work(team: Team, **_kwargs: Any) -> None:
    """Raise RuleError while tickets wait in the team, or categories lead to it."""
    if Ticket.objects.active().filter(team=team).exists():
        raise RuleError(
            _("The team still has open tickets. Transfer or finish them first.")
        )
    if Category.objects.filter(team=team, active=True).exists():
        raise RuleError(
            _("Categories still lead to this team. Give them another team first.")
        )

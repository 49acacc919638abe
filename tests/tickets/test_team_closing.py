"""A team with work left does not close."""

import pytest

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions import team as teams
from tests.desk import fresh
from tickets.models import Category, Ticket, TicketStatus


def close(team):
    closing = fresh(team)
    closing.active = False
    return teams.update(team=closing)


def test_a_team_closes_once_its_tickets_and_categories_are_gone(ticket):
    team = ticket.team

    with pytest.raises(RuleError, match=r"open tickets|未结工单"):
        close(team)
    Ticket.objects.filter(team=team).update(status=TicketStatus.SPAM)
    with pytest.raises(RuleError, match=r"Categories|分类"):
        close(team)
    assert fresh(team).active
    Category.objects.filter(team=team).update(active=False)

    assert not close(team).active

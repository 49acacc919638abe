"""The customer's page of one ticket: a kettle that does not heat."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.factories import TicketFactory, UserFactory, ensure_defaults
from tests.tickets.customer_page.ways import HOUR, opened
from tickets.actions.resolve import resolve
from tickets.actions.take import take


@pytest.fixture(autouse=True)
def _a_fresh_desk(db):
    cache.clear()
    ensure_defaults()
    yield
    cache.clear()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def li_na():
    return UserFactory(display_name="李娜", username="li.na", team="call-centre")


@pytest.fixture
def ticket(now):
    return TicketFactory(now=now - 5 * HOUR, subject="Kettle does not heat")


@pytest.fixture
def page(client, ticket, now):
    return opened(client, ticket, now)


@pytest.fixture
def resolved(ticket, li_na, now):
    take(ticket=ticket, by=li_na, now=now - 4 * HOUR)
    return resolve(
        ticket=ticket,
        root_cause="Fuse of the base",
        solution="New base sent",
        words="A new base is on its way.",
        by=li_na,
        now=now - 3 * HOUR,
    )

"""An agent at her desk, and a ticket that came in just now."""

import pytest
from django.utils import timezone

from tests.factories import (
    TicketFactory,
    UserFactory,
)


@pytest.fixture
def li_na():
    return UserFactory(display_name="李娜", username="li.na", team="call-centre")


@pytest.fixture
def ticket():
    return TicketFactory(contact="13800138000", now=timezone.now())


@pytest.fixture
def desk(client, li_na):
    client.force_login(li_na)
    return client

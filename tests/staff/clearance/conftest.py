"""The people and the desk that these tests work with."""

import pytest

from tests.desk import chen, committed, desk, li, sun, ticket, wang, zhao
from tests.factories import UserFactory
from tests.staff.clearance.ways import member

__all__ = ["chen", "committed", "desk", "li", "sun", "ticket", "wang", "zhao"]


@pytest.fixture
def yu(desk):
    """Yu Hong works in two teams; she is about to leave."""
    user = UserFactory(display_name="Yu Hong", team="call-centre")
    return member("technical", user)

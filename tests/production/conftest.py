"""One desk in its production form for all tests that need one."""

import pytest

from tests.production.desk import Production


@pytest.fixture(scope="session")
def production():
    """Everything compose would start, over HTTPS; started once."""
    with Production() as running:
        yield running

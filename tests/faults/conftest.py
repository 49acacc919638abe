"""The people and the desk that these tests work with."""

import pytest

from tests.desk import chen, committed, desk, li, sun, ticket, wang, zhao

__all__ = ["chen", "committed", "desk", "li", "sun", "ticket", "wang", "zhao"]


@pytest.fixture(scope="session")
def running_desk():
    """Give a desk with a database and a broker of its own; its processes begin later."""
    from tests.faults.running import RunningDesk, own_valkey  # noqa: PLC0415

    with own_valkey() as valkey, RunningDesk(valkey) as desk:
        desk.facts = desk.populate()
        yield desk

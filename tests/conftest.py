"""What every test may ask for; the servers come from the environment."""

import os

import pytest

from servicedesk.embedded.browser import MISSING, find_chromium

if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
    pytest.exit(
        "The tests need real servers in DATABASE_URL and REDIS_URL. "
        "Run them with: python3 desk.py test [what pytest should get]",
        returncode=4,
    )


def pytest_make_parametrize_id(val, argname):
    """Name no case after its bytes: what is made at another second has another name,
    and the processes of one run would not agree on what there is to run."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def _the_desk_is_open():
    """Let no page look whether the desk is closed: some tests count queries."""
    from servicedesk.core.operations import maintenance  # noqa: PLC0415

    maintenance._look.rest(3600)


@pytest.fixture(scope="session")
def chromium_path():
    """Return the Chromium that browser tests drive; they fail with a sentence without."""
    found = find_chromium()
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found

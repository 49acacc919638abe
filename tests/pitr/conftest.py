"""pgBackRest itself, on a server of its own."""

import pytest

from tests.pitr.ground import Ground, find_pgbackrest

MISSING = (
    "There is no pgBackRest 2.57 or later here. On Debian "
    "`tests/pitr/fetch_pgbackrest.sh ~/.cache/servicedesk/pgbackrest` brings it."
)


@pytest.fixture(scope="session")
def tool():
    """Return the folder of pgBackRest; a machine that cannot fetch it says so."""
    found = find_pgbackrest()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture
def ground(tool):
    """A desk's cluster whose journal is put away, and its first backup."""
    with Ground(tool) as ground:
        ground.must("pitr.sh", "begin")
        ground.wait_for_the_next_second()
        ground.query("CREATE TABLE customers (id serial PRIMARY KEY, name text)")
        yield ground

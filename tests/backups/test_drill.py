"""A drill of a backup that is whole, and of the machine that makes it."""

import pytest

from servicedesk.backups.drill.words import Saved
from tests.backups.drills import codes, drill, save_keys, scratch_databases
from tests.backups.ways import back_up
from tests.factories import TicketFactory

# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = pytest.mark.xdist_group("drill")


def test_a_whole_backup_is_proven_and_leaves_nothing_behind(real, keyholders):
    TicketFactory(name="张伟", contact="zhang.wei@example.com")
    save_keys()
    made = back_up()
    found = drill(made, keyholders["Anna"])
    assert (found.error, found.detail) == ("", "")
    assert codes(found) == []
    assert found.proven
    assert found.saved is Saved.YES
    assert list(found.seconds) == ["look", "database", "compare", "files", "inspect"]
    assert found.total > 0
    assert scratch_databases() == []

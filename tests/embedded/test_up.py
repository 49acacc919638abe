"""What `up` finds out before it starts the desk."""

import pytest

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.up import Desk, _check_broker


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "nonsense"])
def test_a_broker_that_is_away_is_named(address):
    with pytest.raises(DeskError, match="REDIS_URL does not answer"):
        _check_broker(address)


def test_each_database_has_its_own_answer_to_whether_it_has_demonstration_data(
    tmp_path, monkeypatch
):
    folder = DataFolder(tmp_path / "data")
    folder.open()
    folder.remember(demo="loaded")
    monkeypatch.setenv("DATABASE_URL", "postgres://chen:secret@db.example/desk")
    desk = Desk(folder, 8000, demo=True)
    assert desk.logins() == ""  # those of the embedded database do not fit here
    assert desk._demo_note == "demo in db.example:5432/desk"

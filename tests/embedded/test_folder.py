"""The data folder: secrets, memory, logs and whose it is."""

import base64
import os
import stat

import pytest

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock, locked


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.open()
    return folder


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_only_their_owner_reads_them(folder):
    folder.make_secrets()
    made = {path.name: path.read_text() for path in folder.keys.iterdir()}
    assert set(made) == {"field-1.key", "index-1.key", "seal-1.key"}
    for text in made.values():
        assert len(base64.b64decode(text.strip(), validate=True)) == 32
    for path in (folder.secret_key, *folder.keys.iterdir()):
        assert _mode(path) == 0o600
    secret = folder.secret_key.read_text()
    folder.make_secrets()
    assert folder.secret_key.read_text() == secret
    assert {p.name: p.read_text() for p in folder.keys.iterdir()} == made


def test_lost_keys_are_never_made_anew(folder):
    folder.make_secrets()
    for path in folder.keys.iterdir():
        path.unlink()
    with pytest.raises(DeskError, match=r"Put them back from your backup"):
        folder.make_secrets()


def test_a_lost_seal_key_is_not_made_anew_and_hides_no_other_loss(folder):
    folder.make_secrets()
    (folder.keys / "seal-1.key").rename(folder.keys / "kept")
    folder.make_secrets()
    assert not (folder.keys / "seal-1.key").exists()
    (folder.keys / "kept").rename(folder.keys / "seal-1.key")
    for name in ("field-1.key", "index-1.key"):
        (folder.keys / name).unlink()
    with pytest.raises(DeskError, match=r"Put them back from your backup"):
        folder.make_secrets()


def test_rotated_keys_are_left_alone(folder):
    folder.make_secrets()
    (folder.keys / "field-1.key").rename(folder.keys / "field-2.key")
    folder.make_secrets()
    assert not (folder.keys / "field-1.key").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_folder_of_somebody_else_is_refused_in_a_sentence(folder):
    os.chown(folder.path, 65534, 65534)
    with pytest.raises(DeskError, match=r"belongs to .*--data DIR"):
        folder.open()


def test_a_file_in_the_way_is_named_in_a_sentence(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DeskError, match=r"Cannot keep data in .*--data DIR"):
        DataFolder(tmp_path / "data").open()


def test_facts_are_remembered_and_damage_is_named(folder):
    folder.remember(postgres_port=5001)
    folder.remember(valkey_port=5002)
    again = DataFolder(folder.path)
    assert (again.recall("postgres_port"), again.recall("valkey_port")) == (5001, 5002)
    (folder.path / "desk.json").write_text("{")
    with pytest.raises(DeskError, match=r"desk\.json cannot be read"):
        again.recall("postgres_port")


def test_logs_turn_and_the_oldest_goes(folder):
    for run in range(6):
        folder.turn_log("web")
        folder.log("web").write_text(f"run {run}\n")
    names = sorted(path.name for path in folder.logs.iterdir())
    assert names == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert folder.log_tail("web") == "run 5"
    assert (folder.logs / "web.log.3").read_text() == "run 2\n"


def test_a_held_lock_is_explained(folder):
    path = folder.run / "postgres.lock"
    holder = FileLock(path)
    assert holder.take()
    with (
        pytest.raises(DeskError, match=r"has been starting PostgreSQL for"),
        locked(path, "starting PostgreSQL", 0.1),
    ):
        pass
    holder.free()
    with locked(path, "starting PostgreSQL", 0.1):
        pass

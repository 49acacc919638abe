"""A data folder that the servers' user can reach, removed with all that runs in it."""

import pathlib
import shutil
import tempfile

import pytest

from servicedesk.embedded import place
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.servers import Servers


@pytest.fixture
def ground():
    """Make a folder that everybody may pass through, unlike pytest's own."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="servicedesk-embedded-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder(ground, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(place, "OUTSIDE", ground / "outside")
    folder = DataFolder(ground / "data")
    folder.open()
    yield folder
    folder.path.chmod(0o711)
    assert Servers(folder).stop_orphans()


@pytest.fixture
def servers(folder):
    """Servers that run, but that nobody uses any more: like after kill -9."""
    servers = Servers(folder, ephemeral=True)
    servers.__enter__()
    servers._use.free()
    return servers

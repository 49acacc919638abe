"""How the keys stand: what is here, what each key holds, and what to do next."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keyfiles import KINDS, KeyFile, key_files
from servicedesk.core.encryption.reindex import titles_of_indexes
from servicedesk.core.encryption.stores import all_stores
from servicedesk.core.models import KeyBackup, KeyCount, KeyRun, KeyWork

OLD_COUNT = dt.timedelta(days=2)
OLD_PROOF = dt.timedelta(days=183)
"""Twice a year two people open the backup of the keys, or nobody knows whether they can."""
Counts = dict[str, dict[str, int]]


@dataclass
class KeyLine:
    """One key: on this machine or only asked for by values; and what it holds."""

    kind: str
    version: int
    file: KeyFile | None
    holds: dict[str, int] = field(default_factory=dict)

    @property
    def values(self) -> int:
        return sum(self.holds.values())

    @property
    def missing(self) -> bool:
        return self.file is None


@dataclass
class Status:
    """All that the page and the command show."""

    trouble: str
    lines: list[KeyLine]
    count: KeyCount | None
    runs: list[KeyRun]
    advice: list[str]
    warnings: list[str]
    backup: KeyBackup | None = None


def titles() -> dict[str, str]:
    """Return what people call each sealed field and index, by its name in counts."""
    fields = {
        store.parts[part]: store.title(part)
        for store in all_stores()
        for part in store.parts
    }
    return fields | titles_of_indexes()


def key_status(*, now: dt.datetime) -> Status:
    """Return how the keys stand by the newest count; nothing is scanned here."""
    trouble = ""
    files: list[KeyFile] = []
    try:
        files = key_files()
    except (KeyMissing, OSError) as error:
        trouble = str(error)
    count = KeyCount.objects.order_by("-at").first()
    lines = [line for kind in KINDS for line in _lines(kind, files, count)]
    runs = newest_runs()
    backup = newest_backup()
    return Status(
        trouble=trouble,
        lines=lines,
        count=count,
        runs=runs,
        advice=_advice(lines, count, runs, now),
        warnings=[
            *_warnings(lines, count, runs, trouble=trouble),
            *_backup_warnings(files, backup, now),
        ],
        backup=backup,
    )


def newest_backup() -> KeyBackup | None:
    """Return the newest backup of the keys."""
    return KeyBackup.objects.order_by("-made_at").first()


def unsaved(files: list[KeyFile], backup: KeyBackup | None) -> list[KeyFile]:
    """Return the keys that the newest backup of keys does not hold."""
    return [
        file
        for file in files
        if backup is None or not backup.holds(file.kind, file.version, file.mark)
    ]


def _backup_warnings(
    files: list[KeyFile], backup: KeyBackup | None, now: dt.datetime
) -> list[str]:
    if not files:
        return []
    if backup is None:
        return [
            _(
                "There is no backup of the keys. Whoever loses them has lost what they "
                "seal, in every backup too: manage.py keys backup"
            )
        ]
    said = [
        _(
            "%(kind)s-%(version)s.key is not in the newest backup of keys: "
            "manage.py keys backup"
        )
        % {"kind": file.kind, "version": file.version}
        for file in unsaved(files, backup)
    ]
    if now - (backup.proved_at or backup.made_at) > OLD_PROOF:
        said.append(
            _(
                "Nobody has opened the backup of keys for half a year. Let one of each "
                "group do it: manage.py keys prove"
            )
        )
    return said


def newest_runs() -> list[KeyRun]:
    """Return the newest run of each work that was ever started."""
    found = (
        KeyRun.objects.filter(work=work)
        .defer("cursor")
        .order_by("-started_at")
        .select_related("started_by")
        .first()
        for work in KeyWork
    )
    return [run for run in found if run is not None]


def _lines(kind: str, files: list[KeyFile], count: KeyCount | None) -> list[KeyLine]:
    counts: Counts = {}
    if count is not None:
        counts = count.fields if kind == "field" else count.indexes
    held = {file.version: file for file in files if file.kind == kind}
    asked = {int(version) for found in counts.values() for version in found} - {0}
    return [
        KeyLine(
            kind,
            version,
            held.get(version),
            {
                name: found[str(version)]
                for name, found in sorted(counts.items())
                if found.get(str(version))
            },
        )
        for version in sorted(held.keys() | asked)
    ]


def _advice(
    lines: list[KeyLine],
    count: KeyCount | None,
    runs: list[KeyRun],
    now: dt.datetime,
) -> list[str]:
    """Say what to do next, in the order of a roll-out."""
    if count is None:
        return [_("Count the values first: no count has been made yet.")]
    said = []
    if now - count.at > OLD_COUNT:
        said.append(_("Count again: the count is older than two days."))
    newest = {run.work: run for run in runs}
    for kind in KINDS:
        said += _advice_for(kind, [x for x in lines if x.kind == kind], newest)
    return said or [_("Nothing is due: every value is under the key that is written.")]


def _advice_for(
    kind: str, lines: list[KeyLine], newest: dict[str, KeyRun]
) -> list[str]:
    """Say it of one kind of key: take it into use, bring values over, put it away."""
    present = [line for line in lines if line.file]
    primary = next((line for line in present if line.file and line.file.primary), None)
    if primary is None:
        return []
    said = []
    if present[-1].version > primary.version:
        said.append(
            _(
                "%(kind)s-%(newest)s.key is ready. When it is on every machine and a "
                "minute old, take it into use: manage.py keys use %(kind)s %(newest)s"
            )
            % {"kind": kind, "newest": present[-1].version}
        )
    older = [line for line in present if line is not primary]
    work = KeyWork.ROTATE if kind == "field" else KeyWork.REINDEX
    left = sum(line.values for line in older)
    said += _advice_on_work(work, newest.get(work), left, primary.version)
    said += [
        _(
            "No value needs %(kind)s-%(version)s.key by this count. Put it away: "
            "manage.py keys retire %(kind)s %(version)s"
        )
        % {"kind": kind, "version": line.version}
        for line in older
        if not line.values and line.version < primary.version
    ]
    return said


def _advice_on_work(
    work: KeyWork, run: KeyRun | None, left: int, primary: int
) -> list[str]:
    """Say how far the values are that are still under an older key: `left` of them."""
    if run and run.finished_at is None:
        said = _("Values are being brought under key %(primary)s.")
        return [said % {"primary": primary}]
    if left and run and left <= (run.result or {}).get("unreadable", 0):
        return [
            _(
                "What is left under an older key could not be brought over: it is named "
                "below. Mend it, or let it go when the key is put away: "
                "--give-up-unreadable."
            )
        ]
    if left:
        said = _("Values are still under an older key: start “%(work)s”.")
        return [said % {"work": work.label}]
    return []


def _warnings(
    lines: list[KeyLine], count: KeyCount | None, runs: list[KeyRun], *, trouble: str
) -> list[str]:
    said = []
    if not trouble:
        said += [
            _(
                "Values that cannot be read or found: %(number)s. "
                "%(kind)s-%(version)s.key is missing here: put the file back from where "
                "the keys are kept."
            )
            % {"number": line.values, "kind": line.kind, "version": line.version}
            for line in lines
            if line.missing
        ]
    said += [
        _("Others on this machine may read %(kind)s-%(version)s.key: chmod 600.")
        % {"kind": line.kind, "version": line.version}
        for line in lines
        if line.file and line.file.exposed
    ]
    unfit = sum(found.get("0", 0) for found in count.fields.values()) if count else 0
    if unfit:
        said.append(
            _("Stored values that are no sealed values at all: %(number)s.")
            % {"number": unfit}
        )
    said += [
        _("“%(work)s” met %(number)s in trouble; they are listed below.")
        % {"work": run.get_work_display(), "number": run.result["unreadable"]}
        for run in runs
        if run.result and run.result["unreadable"]
    ]
    return said

"""Say precisely what is wrong with a backup: as it lies there, and once it is put back."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import psycopg2
from psycopg2 import sql

from servicedesk.backups import errors
from servicedesk.backups.databases import Database
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import MANIFEST, Manifest, digest_of, keys_now, unpack
from servicedesk.backups.progress import NOBODY, Progress
from servicedesk.backups.reading import read_manifest_bytes
from servicedesk.backups.snapshot import count_tables, database_error
from servicedesk.backups.storages import Storage
from servicedesk.core.restoring import Finding

_HEADS: Final = (
    "SELECT DISTINCT ON (app) app, name FROM django_migrations ORDER BY app, id DESC"
)
_SEQUENCES: Final = """
SELECT s.schemaname || '.' || s.sequencename, coalesce(s.last_value, 0),
  t.nspname, t.relname, t.attname
FROM pg_sequences s
LEFT JOIN LATERAL (
  SELECT n.nspname, c.relname, a.attname
  FROM pg_depend d
  JOIN pg_class c ON c.oid = d.refobjid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    AND d.objid = format('%I.%I', s.schemaname, s.sequencename)::regclass
  LIMIT 1
) t ON true
WHERE s.schemaname !~ '^pg_'
"""
MOST: Final = 200
"""So many findings of one kind are named; more are only counted."""


def read_whole(storage: Storage, name: str, *, digest: str = "") -> Manifest:
    """Return the manifest of a backup that is whole; raise BackupError for what it is not.

    NOT_FOUND, NO_MANIFEST, MANIFEST, FOREIGN, NO_KEY, OTHER_KEY or FORGED. `digest` is
    what was noted when the backup was made, if anybody knows.
    """
    there = {each.name.partition("/")[2] for each in storage.list(name)}
    if not there:
        raise BackupError(errors.NOT_FOUND, name)
    if MANIFEST not in there:
        raise BackupError(errors.NO_MANIFEST, ", ".join(sorted(there)))
    data = read_manifest_bytes(storage, name)
    said = _parse(data)
    if said["name"] != name:
        raise BackupError(errors.FOREIGN, str(said["name"])[:60])
    _check_signer(said)
    try:
        manifest = unpack(data, name=name)
    except BackupError as error:
        if error.detail == "it was changed":
            raise BackupError(errors.FORGED) from error
        raise
    if digest and digest != digest_of(data):
        raise BackupError(errors.FORGED, "not the one that was written")
    return manifest


def _parse(data: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(data)
        complete = "signature" in said and {"name", "keys", "signed_by"} <= said.keys()
    except (ValueError, AttributeError, TypeError) as error:
        raise BackupError(errors.MANIFEST, "it makes no sense") from error
    if not complete:
        raise BackupError(errors.MANIFEST, "it is not complete")
    return said


def _check_signer(said: Mapping[str, Any]) -> None:
    """Tell a key that is not here, or is another one, from a forged signature."""
    version = said["signed_by"]
    for finding in missing_keys(said["keys"]):
        if (finding.data["kind"], finding.data["version"]) == ("field", version):
            raise BackupError(finding.code, f"field-{version}.key")


def missing_keys(wanted: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return which of the backup's keys are not on this machine, or are others here."""
    try:
        here = {(key["kind"], key["version"]): key["mark"] for key in keys_now()}
    except BackupError:
        here = {}
    found = []
    for key in wanted:
        mark = here.get((key["kind"], key["version"]))
        if mark != key["mark"]:
            code = errors.NO_KEY if mark is None else errors.OTHER_KEY
            data = {"kind": key["kind"], "version": key["version"]}
            found.append(Finding(code, data))
    return found


def compare(
    manifest: Manifest, restored: Database, progress: Progress = NOBODY
) -> list[Finding]:
    """Compare what came back with what was there: rows, contents, sequences, migrations."""
    with restored.session() as cursor:
        progress.when_stopped(lambda: _cancel(cursor))
        try:
            tables = count_tables(cursor, lambda _rows: progress.saw(1))
            cursor.execute(_SEQUENCES)
            sequences = cursor.fetchall()
            heads: list[tuple[str, str]] = []
            if "public.django_migrations" in tables:
                cursor.execute(_HEADS)
                heads = cursor.fetchall()
            return [
                *_capped(_tables(manifest.tables, tables)),
                *_capped(_set_back(manifest.sequences, sequences)),
                *_capped(_behind(cursor, sequences)),
                *_capped(_heads(manifest.migrations, dict(heads))),
            ]
        except psycopg2.Error as error:
            raise database_error(error) from error


def _cancel(cursor: Any) -> None:
    """End the query that runs; one that is over is no matter."""
    with contextlib.suppress(psycopg2.Error):
        cursor.connection.cancel()


def _tables(
    wanted: Mapping[str, Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    if wanted and not found:
        yield Finding(errors.EMPTY, {"tables": len(wanted)})
        return
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            rows = wanted[name]["rows"]
            yield Finding("table_missing", {"table": name, "rows": rows})
        elif name not in wanted:
            yield Finding("table_unexpected", {"table": name})
        elif wanted[name]["rows"] != found[name]["rows"]:
            yield Finding(
                "rows_differ",
                {
                    "table": name,
                    "rows": found[name]["rows"],
                    "expected": wanted[name]["rows"],
                },
            )
        elif wanted[name]["hash"] != found[name]["hash"]:
            yield Finding("content_differs", {"table": name})


def _set_back(
    wanted: Mapping[str, int], found: Sequence[tuple[Any, ...]]
) -> Iterator[Finding]:
    values = {row[0]: row[1] for row in found}
    for name, least in sorted(wanted.items()):
        value = values.get(name)
        if value is None:
            yield Finding("sequence_missing", {"sequence": name})
        elif value < least:
            yield Finding(
                "sequence_back", {"sequence": name, "at": value, "expected": least}
            )


def _behind(cursor: Any, found: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """Find sequences that would give out numbers which rows have already."""
    for name, value, schema, table, column in found:
        if table is None:
            continue
        cursor.execute(
            sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(
                sql.Identifier(column), sql.Identifier(schema, table)
            )
        )
        highest = cursor.fetchone()[0]
        if highest > value:
            yield Finding(
                "sequence_behind", {"sequence": name, "at": value, "highest": highest}
            )


def _heads(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Finding]:
    for app in sorted(wanted.keys() | found.keys()):
        if wanted.get(app) != found.get(app):
            yield Finding("migrations_differ", {"app": app})


def _capped(found: Iterator[Finding]) -> list[Finding]:
    every = list(found)
    if len(every) <= MOST:
        return every
    return [*every[:MOST], Finding("and_more", {"number": len(every) - MOST})]

"""Index every sealed value with the present index key, portion by portion, while all serve.

Values are found by any live index key, so nothing is missed meanwhile. What cannot be
indexed anew is named: a value that cannot be read, and a double, which is a row whose
value another row already holds under the new key.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.utils.functional import Promise

from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.rotate import Cursor, Portion, Turn, Work, walk
from servicedesk.core.encryption.sealed import Sealed
from servicedesk.core.encryption.stores import (
    Model,
    count_by,
    free_rows,
    give_way,
    own_models,
    quoted,
)

AnyIndex = BlindIndexField[Any, Any]
# Row, stored bytes of the source, old index, new index.
Change = tuple[str, bytes, bytes, bytes]


def index_fields(model: Model) -> list[AnyIndex]:
    """Return the blind indexes that the model itself declares."""
    return [f for f in model._meta.local_fields if isinstance(f, BlindIndexField)]


def all_indexes() -> list[AnyIndex]:
    """Return every blind index, in an order that does not change."""
    found = [field for model in own_models() for field in index_fields(model)]
    return sorted(found, key=name_of)


def name_of(field: AnyIndex) -> str:
    """Return the name of an index in cursors and counts."""
    return f"{field.model._meta.label_lower}.{field.attname}"


def title_of(field: AnyIndex) -> str:
    """Return what people call the index."""
    meta = field.model._meta
    source = getattr(meta.get_field(field.source), "verbose_name", field.source)
    return f"{meta.verbose_name}: {source}"


@dataclass(frozen=True)
class OtherIndex:
    """An index of sealed values that is no blind index field: made, kept by an app above.

    `versions` counts its rows by the key that they are under, exactly; `work` brings a
    portion of them under the key that is written.
    """

    name: str
    title: str | Promise
    versions: Callable[[], dict[int, int]]
    work: Work


_other: dict[str, OtherIndex] = {}


def register_index(index: OtherIndex) -> None:
    """Let the work about index keys count and bring this over, too; from `ready()`."""
    if _other.setdefault(index.name, index) != index:
        raise ValueError(f"Two indexes called {index.name!r}")


def titles_of_indexes() -> dict[str, str]:
    """Return what people call each index, by its name in cursors and counts."""
    found = {name_of(one): title_of(one) for one in all_indexes()}
    return found | {name: str(one.title) for name, one in _other.items()}


def versions_of_indexes() -> dict[str, dict[int, int]]:
    """Count all rows of each index by the version of their key, exactly."""
    found = {name_of(one): index_versions(one) for one in all_indexes()}
    return found | {name: one.versions() for name, one in _other.items()}


def reindex_portion(cursor: Cursor | None, *, limit: int, now: dt.datetime) -> Portion:
    """Index up to `limit` rows anew; to be called in a transaction, until `finished`."""
    del now
    target = keyring().index_primary
    works = [(name_of(field), _indexing(field)) for field in all_indexes()]
    works += [(name, one.work) for name, one in _other.items()]
    left = partial(_others, target)
    return walk(cursor, sorted(works, key=_name), target, limit, total=left, left=left)


def _name(work: tuple[str, Work]) -> str:
    return work[0]


def index_versions(field: AnyIndex) -> dict[int, int]:
    """Count the rows by the version of their index's key, exactly."""
    table, column = quoted(field.model._meta.db_table), quoted(field.column)
    return count_by(
        table, column, "CASE WHEN length({0}) > 0 THEN get_byte({0}, 0) END"
    )


def _others(target: int) -> int:
    return sum(
        number
        for versions in versions_of_indexes().values()
        for version, number in versions.items()
        if version != target
    )


def _indexing(field: AnyIndex) -> Work:
    def work(after: str | None, limit: int) -> Turn:
        target = keyring().index_primary
        rows = _read(field, after, limit)
        changes: list[Change] = []
        trouble: list[tuple[str, str, str]] = []
        for row in rows:
            old = getattr(row, field.attname)
            if not old or old[0] == target:
                continue
            source = row.__dict__.get(field.source)
            indexes = field.indexes_of(row)
            if isinstance(source, Sealed) and indexes and indexes[0]:
                changes.append((str(row.pk), source.envelope, old, indexes[0]))
            else:
                trouble.append((name_of(field), str(row.pk), "unreadable"))
        changed, doubles = _write(field, changes) if changes else (0, [])
        trouble += [(name_of(field), pk, "double") for pk in doubles]
        last = str(rows[-1].pk) if len(rows) == limit else None
        return Turn(last, changed, trouble)

    return work


def _read(field: AnyIndex, after: str | None, limit: int) -> list[models.Model]:
    rows: models.QuerySet[Any] = models.QuerySet(field.model).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    needed = {field.attname, field.source, field.normalise_with} - {""}
    return list(rows.only("pk", *needed)[:limit])


def _write(field: AnyIndex, changes: Sequence[Change]) -> tuple[int, list[str]]:
    """Write the indexes at once; one by one where two rows turn out to be doubles."""
    try:
        return _set(field, changes), []
    except OperationalError:
        # Somebody held on to what we wanted: they go first, this comes again.
        return 0, []
    except IntegrityError:
        if len(changes) == 1:
            return 0, [changes[0][0]]
    middle = len(changes) // 2
    first, second = changes[:middle], changes[middle:]
    done, doubles = _write(field, first)
    more, others = _write(field, second)
    return done + more, doubles + others


def _set(field: AnyIndex, changes: Sequence[Change]) -> int:
    meta = field.model._meta
    table, pk, index = (
        quoted(one) for one in (meta.db_table, meta.pk.column, field.column)
    )
    source = quoted(getattr(meta.get_field(field.source), "column", None))
    kind = meta.pk.db_type(connection) or ""
    with transaction.atomic(), connection.cursor() as cursor:
        give_way(cursor)
        free = set(free_rows(table, pk, kind, [change[0] for change in changes]))
        mine = [change for change in changes if change[0] in free]
        if not mine:
            return 0
        cursor.execute(
            f"UPDATE {table} t SET {index} = v.new"  # noqa: S608 - names of ours
            f" FROM unnest(%s::{kind}[], %s::bytea[], %s::bytea[], %s::bytea[])"
            " AS v(pk, source, old, new)"
            f" WHERE t.{pk} = v.pk AND t.{index} = v.old AND t.{source} = v.source",
            [list(column) for column in zip(*mine, strict=True)],
        )
        return int(cursor.rowcount)

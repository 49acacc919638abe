"""Read the log's rows for a seal, with digests taken anew and not by the database."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from servicedesk.audit.database import PARTS, TABLE
from servicedesk.audit.hashing import digest_of
from servicedesk.audit.models import Seal, SealKind
from servicedesk.audit.sealing import BEGINNING

_COLUMNS: Final = ", ".join(part.format("e") for part in PARTS)
# Later than anything this snapshot sees, and than the transaction that asks.
_FUTURE: Final = """greatest(
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
  pg_current_xact_id_if_assigned()::text::bigint + 1
)"""


class Row(NamedTuple):
    """An entry as it stands: which, when, the digest of its content, the one it bears."""

    id: int
    at: int
    digest: bytes
    borne: bytes


class Reach:
    """Which rows belong to which seal, era by era; fed with seals in their order."""

    def __init__(self) -> None:
        self.floor = 0
        self.ceiling = 0
        self.before: tuple[int, int] = (0, 0)  # floor and ceiling of the era before
        self.to_xid: int | None = None

    def add(self, seal: Seal) -> None:
        """Take note of the next seal."""
        if seal.kind == SealKind.MOVED:
            self.before = (self.floor, self.ceiling)
            self.floor = self.ceiling = seal.last_id
        elif seal.kind == SealKind.ENTRIES:
            self.ceiling = max(self.ceiling, seal.last_id)
        self.to_xid = seal.to_xid

    def rows(self, seal: Seal, ends: dict[int, int]) -> Iterator[Row]:
        """Yield the rows of a seal that was just added; `ends` are eras' ceilings."""
        if seal.kind == SealKind.MOVED:
            floor, ceiling = self.before
            where = "id > %s AND id <= %s AND (xid >= %s OR id > %s)"
            return _read(where, floor, seal.last_id, seal.from_xid, ceiling)
        if seal.kind == SealKind.DROPPED:
            return iter(())
        where = "xid >= %s AND xid < %s AND id > %s"
        values = [seal.from_xid, seal.to_xid, self.floor]
        if seal.era in ends:
            where += " AND id <= %s"
            values.append(ends[seal.era])
        return _read(where, *values)

    def unsealed(self) -> Iterator[Row]:
        """Yield the rows after the last seal."""
        if self.to_xid is None:
            return _read("true")
        return _read("xid >= %s AND id > %s", self.to_xid, self.floor)

    def impossible(self) -> list[Row]:
        """Return a row that no transaction of this era can have written, if any.

        Nor of any other era: a row whose number is none belongs to no seal.
        """
        return list(
            _read(
                f"id <= 0 OR xid < %s OR ((xid < 0 OR xid >= {_FUTURE}) AND id > %s)",
                BEGINNING,
                self.floor,
                limit=1,
            )
        )


def _read(where: str, *values: Any, limit: int = 0) -> Iterator[Row]:
    sql = f"SELECT {_COLUMNS}, e.digest FROM {TABLE} e WHERE {where} ORDER BY e.id, e.timestamp"  # noqa: S608
    if limit:
        sql += f" LIMIT {limit}"
    # A cursor of the server's: the rows of one seal may be many.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        for *parts, borne in cursor:
            row_id, at = int(parts[0]), int(parts[1])
            yield Row(row_id, at, digest_of(parts), bytes(borne))

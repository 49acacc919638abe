"""Seal what has settled: a signed Merkle root, chained to the seal before."""

import datetime as dt
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from servicedesk.audit import outside
from servicedesk.audit.database import TABLE
from servicedesk.audit.hashing import Leaf, pack, root_of, seal_digest, statement
from servicedesk.audit.keys import sign, signing_key
from servicedesk.audit.models import Seal, SealKind

LOCK: Final = 0x61756469745F73  # of whoever seals
AT_ONCE: Final = 20_000
BEGINNING: Final = -(2**62)  # before every transaction's number
_MICROSECONDS: Final = "(extract(epoch from timestamp) * 1000000)::bigint"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def seal_settled(*, now: dt.datetime, cluster: str = "") -> int:
    """Seal every settled entry and bring the copy outside up to date; seals made.

    Settled means that the transaction that wrote it is older than any that still
    runs: nothing can appear behind a seal. One sealer at a time; another one returns
    at once. Raises SealKeyError and outside.RolledBackError.
    """
    key = signing_key()
    outside.refuse_rollback()
    # What settled when this run began: under load more would settle without end.
    made, bound = 0, _settled_before()
    while _seal_next(key, now, cluster or this_cluster(), bound):
        made += 1
    outside.bring_up_to_date()
    return made


def _settled_before() -> int:
    """Return the oldest transaction that still runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def this_cluster() -> str:
    """Return what tells this database cluster from one that it is restored into."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        return str(cursor.fetchone()[0])


def last_seal() -> Seal | None:
    """Return the newest seal, without its leaves."""
    return Seal.objects.defer("leaves").order_by("-number").first()


def floor_of(era: int) -> int:
    """Return the entry after which an era's entries begin."""
    moved = Seal.objects.filter(kind=SealKind.MOVED, era=era)
    return moved.values_list("last_id", flat=True).first() or 0


@transaction.atomic
def _seal_next(
    key: tuple[str, Ed25519PrivateKey], now: dt.datetime, cluster: str, bound: int
) -> bool:
    if not _alone():
        return False
    last = last_seal()
    if last is not None and last.cluster != cluster:
        _seal_moved(key, last, now, cluster)
        return True
    era, start = (last.era, last.to_xid) if last else (0, BEGINNING)
    leaves, until = _settled(start, bound, floor_of(era))
    if not leaves:
        return False
    seal = Seal(
        kind=SealKind.ENTRIES, cluster=cluster, era=era, from_xid=start, to_xid=until
    )
    put(seal, leaves, last=last, key=key, now=now)
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _settled(start: int, until: int, floor: int) -> tuple[list[Leaf], int]:
    """Return the next settled entries, and the transaction before which they end."""
    select = (
        f"SELECT xid, id, {_MICROSECONDS}, digest FROM {TABLE}"  # noqa: S608
        " WHERE xid >= %s AND xid < %s AND id > %s ORDER BY xid, id"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{select} LIMIT {AT_ONCE + 1}", [start, until, floor])
        rows = cursor.fetchall()
        if len(rows) > AT_ONCE:
            # Whole transactions only; one that is larger than the limit goes alone.
            first, until = rows[0][0], rows[-1][0]
            if first == until:
                until = first + 1
                cursor.execute(select, [start, until, floor])
                rows = cursor.fetchall()
    return [Leaf(i, at, bytes(d)) for xid, i, at, d in rows if xid < until], until


def _seal_moved(
    key: tuple[str, Ed25519PrivateKey], last: Seal, now: dt.datetime, cluster: str
) -> None:
    """Seal all that is not sealed when the database has moved to another cluster.

    Transactions are numbered anew there, so the table is closed to writers for this
    moment: then everything is settled. What comes later has higher ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            f"SELECT id, {_MICROSECONDS}, digest FROM {TABLE}"  # noqa: S608
            " WHERE id > %s AND (xid >= %s OR id > %s)",
            [floor_of(last.era), last.to_xid, ceiling_of(last.era)],
        )
        leaves = [Leaf(i, at, bytes(d)) for i, at, d in cursor.fetchall()]
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {TABLE}")  # noqa: S608
        top = cursor.fetchone()[0]
    seal = Seal(
        kind=SealKind.MOVED,
        cluster=cluster,
        era=last.era + 1,
        from_xid=last.to_xid,
        to_xid=BEGINNING,
    )
    put(seal, leaves, last=last, key=key, now=now, top=top)


def ceiling_of(era: int) -> int:
    """Return the highest entry that an era's seals took."""
    seals = Seal.objects.filter(era=era).exclude(kind=SealKind.DROPPED)
    return max([0, *seals.values_list("last_id", flat=True)])


def put(
    seal: Seal,
    leaves: list[Leaf],
    *,
    last: Seal | None,
    key: tuple[str, Ed25519PrivateKey],
    now: dt.datetime,
    top: int = 0,
) -> None:
    """Fill in, chain, sign and store a seal."""
    leaves.sort()
    moments = [leaf.at for leaf in leaves]
    seal.number = last.number + 1 if last else 1
    seal.count = seal.count or len(leaves)
    seal.first_id = leaves[0].id if leaves else 0
    seal.last_id = max([top, *(leaf.id for leaf in leaves)])
    if moments:
        seal.first_at, seal.last_at = moment(min(moments)), moment(max(moments))
    seal.leaves = pack(leaves)
    seal.root = root_of(seal.leaves)
    seal.previous = bytes(last.digest) if last else b""
    # Never before the last: the copy's files are by month, in the order of the chain.
    seal.made_at = max(now.astimezone(dt.UTC), last.made_at if last else moment(0))
    seal.key, signer = key
    seal.digest = seal_digest(seal)
    seal.signature = sign(signer, statement(seal))
    seal.save(force_insert=True)


def moment(microseconds: int) -> dt.datetime:
    """Return a leaf's moment as a time."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)

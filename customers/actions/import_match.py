"""Tell which rows of an import are about whom: by blind index, never by reading values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from customers.actions.identify import Contact, indexes_of
from customers.actions.import_rows import Row
from customers.models import (
    ContactPoint,
    Customer,
    ImportBatch,
    ImportKey,
    KnownPolicy,
    Purchase,
)

Owner = UUID | int
"""A customer on record by key; one of this file by the number of its first row."""


@dataclass
class Match:
    """Whom each row is about, and what was found on record."""

    owners: dict[int, Owner] = field(default_factory=dict)
    customers: dict[UUID, Customer] = field(default_factory=dict)
    # The contacts on record, under the index that was asked for.
    held: dict[Contact, ContactPoint] = field(default_factory=dict)
    orders: dict[tuple[str, str], UUID] = field(default_factory=dict)


def match(batch: ImportBatch, rows: Sequence[Row], *, remember: bool) -> Match:
    """Find whom the rows are about; faults are written on the rows.

    With `remember` (the check, which writes no customer) what was met in this file is
    looked up in, and added to, the keys of the batch.
    """
    found = Match()
    indexes = {c: indexes_of(c) for row in rows for c in row.contacts}
    _find_held(found, indexes)
    _find_orders(found, rows)
    met = _met(batch, indexes) if remember else {}
    before = dict(met)
    for row in rows:
        if row.faults:
            continue
        owner = _owner_of(row, found, indexes, met)
        if row.faults:
            continue
        if owner is not None:
            found.owners[row.number] = owner
            _judge(batch, row, owner, found)
        if not row.faults:
            for contact in row.contacts:
                met.setdefault(indexes[contact][0], owner or row.number)
    if remember:
        _keep(batch, {k: v for k, v in met.items() if k not in before})
    return found


def _find_held(found: Match, indexes: dict[Contact, list[bytes]]) -> None:
    wanted = {index: contact for contact, each in indexes.items() for index in each}
    points = ContactPoint.objects.filter(value_index__in=list(wanted))
    for point in points.select_related("customer"):
        contact = wanted[bytes(point.value_index)]
        if contact.kind == point.kind:
            found.held[contact] = point
            found.customers[point.customer_id] = point.customer


def _find_orders(found: Match, rows: Sequence[Row]) -> None:
    numbers = {
        row.values["order_number"] for row in rows if "order_number" in row.values
    }
    if numbers:
        known = Purchase.objects.filter(order_number__in=numbers)
        for number, product, customer in known.values_list(
            "order_number", "product", "customer_id"
        ):
            found.orders[number, product] = customer


def _met(batch: ImportBatch, indexes: dict[Contact, list[bytes]]) -> dict[bytes, Owner]:
    first = [each[0] for each in indexes.values()]
    keys = ImportKey.objects.filter(batch=batch, digest__in=first)
    return {bytes(digest): row for digest, row in keys.values_list("digest", "row")}


def _owner_of(
    row: Row,
    found: Match,
    indexes: dict[Contact, list[bytes]],
    met: dict[bytes, Owner],
) -> Owner | None:
    owners: set[Owner] = set()
    for contact in row.contacts:
        if contact in found.held:
            owners.add(found.held[contact].customer_id)
        elif indexes[contact][0] in met:
            owners.add(met[indexes[contact][0]])
    if len(owners) > 1:
        row.refuse("two_customers")
    order = (row.values.get("order_number", ""), row.values.get("product", ""))
    if order in found.orders and owners != {found.orders[order]}:
        row.refuse("order_exists")
    return next(iter(owners), None)


def _judge(batch: ImportBatch, row: Row, owner: Owner, found: Match) -> None:
    known = isinstance(owner, UUID)
    if batch.known == KnownPolicy.REJECT:
        row.refuse("known" if known else "twice")
    elif known and found.customers[owner].erased_at is not None:  # type: ignore[index]  # a key
        row.refuse("erased")


def hold_owners(rows: Sequence[Row], found: Match) -> None:
    """Lock whom the rows are about, as they are now: who was erased meanwhile stays so."""
    held = Customer.objects.select_for_update().filter(pk__in=list(found.customers))
    found.customers.update({each.pk: each for each in held.order_by("pk")})
    gone = {pk for pk, each in found.customers.items() if each.erased_at is not None}
    for row in rows:
        if found.owners.get(row.number) in gone and not row.faults:
            row.refuse("erased")


def _keep(batch: ImportBatch, added: dict[bytes, Owner]) -> None:
    """Remember what was met; of somebody on record the record tells."""
    ImportKey.objects.bulk_create(
        (
            ImportKey(batch=batch, digest=digest, row=owner)
            for digest, owner in added.items()
            if isinstance(owner, int)
        ),
        ignore_conflicts=True,
    )


def unseen(batch: ImportBatch, keys: Iterable[UUID]) -> set[UUID]:
    """Return those of the customers that whoever imports may not see."""
    wanted = set(keys)
    seen = Customer.objects.visible_to(batch.by).filter(pk__in=wanted)
    return wanted - set(seen.values_list("pk", flat=True))

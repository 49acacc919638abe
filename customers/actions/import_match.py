"""Tell which rows of an import are about whom: by blind index, never by reading values.

What is decided by it is told, so only customers count whom the importer may see. Who
meets another is new, as if there were none; see `doubles`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F

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

Order = tuple[str, str]
"""The number of an order, and a product of it."""
Owner = UUID | int
"""A customer on record by key; one of this file by the number of its first row."""


@dataclass
class Match:
    """Whom each row is about, and what was found on record."""

    owners: dict[int, Owner] = field(default_factory=dict)
    customers: dict[UUID, Customer] = field(default_factory=dict)
    # The contacts on record, under the index that was asked for.
    held: dict[Contact, ContactPoint] = field(default_factory=dict)
    orders: dict[Order, UUID] = field(default_factory=dict)
    # The orders of the file itself, too: of whom each is.
    taken: dict[Order, Owner] = field(default_factory=dict)
    # What customers have whom the importer may not see: it decides nothing that is told.
    elsewhere: dict[Contact | Order, UUID] = field(default_factory=dict)

    def met(self) -> set[UUID]:
        """Return all customers whom the rows met, seen or not."""
        return {*self.customers, *self.elsewhere.values()}


def match(batch: ImportBatch, rows: Sequence[Row], *, remember: bool) -> Match:
    """Find whom the rows are about; faults are written on the rows.

    With `remember` (the check, which writes no customer) what was met in this file is
    looked up in, and added to, the keys of the batch.
    """
    found = Match()
    indexes = {c: indexes_of(c) for row in rows for c in row.contacts}
    _find_held(batch, found, indexes)
    _find_orders(batch, found, rows)
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
            found.taken.setdefault(order_of(row), owner or row.number)
            for contact in row.contacts:
                met.setdefault(indexes[contact][0], owner or row.number)
    if remember:
        _keep(batch, {k: v for k, v in met.items() if k not in before})
    return found


def _find_held(
    batch: ImportBatch, found: Match, indexes: dict[Contact, list[bytes]]
) -> None:
    wanted = {index: contact for contact, each in indexes.items() for index in each}
    points = ContactPoint.objects.filter(value_index__in=list(wanted))
    # What somebody holds beside the first comes before it, so that the first counts.
    rows = list(points.order_by(F("beside").desc(nulls_last=True)))
    seen = _seen(batch, {each.customer_id for each in rows})
    for point in rows:
        contact = wanted[bytes(point.value_index)]
        if contact.kind != point.kind:
            continue
        if point.customer_id in seen:
            found.held[contact] = point
            found.customers[point.customer_id] = seen[point.customer_id]
        else:
            found.elsewhere[contact] = point.customer_id


def _find_orders(batch: ImportBatch, found: Match, rows: Sequence[Row]) -> None:
    numbers = {
        row.values["order_number"] for row in rows if "order_number" in row.values
    }
    known = Purchase.objects.filter(order_number__in=numbers)
    bought = list(known.order_by(F("beside").desc(nulls_last=True)))
    seen = _seen(batch, {each.customer_id for each in bought})
    for each in bought:
        order = (each.order_number, each.product)
        if each.customer_id in seen:
            found.orders[order] = each.customer_id
        else:
            found.elsewhere[order] = each.customer_id
    found.taken.update(found.orders)


def _seen(batch: ImportBatch, keys: Iterable[UUID]) -> dict[UUID, Customer]:
    """Return those of the customers whom whoever imports may see; asked always.

    Nothing is written on a record that became part of another.
    """
    seen = Customer.objects.visible_to(batch.by).present().filter(pk__in=set(keys))
    return {each.pk: each for each in seen}


def order_of(row: Row) -> Order:
    """Return the number of the row's order, "" where it names none, and the product."""
    return row.values.get("order_number", ""), row.values.get("product", "")


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
    order = order_of(row)
    if order[0] and order in found.taken and owners != {found.taken[order]}:
        row.refuse("order_exists")
    return next(iter(owners), None)


def _judge(batch: ImportBatch, row: Row, owner: Owner, found: Match) -> None:
    known = isinstance(owner, UUID)
    if batch.known == KnownPolicy.REJECT:
        row.refuse("known" if known else "twice")
    elif known and found.customers[owner].erased_at is not None:  # type: ignore[index]  # a key
        row.refuse("erased")


def hold_owners(rows: Sequence[Row], found: Match) -> None:
    """Lock whom the rows are about, as they are now: who was erased meanwhile stays so.

    Those whom the importer may not see as well: who is being erased is waited for.
    """
    held = Customer.objects.select_for_update().filter(pk__in=found.met())
    now = {each.pk: each for each in held.order_by("pk")}
    found.customers.update({pk: now[pk] for pk in found.customers if pk in now})
    gone = {pk for pk, each in now.items() if each.erased_at is not None}
    found.elsewhere = {k: pk for k, pk in found.elsewhere.items() if pk not in gone}
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

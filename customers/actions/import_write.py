"""Write the rows of an import: new customers all at once, known ones filled in."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from customers.actions.doubles import keep_pairs
from customers.actions.identify import Contact
from customers.actions.import_match import Match, Order, order_of
from customers.actions.import_rows import Row
from customers.actions.name_pairs import index_names
from customers.models import (
    Consent,
    ConsentPurpose,
    ContactPoint,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerKind,
    ImportBatch,
    KnownPolicy,
    Purchase,
    Tag,
)
from servicedesk.audit.batch import together

FILLED = ("address", "id_number", "notes", "city")


@dataclass
class Writing:
    """What one portion adds."""

    batch: ImportBatch
    match: Match
    now: dt.datetime
    customers: list[Customer] = field(default_factory=list)
    contacts: list[ContactPoint] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    events: list[CustomerEvent] = field(default_factory=list)
    tagged: list[tuple[Customer, str]] = field(default_factory=list)
    # Of whom something is written that somebody else had first.
    beside: list[tuple[UUID, UUID]] = field(default_factory=list)

    def write(self) -> None:
        """Insert it all, the customers first, by one statement for each table."""
        _number(self.customers)
        Customer.objects.bulk_create(self.customers)
        ContactPoint.objects.bulk_create(self.contacts)
        Purchase.objects.bulk_create(self.purchases)
        Consent.objects.bulk_create(self.consents)
        CustomerEvent.objects.bulk_create(self.events)
        _tag(self.tagged)
        index_names(self.customers)
        keep_pairs(self.beside, by=self.batch.by, now=self.now)

    # --- one row ---

    def add(self, row: Row) -> Customer:
        """Make a customer of a row about nobody on record."""
        values, batch = row.values, self.batch
        customer = Customer(
            number=0,  # drawn when it is written
            kind=values.get("kind", CustomerKind.INDIVIDUAL),
            name=values["name"],
            language=values.get("language", batch.language),
            team=batch.team,
            created_at=self.now,
            **{name: values[name] for name in FILLED if name in values},
        )
        self.customers.append(customer)
        self.consents.append(
            Consent(
                customer=customer,
                purpose=ConsentPurpose.SERVICE,
                basis=batch.basis,
                way=batch.way,
                given_at=self.now,
                recorded_by=batch.by,
            )
        )
        self._reach(customer, row.contacts)
        self._buy(customer, row)
        self._tag(customer, row)
        self._note(customer, CustomerEventKind.IMPORTED, row.values)
        return customer

    def fill(self, customer: Customer, row: Row) -> bool:
        """Fill in what the record lacks; tell whether there was anything."""
        match = self.match
        empty = [
            name
            for name in FILLED
            if name in row.values and getattr(customer, name) in {None, ""}
        ]
        for name in empty:
            setattr(customer, name, row.values[name])
        fresh = [c for c in row.contacts if c not in match.held]
        bought = self._buy(customer, row)
        if not (empty or fresh or bought):
            return False
        if empty and isinstance(match.owners.get(row.number), UUID):
            indexes = ["id_number_index"] if "id_number" in empty else []
            with together():
                customer.save(update_fields=[*empty, *indexes])
        self._reach(customer, fresh)
        for contact in fresh:
            match.held[contact] = self.contacts[-1]
        self._note(
            customer, CustomerEventKind.IMPORTED, [*empty, *(c.kind for c in fresh)]
        )
        return True

    def _reach(self, customer: Customer, contacts: Iterable[Contact]) -> None:
        self.contacts += [
            ContactPoint(
                customer=customer,
                kind=each.kind,
                value=each.value,
                created_at=self.now,
                beside=self._beside(customer, each),
            )
            for each in contacts
        ]

    def _buy(self, customer: Customer, row: Row) -> bool:
        order = order_of(row)
        if not order[0] or order in self.match.orders:
            return False
        self.purchases.append(
            Purchase(
                customer=customer,
                order_number=order[0],
                product=order[1],
                amount=row.values.get("amount", 0),
                currency=row.values.get("currency", "CNY"),
                bought_at=row.values.get("bought_at", self.now),
                created_at=self.now,
                beside=self._beside(customer, order),
            )
        )
        self.match.orders[order] = customer.pk
        return True

    def _beside(self, customer: Customer, what: Contact | Order) -> UUID | None:
        """Return what marks a value that somebody had first whom nobody is told of."""
        first = self.match.elsewhere.get(what)
        if first is None:
            return None
        self.beside.append((first, customer.pk))
        return customer.pk

    def _tag(self, customer: Customer, row: Row) -> None:
        self.tagged += [(customer, name) for name in row.values.get("tags", ())]

    def _note(
        self, customer: Customer, kind: CustomerEventKind, fields: Iterable[str]
    ) -> None:
        self.events.append(
            CustomerEvent(
                customer=customer,
                kind=kind,
                by=self.batch.by,
                at=self.now,
                fields=sorted(str(name) for name in fields),
                about=self.batch.pk,
            )
        )


def apply_rows(
    batch: ImportBatch, rows: Sequence[Row], match: Match, now: dt.datetime
) -> dict[str, int]:
    """Write the rows that have no fault; return how many were new, filled, the same."""
    writing = Writing(batch, match, now)
    counts = {"new": 0, "filled": 0, "same": 0}
    made: dict[int, Customer] = {}
    for row in rows:
        if row.faults:
            continue
        owner = match.owners.get(row.number)
        if owner is None:
            made[row.number] = writing.add(row)
            _own(match, row, writing)
            counts["new"] += 1
            continue
        known = match.customers[owner] if isinstance(owner, UUID) else made[owner]
        fills = batch.known == KnownPolicy.FILL and writing.fill(known, row)
        counts["filled" if fills else "same"] += 1
    writing.write()
    return counts


def _own(match: Match, row: Row, writing: Writing) -> None:
    """Let later rows of the same portion find what this row brings."""
    for contact, point in zip(
        reversed(row.contacts), reversed(writing.contacts), strict=False
    ):
        match.held[contact] = point


def _number(customers: Sequence[Customer]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('customer_number_seq') FROM generate_series(1, %s)",
            [len(customers)],
        )
        for customer, (number,) in zip(customers, cursor.fetchall(), strict=True):
            customer.number = number


def _tag(tagged: Sequence[tuple[Customer, str]]) -> None:
    """Give the tags that exist, by either name; a word that is no tag is left out."""
    if not tagged:
        return
    known = {
        name.casefold(): tag
        for tag in Tag.objects.filter(active=True)
        for name in (tag.name_zh, tag.name_en)
    }
    through = Customer.tags.through
    pairs = {
        (customer.pk, known[name.casefold()].pk)
        for customer, name in tagged
        if name.casefold() in known
    }
    through.objects.bulk_create(
        [through(customer_id=customer, tag_id=tag) for customer, tag in sorted(pairs)],
        ignore_conflicts=True,
    )

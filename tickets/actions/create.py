"""Receive a request: from the public form, or written down by staff."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.files.base import File
from django.db import IntegrityError, transaction

from customers.actions.identify import (
    Contact,
    find_contact_point,
    hold_on,
    indexes_of,
    new_customer,
)
from customers.models import ContactKind, ContactPoint, Customer
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.encryption.normalise import normalise
from servicedesk.core.errors import RuleError
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User
from tickets.actions import clock_rows, clocks, history, intake, letters, messages
from tickets.models import (
    Category,
    Channel,
    ClockTarget,
    EventKind,
    LetterKind,
    Message,
    MessageKind,
    Phase,
    Priority,
    PriorityRule,
    Ticket,
    TicketStatus,
)
from tickets.models.intake import Intake
from tickets.signals import ticket_created

_PROMISED = (ClockTarget.FIRST_RESPONSE, ClockTarget.RESOLUTION)


@dataclass(frozen=True)
class Request:
    """What a person asks for, before it is a ticket."""

    name: str
    contact: Contact
    category: Category
    subject: str
    body: str
    channel: Channel = Channel.WEB
    phase: Phase = Phase.AFTER_SALE
    language: str = "zh-hans"
    severity: int | None = None
    urgency: int | None = None
    files: Sequence["File[bytes]"] = field(default=())


def create_ticket(
    *,
    request: Request,
    by: User | None,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
) -> Ticket:
    """Make a request a ticket of its customer, in the right team's queue.

    Customer, ticket, first message, clocks, event and confirmation letter are one
    transaction. The same `client_key` a second time returns the first ticket. Two
    first requests at once from one address are of one customer: the second of them
    is refused by the unique index, and finds the customer when it is done again.
    """
    try:
        return _create(request, by=by, now=now, client_key=client_key)
    except IntegrityError:
        return _create(request, by=by, now=now, client_key=client_key)


@transaction.atomic
@together()
def _create(
    request: Request, *, by: User | None, now: dt.datetime, client_key: uuid.UUID | None
) -> Ticket:
    known = _known(request.contact)
    severity = request.severity or request.category.severity
    urgency = request.urgency or request.category.urgency
    key = uuid7()
    terms = intake.ask(
        key=client_key,
        ticket=key,
        contact=known,
        severity=severity,
        urgency=urgency,
        now=now,
    )
    if client_key is not None and not terms.claimed:
        return Intake.objects.select_related("ticket").get(key=client_key).ticket  # type: ignore[return-value]
    contact, new = _who(request, terms, now)
    ticket = _ticket(request, contact, terms, now)
    ticket.pk = key
    ticket.severity, ticket.urgency = severity, urgency
    first = messages.following(
        ticket, MessageKind.INBOUND, request.body, author=None, now=now
    )
    made = clocks.planned(
        ticket, _PROMISED, calendar=terms.calendar(ticket.service_level), now=now
    )
    clocks.begin(ticket, made)
    ticket.save(force_insert=True)
    messages.write(first, request.files)
    clock_rows.insert(made)
    history.record(ticket, EventKind.CREATED, by=by, now=now, after=ticket.status)
    _confirm(ticket, contact, first, now, new=new)
    ticket_created.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_created")
    return ticket


def _who(
    request: Request, terms: intake.Terms, now: dt.datetime
) -> tuple[ContactPoint, bool]:
    """Return the contact point of the request, and whether it was made for it."""
    # Where there was none nobody else can add one now; somebody may have, before.
    found = find_contact_point(request.contact)
    if found is not None:
        return found, False
    made = new_customer(
        name=request.name,
        contact=request.contact,
        team=request.category.team,
        language=request.language,
        number=terms.customer_number,
        now=now,
    )
    return made, True


def _known(wanted: Contact) -> intake.Known:
    """Return by what the contact is found, and the lock of whoever adds it."""
    try:
        return intake.Known(wanted.kind.value, indexes_of(wanted), hold_on(wanted))
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error


def priority_of(severity: int, urgency: int) -> int:
    """Look the priority up in the matrix; normal where a cell is missing."""
    cell = PriorityRule.objects.filter(severity=severity, urgency=urgency).first()
    return cell.priority if cell else Priority.NORMAL


def _ticket(
    request: Request, contact: ContactPoint, terms: intake.Terms, now: dt.datetime
) -> Ticket:
    category = request.category
    return Ticket(
        number=f"SD-{now.year}-{terms.number:06d}",
        customer=contact.customer,
        contact=contact,
        given_name=_other_name(request.name, contact.customer),
        channel=request.channel,
        kind=category.kind,
        phase=request.phase,
        category=category,
        subject=request.subject.strip(),
        priority=terms.priority,
        status=TicketStatus.NEW,
        team=category.team,
        service_level=terms.service_level(
            channel=request.channel,
            category=category,
            customer_kind=contact.customer.kind,
        ),
        created_at=now,
        changed_at=now,
        unanswered_since=now,
    )


def _confirm(
    ticket: Ticket,
    contact: ContactPoint,
    message: Message,
    now: dt.datetime,
    *,
    new: bool,
) -> None:
    """Owe the confirmation; a new customer has one address, and it may be a phone."""
    if not new:
        letters.owe(ticket, LetterKind.RECEIVED, now=now, message=message)
    elif contact.kind == ContactKind.EMAIL:
        letters.owe_to(contact, ticket, LetterKind.RECEIVED, now=now, message=message)


def _other_name(given: str, customer: Customer) -> str | None:
    """Return the name that was given where it is not the one on record."""
    known = customer.name
    same = isinstance(known, str) and normalise("name", known) == normalise(
        "name", given
    )
    return None if same else given.strip()

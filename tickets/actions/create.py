"""Receive a request: from the public form, or written down by staff."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.files.base import File
from django.db import IntegrityError, connection, transaction

from customers.actions.identify import Contact, identify_customer
from customers.models import Customer
from servicedesk.core.encryption.normalise import normalise
from servicedesk.staff.models import User
from tickets.actions import clocks, history, letters, messages
from tickets.actions.service_levels import choose_service_level
from tickets.models import (
    Category,
    Channel,
    ClockTarget,
    EventKind,
    LetterKind,
    MessageKind,
    Phase,
    Priority,
    PriorityRule,
    Ticket,
    TicketStatus,
)
from tickets.models.intake import Intake
from tickets.signals import ticket_created


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


@transaction.atomic
def create_ticket(
    *,
    request: Request,
    by: User | None,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
) -> Ticket:
    """Make a request a ticket of its customer, in the right team's queue.

    Customer, ticket, first message, clocks, event and confirmation letter are one
    transaction. The same `client_key` a second time returns the first ticket.
    """
    if client_key is not None:
        known = _claim(client_key, now)
        if known is not None:
            return known
    ticket = _write_ticket(request, now)
    message = messages.append(
        ticket,
        MessageKind.INBOUND,
        request.body,
        author=None,
        now=now,
        files=request.files,
    )
    clocks.start(ticket, [ClockTarget.FIRST_RESPONSE, ClockTarget.RESOLUTION], now=now)
    clocks.refresh_due(ticket)
    ticket.unanswered_since = now
    ticket.save()
    history.record(ticket, EventKind.CREATED, by=by, now=now, after=ticket.status)
    letters.owe(ticket, LetterKind.RECEIVED, now=now, message=message)
    if client_key is not None:
        Intake.objects.filter(key=client_key).update(ticket=ticket)
    ticket_created.send(sender=Ticket, ticket=ticket, by=by, now=now)
    history.tell(ticket, "ticket_created")
    return ticket


def priority_of(severity: int, urgency: int) -> int:
    """Look the priority up in the matrix; normal where a cell is missing."""
    cell = PriorityRule.objects.filter(severity=severity, urgency=urgency).first()
    return cell.priority if cell else Priority.NORMAL


def _write_ticket(request: Request, now: dt.datetime) -> Ticket:
    category = request.category
    contact = identify_customer(
        name=request.name,
        contact=request.contact,
        team=category.team,
        language=request.language,
        now=now,
    )
    severity = request.severity or category.severity
    urgency = request.urgency or category.urgency
    priority = priority_of(severity, urgency)
    return Ticket.objects.create(
        number=_next_number(now),
        customer=contact.customer,
        contact=contact,
        given_name=_other_name(request.name, contact.customer),
        channel=request.channel,
        kind=category.kind,
        phase=request.phase,
        category=category,
        subject=request.subject.strip(),
        severity=severity,
        urgency=urgency,
        priority=priority,
        status=TicketStatus.NEW,
        team=category.team,
        service_level=choose_service_level(
            channel=request.channel,
            category=category,
            customer_kind=contact.customer.kind,
            priority=priority,
        ),
        created_at=now,
        changed_at=now,
    )


def _other_name(given: str, customer: Customer) -> str | None:
    """Return the name that was given where it is not the one on record."""
    known = customer.name
    same = isinstance(known, str) and normalise("name", known) == normalise(
        "name", given
    )
    return None if same else given.strip()


def _claim(key: uuid.UUID, now: dt.datetime) -> Ticket | None:
    """Note the form's key; return the ticket if the form was posted before.

    The second of two posts at once waits here for the first to commit.
    """
    try:
        with transaction.atomic():
            Intake.objects.create(key=key, created_at=now)
    except IntegrityError:
        return Intake.objects.select_related("ticket").get(key=key).ticket
    return None


def _next_number(now: dt.datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number_seq')")
        return f"SD-{now.year}-{cursor.fetchone()[0]:06d}"

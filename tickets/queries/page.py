"""Everything that the page of one ticket shows, in a fixed number of queries."""

import datetime as dt
import uuid
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Field
from customers.queries import masks
from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids
from tickets import permissions
from tickets.models import (
    Draft,
    MessageKind,
    Ticket,
    TicketStatus,
)
from tickets.queries import conversation
from tickets.queries.rows import person

_RECENT = 5
_ANY_NUMBER = "SD-0000-000000"
ACTS = (
    "take",
    "assign",
    "transfer",
    "escalate",
    "wait",
    "resolve",
    "reopen",
    "classify",
)


def ticket_page(
    ticket: Ticket, user: User, *, query: str, now: dt.datetime
) -> dict[str, Any]:
    """Return the template's view of a ticket that the user may see."""
    number = ticket.number

    def file_address(attachment: conversation.File) -> str:
        return reverse("tickets:file", args=[number, attachment.pk])

    def retry_address(letter: conversation.Sent) -> str:
        return reverse("tickets:letter", args=[number, letter.pk])

    return {
        "number": number,
        "subject": ticket.subject,
        "status": ticket.status,
        "status_label": ticket.get_status_display(),
        "priority": ticket.priority,
        "priority_label": ticket.get_priority_display(),
        "category": ticket.category,
        "team": ticket.team,
        "assignee": person(ticket.assignee),
        "level": ticket.level,
        "channel_label": ticket.get_channel_display(),
        "clocks": conversation.clock_marks(ticket, now),
        "created_at": ticket.created_at,
        "can": abilities(ticket, user),
        "urls": addresses(number, query),
        "entries": conversation.entries(ticket, file_address, retry_address),
        "last_seq": ticket.message_count,
        "live": f"ticket:{ticket.pk}",
        "root_cause": ticket.root_cause,
        "solution": ticket.solution,
        "stage": conversation.stages(ticket),
    }


def abilities(ticket: Ticket, user: User) -> dict[str, bool]:
    """Tell which acts are offered: by the person's roles and the ticket's state."""
    active = ticket.active and ticket.worked_by(user)
    over = ticket.worked_by(user) and ticket.status in {
        TicketStatus.RESOLVED,
        TicketStatus.CLOSED,
        TicketStatus.SPAM,
    }
    return {
        "reply": active and may(user, permissions.REPLY),
        "note": may(user, permissions.NOTE),
        "take": active and ticket.assignee_id is None and may(user, permissions.TAKE),
        "assign": active and may(user, permissions.ASSIGN),
        "transfer": active and may(user, permissions.TRANSFER),
        "escalate": active and ticket.level == 1 and may(user, permissions.ESCALATE),
        "wait": active and may(user, permissions.REPLY),
        "resolve": active and may(user, permissions.RESOLVE),
        "reopen": over and may(user, permissions.RESOLVE),
        "classify": active and may(user, permissions.CLASSIFY),
    }


def addresses(number: str, query: str) -> dict[str, str]:
    """Return the address of each act on the ticket."""
    found = {
        name: address.replace(_ANY_NUMBER, number)
        for name, address in _addresses().items()
    }
    found["self"] = found.pop("ticket") + query
    found["close"] = reverse("tickets:inbox") + query
    return found


@cache
def _addresses() -> dict[str, str]:
    names = (*ACTS, "reply", "note", "draft", "ticket")
    return {name: reverse(f"tickets:{name}", args=[_ANY_NUMBER]) for name in names}


def customer_card(ticket: Ticket, user: User) -> dict[str, Any]:
    """Return the customer beside the ticket, each value as the user may see it.

    Who may not read customers sees only the name and the number.
    """
    customer = ticket.customer
    card: dict[str, Any] = {
        "name": masks.name_of(customer, user),
        "given_name": masks.text_of(Field.NAME, ticket.given_name, user),
        "number": customer.code,
        "kind_label": customer.get_kind_display(),
        "url": "",
    }
    if not may(user, permissions.VIEW_CUSTOMER):
        return card
    works = ticket.worked_by(user)
    name = masks.shown(Field.NAME, customer.name, user)
    return card | {
        "name_url": reverse("tickets:reveal-name", args=[ticket.number])
        if works and name.revealable
        else "",
        # Whose team it is sees the record; so does whoever works on the ticket.
        "url": reverse("customers:customer", args=[customer.number])
        if customer.team_id in team_ids(user) or ticket.assignee_id == user.pk
        else "",
        "city": customer.city,
        "language_label": customer.get_language_display(),
        "since": customer.created_at,
        "contacts": _contacts(ticket, user, works=works),
    }


def _contacts(ticket: Ticket, user: User, *, works: bool) -> list[dict[str, Any]]:
    found = [
        (each, masks.contact_of(each, user))
        for each in ticket.customer.contact_points.order_by("created_at")
    ]
    return [
        {
            "id": each.pk,
            "kind": each.kind,
            "kind_label": each.get_kind_display(),
            "masked": seen.text,
            "verified": each.verified_at is not None,
            "reveal_url": reverse("tickets:reveal", args=[ticket.number, each.pk])
            if works and seen.revealable
            else "",
        }
        for each, seen in found
        if seen.text
    ]


def recent_tickets(ticket: Ticket, user: User) -> list[dict[str, Any]]:
    """Return the customer's other tickets that the user may see, newest first."""
    others = (
        Ticket.objects.visible_to(user)
        .filter(customer_id=ticket.customer_id)
        .exclude(pk=ticket.pk)
        .order_by("-created_at")
        .only("number", "subject", "status", "created_at")[:_RECENT]
    )
    return [
        {
            "number": each.number,
            "subject": each.subject,
            "status": each.status,
            "status_label": each.get_status_display(),
            "url": _addresses()["ticket"].replace(_ANY_NUMBER, each.number),
            "at": each.created_at,
        }
        for each in others
    ]


def facts(ticket: Ticket) -> list[tuple[str, str]]:
    """Return what is on record about the ticket beyond its head."""
    lines = [
        (_("Category"), str(ticket.category)),
        (_("Kind"), ticket.get_kind_display()),
        (_("Sales phase"), ticket.get_phase_display()),
        (_("Channel"), ticket.get_channel_display()),
        (_("Severity"), ticket.get_severity_display()),
        (_("Urgency"), ticket.get_urgency_display()),
    ]
    if ticket.root_cause:
        lines.append((_("Root cause"), ticket.root_cause))
    if ticket.solution:
        lines.append((_("Solution"), ticket.solution))
    return lines


def drafts(ticket: Ticket, user: User) -> dict[str, str]:
    """Return what the user began to write here, by kind of message."""
    found = Draft.objects.filter(ticket=ticket, user=user)
    return {MessageKind(each.kind): each.body for each in found}


def new_key() -> uuid.UUID:
    """Return a key that makes posting one form twice harmless."""
    return uuid.uuid4()

"""What a customer may do on the signed page: add a word, or say it is not solved."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from tickets.actions import clocks, follow_up, history, messages
from tickets.actions.reply import finish, hear, receive
from tickets.models import ClockTarget, Message, Ticket, TicketStatus
from tickets.signals import ticket_reopened


@transaction.atomic
def customer_writes(
    *,
    ticket: Ticket,
    body: str,
    needs_answer: bool = True,
    now: dt.datetime,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Take in what the customer wrote, wherever the ticket stands.

    On a resolved ticket a word that needs no answer ("thanks") changes nothing;
    any other says that it is not solved: the ticket is open again at level 2. A
    closed ticket is opened again. Raises RuleError for merged tickets and spam.
    """
    ticket = history.lock(ticket)
    known = messages.sent_before(ticket, client_key)
    if known is not None:
        return known
    if ticket.active:
        return receive(
            ticket=ticket, body=body, now=now, client_key=client_key, files=files
        )
    if ticket.status not in {TicketStatus.RESOLVED, TicketStatus.CLOSED}:
        raise RuleError(
            _("This request takes no more messages. Please write a new one.")
        )
    message = hear(ticket, body, now=now, client_key=client_key, files=files)
    finish(ticket, now=now)
    if needs_answer:
        _open_again(ticket, now)
    history.tell(ticket, "customer_wrote")
    return message


def _open_again(ticket: Ticket, now: dt.datetime) -> None:
    if ticket.follow_ups.owed().exists():
        follow_up.answer(ticket=ticket, satisfied=False, now=now)
        return
    follow_up.open_again(ticket, by=None, now=now, reason="")
    ticket.unanswered_since = now
    clocks.start(ticket, [ClockTarget.NEXT_RESPONSE], now=now)
    finish(ticket, now=now)
    ticket_reopened.send(sender=Ticket, ticket=ticket, by=None, now=now)

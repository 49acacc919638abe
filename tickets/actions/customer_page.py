"""What a customer may do on the signed page: add a word, or say it is not solved."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.batch import together
from servicedesk.audit.following import remember
from servicedesk.core.errors import RuleError
from tickets.actions import follow_up, history, messages, notices
from tickets.actions.open_again import open_again
from tickets.actions.reply import finish, hear, take_in
from tickets.models import FollowUpOutcome, Message, Ticket, TicketStatus
from tickets.signals import ticket_reopened


@transaction.atomic
@together()
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
    ticket = history.lock(ticket, client_key=client_key)
    known = messages.sent_before(ticket, client_key)
    if known is not None:
        return known
    if ticket.active:
        return take_in(ticket, body, now=now, client_key=client_key, files=files)
    if ticket.status not in {TicketStatus.RESOLVED, TicketStatus.CLOSED}:
        raise RuleError(
            _("This request takes no more messages. Please write a new one.")
        )
    message = hear(ticket, body, now=now, client_key=client_key, files=files)
    if needs_answer:
        _open_again(ticket, now)
    else:
        finish(ticket, now=now)
        notices.tell_wrote(ticket, message)
    history.tell(ticket, "customer_wrote")
    return message


def _open_again(ticket: Ticket, now: dt.datetime) -> None:
    owed = ticket.follow_ups.owed().select_for_update().first()
    if owed is not None:
        remember(owed)
        outcome = FollowUpOutcome.NOT_SATISFIED
        follow_up.conclude(ticket, owed, outcome, by=None, words="", now=now)
        return
    open_again(ticket, by=None, now=now, reason="", unanswered=True)
    finish(ticket, now=now)
    notices.tell_reopened(ticket, by=None, now=now)
    ticket_reopened.send(sender=Ticket, ticket=ticket, by=None, now=now)

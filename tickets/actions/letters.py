"""Letters: what is owed by e-mail, taken once, sent, and noted."""

import datetime as dt
import uuid
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F, QuerySet

from customers.models import ContactPoint
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.ids import uuid7
from servicedesk.core.post import (
    FIRST_WAIT,
    LONGEST_WAIT,
    SERVER_PATIENCE,
    STUCK_AFTER,
    TRIES,
    Line,
    hand_over,
    put_off_until,
    wait_after,
)
from tickets import emails
from tickets.actions import notices
from tickets.models import Letter, LetterKind, LetterState, Message, Ticket

__all__ = [
    "FIRST_WAIT",
    "LONGEST_WAIT",
    "SERVER_PATIENCE",
    "STUCK_AFTER",
    "TRIES",
    "Line",
    "mark_stuck",
    "owe",
    "put_off",
    "send_again",
    "send_letter",
]


# The address that this request came from; else the oldest one.
_OWE = """
INSERT INTO tickets_letter (id, ticket_id, kind, message_id, contact_id, state, due_at,
  tries, error)
SELECT %(id)s, %(ticket)s, %(kind)s, %(message)s, id, 'due', %(now)s, 0, ''
FROM customers_contactpoint
WHERE customer_id = %(customer)s AND kind = 'email' AND dead_at IS NULL
ORDER BY id IS DISTINCT FROM %(own)s::uuid, created_at LIMIT 1
RETURNING contact_id
"""


def owe(
    ticket: Ticket,
    kind: LetterKind,
    *,
    now: dt.datetime,
    message: Message | None = None,
) -> uuid.UUID | None:
    """Write down that a letter is due; return the contact, None if there is no e-mail."""
    given: dict[str, Any] = {
        "id": uuid7(),
        "ticket": ticket.pk,
        "kind": kind.value,
        "message": message.pk if message else None,
        "now": now,
        "customer": ticket.customer_id,
        "own": ticket.contact_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OWE, given)
        row = cursor.fetchone()
    return row[0] if row else None


def owe_to(
    contact: ContactPoint,
    ticket: Ticket,
    kind: LetterKind,
    *,
    now: dt.datetime,
    message: Message,
) -> None:
    """Write down that a letter is due at this address."""
    Letter.objects.create(
        ticket=ticket, kind=kind, message=message, contact=contact, due_at=now
    )


def send_letter(*, pk: uuid.UUID, now: dt.datetime, line: Line | None = None) -> bool:
    """Send one due letter, at most once; tell whether this call took it.

    What is known not to have reached the mail server is tried again later; what
    may have reached it is marked unsure and left to a person. With a `line` that
    cannot be opened the letter stays as it was: `put_off` is the caller's.
    """
    if line is None:
        with Line() as own:
            taken = send_letter(pk=pk, now=now, line=own)
            if own.trouble:
                put_off(now=now, why=own.trouble)
        return taken
    server = line.open()
    if server is None:
        return False
    letter = _take(pk, now)
    if letter is None:
        return False
    try:
        mail = emails.compose(letter)
    except emails.CannotComposeError as error:
        _note(letter, LetterState.FAILED, str(error), now)
        return True
    except Exception as error:
        # Certainly not sent: it is due again, and the fault is told to the log.
        _try_later(letter, type(error).__name__, now)
        raise
    mail.connection = server
    if not _hand_over(letter, mail, now):
        line.drop()
    return True


def _take(pk: uuid.UUID, now: dt.datetime) -> Letter | None:
    taken = Letter.objects.filter(pk=pk, state=LetterState.DUE, due_at__lte=now).update(
        state=LetterState.SENDING, taken_at=now, tries=F("tries") + 1
    )
    if not taken:
        return None
    return Letter.objects.select_related(
        "ticket__customer", "ticket__team", "message__author", "contact"
    ).get(pk=pk)


def put_off(*, now: dt.datetime, why: str) -> None:
    """Put off all due letters, because the mail server cannot be reached.

    This is no try of any of them. The waits double up to LONGEST_WAIT; after
    SERVER_PATIENCE without an answer they have failed. `taken_at` of a due letter
    tells since when: its last answer, or the first time that nobody answered.
    """
    due = Letter.objects.filter(state=LetterState.DUE, due_at__lte=now)
    _give_up(
        due.filter(taken_at__lte=now - SERVER_PATIENCE),
        LetterState.FAILED,
        error=why[:200],
        now=now,
    )
    since, again = put_off_until("taken_at", now)
    due.update(taken_at=since, due_at=again, error=why[:200])


def mark_stuck(*, now: dt.datetime) -> int:
    """Mark letters whose sender died midway as unsure; return how many."""
    stuck = Letter.objects.filter(
        state=LetterState.SENDING, taken_at__lt=now - STUCK_AFTER
    )
    why = "interrupted while sending"
    return _give_up(stuck, LetterState.UNSURE, error=why, now=now)


@transaction.atomic
def _give_up(
    letters: QuerySet[Letter], state: LetterState, *, error: str, now: dt.datetime
) -> int:
    """Leave these letters to a person: whoever has the ticket hears of it."""
    keys = list(
        letters.select_for_update(skip_locked=True).values_list("pk", flat=True)
    )
    given_up = Letter.objects.filter(pk__in=keys)
    given_up.update(state=state, error=error)
    for letter in given_up.select_related("ticket"):
        notices.tell_letter(letter, now=now)
    return len(keys)


def hold_letters(*, why: str, now: dt.datetime) -> int:
    """Mark the letters that wait as unsure, for a person to decide; how many.

    For after a restore: they may have gone out since the backup. Whoever has the ticket
    hears of it.
    """
    waiting = Letter.objects.filter(state__in=[LetterState.DUE, LetterState.SENDING])
    return _give_up(waiting, LetterState.UNSURE, error=why[:200], now=now)


@transaction.atomic
def send_again(*, letter: Letter, now: dt.datetime) -> None:
    """Put a failed or unsure letter back into the queue: a person decided so.

    The row forgets how it stood before; the audit log does not, nor who decided.
    """
    known = Letter.objects.select_for_update().get(pk=letter.pk)
    if known.state not in {LetterState.FAILED, LetterState.UNSURE}:
        return
    Letter.objects.filter(pk=known.pk).update(
        state=LetterState.DUE, due_at=now, taken_at=None, tries=0, error=""
    )
    LogEntry.objects.log_create(
        known,
        action=Kind.UPDATE,
        changes={"state": [str(known.state), str(LetterState.DUE)]},
        timestamp=now,
    )


def _hand_over(letter: Letter, mail: EmailMultiAlternatives, now: dt.datetime) -> bool:
    """Hand the letter to the server and note the outcome; whether all was well."""
    outcome = hand_over(mail, tries=letter.tries)
    if outcome.later:
        _try_later(letter, outcome.error, now)
    elif outcome.sent:
        _note(letter, LetterState.SENT, "", now)
    else:
        state = LetterState.FAILED if outcome.refused else LetterState.UNSURE
        _note(letter, state, outcome.error, now)
    return outcome.sent


def _try_later(letter: Letter, error: str, now: dt.datetime) -> None:
    Letter.objects.filter(pk=letter.pk).update(
        state=LetterState.DUE, due_at=now + wait_after(letter.tries), error=error[:200]
    )


@transaction.atomic
def _note(letter: Letter, state: LetterState, error: str, now: dt.datetime) -> None:
    sent = now if state == LetterState.SENT else None
    Letter.objects.filter(pk=letter.pk).update(
        state=state, error=error[:200], sent_at=sent
    )
    if sent is None:
        notices.tell_letter(letter, now=now)

"""Letters: what is owed by e-mail, taken once, sent, and noted."""

import contextlib
import datetime as dt
import smtplib
import uuid

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from customers.models import ContactKind, ContactPoint
from tickets import emails
from tickets.models import Letter, LetterKind, LetterState, Message, Ticket

TRIES = 8
STUCK_AFTER = dt.timedelta(minutes=10)
_PERMANENT = 500
_TRY_LATER = 421


def owe(
    ticket: Ticket,
    kind: LetterKind,
    *,
    now: dt.datetime,
    message: Message | None = None,
) -> Letter | None:
    """Write down that a letter is due; None if the customer has no e-mail address."""
    contact = (
        ContactPoint.objects.filter(
            customer_id=ticket.customer_id, kind=ContactKind.EMAIL, dead_at__isnull=True
        )
        .order_by("created_at")
        .first()
    )
    if contact is None:
        return None
    return Letter.objects.create(
        ticket=ticket, kind=kind, message=message, contact=contact, due_at=now
    )


def send_letter(*, pk: uuid.UUID, now: dt.datetime) -> bool:
    """Send one due letter, at most once; tell whether this call took it.

    What is known not to have reached the mail server is tried again later; what
    may have reached it is marked unsure and left to a person.
    """
    taken = Letter.objects.filter(pk=pk, state=LetterState.DUE, due_at__lte=now).update(
        state=LetterState.SENDING, taken_at=now, tries=F("tries") + 1
    )
    if not taken:
        return False
    letter = Letter.objects.select_related(
        "ticket__customer", "ticket__team", "message__author", "contact"
    ).get(pk=pk)
    try:
        mail = emails.compose(letter)
    except emails.CannotComposeError as error:
        _note(letter, LetterState.FAILED, str(error), now)
        return True
    except Exception as error:
        # Certainly not sent: it is due again, and the fault is told to the log.
        _try_later(letter, type(error).__name__, now)
        raise
    _hand_over(letter, mail, now)
    return True


def mark_stuck(*, now: dt.datetime) -> int:
    """Mark letters whose sender died midway as unsure; return how many."""
    return Letter.objects.filter(
        state=LetterState.SENDING, taken_at__lt=now - STUCK_AFTER
    ).update(state=LetterState.UNSURE, error="interrupted while sending")


@transaction.atomic
def send_again(*, letter: Letter, now: dt.datetime) -> None:
    """Put a failed or unsure letter back into the queue: a person decided so."""
    Letter.objects.filter(
        pk=letter.pk, state__in=[LetterState.FAILED, LetterState.UNSURE]
    ).update(state=LetterState.DUE, due_at=now, error="")


def _hand_over(letter: Letter, mail: EmailMultiAlternatives, now: dt.datetime) -> None:
    server = get_connection()
    try:
        server.open()
    except (smtplib.SMTPException, OSError) as error:
        # Nothing was handed over yet: whatever went wrong, it can be tried again.
        _refused(letter, type(error).__name__, _TRY_LATER, now)
        return
    mail.connection = server
    try:
        mail.send()
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        # An address that this server cannot take, or that is none: refused by us.
        _note(letter, LetterState.FAILED, type(error).__name__, now)
    except (smtplib.SMTPException, OSError) as error:
        _note_trouble(letter, error, now)
    else:
        _note(letter, LetterState.SENT, "", now)
    finally:
        _close(server)


def _close(server: BaseEmailBackend) -> None:
    """Say goodbye; the outcome is known, so nothing that goes wrong here matters."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.close()


def _note_trouble(letter: Letter, error: Exception, now: dt.datetime) -> None:
    kind = type(error).__name__
    code = _refusal_code(error)
    if code is None:
        _note(letter, LetterState.UNSURE, kind, now)
    else:
        _refused(letter, kind, code, now)


def _refused(letter: Letter, kind: str, code: int, now: dt.datetime) -> None:
    if code >= _PERMANENT or letter.tries >= TRIES:
        _note(letter, LetterState.FAILED, f"{kind} {code}", now)
    else:
        _try_later(letter, f"{kind} {code}", now)


def _try_later(letter: Letter, error: str, now: dt.datetime) -> None:
    wait = dt.timedelta(minutes=min(2**letter.tries, 60))
    Letter.objects.filter(pk=letter.pk).update(
        state=LetterState.DUE, due_at=now + wait, error=error[:200]
    )


def _refusal_code(error: Exception) -> int | None:
    """Return the SMTP code of a certain refusal, or None if nothing is certain."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return None


def _note(letter: Letter, state: LetterState, error: str, now: dt.datetime) -> None:
    sent = now if state == LetterState.SENT else None
    Letter.objects.filter(pk=letter.pk).update(
        state=state, error=error[:200], sent_at=sent
    )

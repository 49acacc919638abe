"""Letters: what is owed by e-mail, taken once, sent, and noted."""

import contextlib
import datetime as dt
import smtplib
import uuid
from types import TracebackType
from typing import Self

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least

from customers.models import ContactKind, ContactPoint
from tickets import emails
from tickets.models import Letter, LetterKind, LetterState, Message, Ticket

TRIES = 8
STUCK_AFTER = dt.timedelta(minutes=10)
SERVER_PATIENCE = dt.timedelta(days=3)
FIRST_WAIT = dt.timedelta(minutes=2)
LONGEST_WAIT = dt.timedelta(minutes=30)
_PERMANENT = 500
_FINE = 250


class Line:
    """The connection to the mail server that one batch of letters shares.

    `trouble` says why it could not be opened; it is empty while all is well. Nothing
    was handed over when it cannot be opened, so no letter has to be taken for that.
    """

    def __init__(self) -> None:
        """Begin without a connection; the first letter opens it."""
        self.trouble = ""
        self._server: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.drop()

    def open(self) -> BaseEmailBackend | None:
        """Return an open connection, or None and note the trouble."""
        if self._server is not None and not _still_there(self._server):
            self.drop()
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> BaseEmailBackend | None:
        server = get_connection()
        try:
            server.open()
            if isinstance(server, EmailBackend) and server.connection:
                server.connection.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            code = getattr(error, "smtp_code", "")
            self.trouble = f"{type(error).__name__} {code}".strip()
            _close(server)
            return None
        return server

    def drop(self) -> None:
        """Say goodbye; the next letter opens a new connection."""
        server, self._server = self._server, None
        if server is not None:
            _close(server)


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
        # The address that this request came from; else the oldest one.
        .order_by(Case(When(pk=ticket.contact_id, then=0), default=1), "created_at")
        .first()
    )
    if contact is None:
        return None
    return Letter.objects.create(
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
    due.filter(taken_at__lte=now - SERVER_PATIENCE).update(
        state=LetterState.FAILED, error=why[:200]
    )
    moment = Value(now, DateTimeField())
    since = Coalesce("taken_at", moment)
    so_far = ExpressionWrapper(moment - since, DurationField())
    first, longest = (Value(w, DurationField()) for w in (FIRST_WAIT, LONGEST_WAIT))
    due.update(
        taken_at=since,
        due_at=ExpressionWrapper(
            moment + Least(Greatest(so_far, first), longest), DateTimeField()
        ),
        error=why[:200],
    )


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
    ).update(state=LetterState.DUE, due_at=now, taken_at=None, tries=0, error="")


def _hand_over(letter: Letter, mail: EmailMultiAlternatives, now: dt.datetime) -> bool:
    """Hand the letter to the server and note the outcome; whether all was well."""
    try:
        mail.send()
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        # An address that this server cannot take, or that is none: refused by us.
        _note(letter, LetterState.FAILED, type(error).__name__, now)
    except (smtplib.SMTPException, OSError) as error:
        _note_trouble(letter, error, now)
    else:
        _note(letter, LetterState.SENT, "", now)
        return True
    return False


def _still_there(server: BaseEmailBackend) -> bool:
    """Whether the server answers; other ways of sending are opened for each letter."""
    if not isinstance(server, EmailBackend) or server.connection is None:
        return False
    try:
        return server.connection.noop()[0] == _FINE
    except (smtplib.SMTPException, OSError):
        return False


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

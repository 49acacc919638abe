"""What all letters share: the line to the mail server, and what its answers mean."""

import contextlib
import datetime as dt
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from types import TracebackType
from typing import Final, Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.db import DatabaseError, connection
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least

TRIES: Final = 8
STUCK_AFTER: Final = dt.timedelta(minutes=10)
SERVER_PATIENCE: Final = dt.timedelta(days=3)
FIRST_WAIT: Final = dt.timedelta(minutes=2)
LONGEST_WAIT: Final = dt.timedelta(minutes=30)
_PERMANENT = 500
_FINE = 250
_IDLE = 2


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


@dataclass(frozen=True)
class Outcome:
    """What became of a letter that was handed to the mail server.

    Exactly one is true: it was sent; it was certainly refused, for good or for now;
    or nobody can know (`unsure`), so that it must not be repeated by itself.
    """

    error: str = ""
    sent: bool = False
    refused: bool = False
    later: bool = False
    unsure: bool = False


def hand_over(mail: EmailMessage, *, tries: int) -> Outcome:
    """Hand a letter to its connection; `tries` counts this one.

    A refusal for now becomes one for good when there were `TRIES`.
    """
    try:
        mail.send()
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        # An address that this server cannot take, or that is none: refused by us.
        return Outcome(type(error).__name__, refused=True)
    except (smtplib.SMTPException, OSError) as error:
        kind, code = type(error).__name__, _refusal_code(error)
        if code is None:
            return Outcome(kind, unsure=True)
        if code >= _PERMANENT or tries >= TRIES:
            return Outcome(f"{kind} {code}", refused=True)
        return Outcome(f"{kind} {code}", later=True)
    return Outcome(sent=True)


def wait_after(tries: int) -> dt.timedelta:
    """Return how long a letter waits that was refused for now so many times."""
    return dt.timedelta(minutes=min(2**tries, 60))


def put_off_until(taken: str, now: dt.datetime) -> tuple[Coalesce, Combinable]:
    """Return since when nobody answers, and when to try again, as expressions.

    `taken` is the field that tells of the last answer. The waits double up to
    `LONGEST_WAIT`.
    """
    moment = Value(now, DateTimeField())
    since = Coalesce(taken, moment)
    so_far = ExpressionWrapper(moment - since, DurationField())
    first, longest = (Value(w, DurationField()) for w in (FIRST_WAIT, LONGEST_WAIT))
    wait = Least(Greatest(so_far, first), longest)
    return since, ExpressionWrapper(moment + wait, DateTimeField())


def message_id(name: str) -> str:
    """Return a Message-ID made from our own id, so that a second copy can be known."""
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    return f"<{name}@{domain}>"


@contextlib.contextmanager
def only_one(lock: int) -> Iterator[bool]:
    """Tell whether nobody else holds this advisory lock; it ends with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            _free(lock)


def send_in_turn(
    lock: int, *, work: Callable[[], int], more: Callable[[], bool], until: float
) -> int:
    """Do the work unless somebody else is at it, and again while more has come.

    Who is woken and finds the lock taken goes away. What woke them may have come after
    the last look, so there is another one when the lock is free. `work` tells how much
    it did; `until` is a time of `time.monotonic`. Twice nothing is enough: what is due
    then cannot be done now.
    """
    done, idle = 0, 0
    while idle < _IDLE:
        with only_one(lock) as alone:
            if not alone:
                break
            did = work()
        done += did
        idle = 0 if did else idle + 1
        if time.monotonic() > until or not more():
            break
    return done


def _free(lock: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])
    except DatabaseError:
        connection.close()  # which frees it, too


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


def _refusal_code(error: Exception) -> int | None:
    """Return the SMTP code of a certain refusal, or None if nothing is certain."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return None

"""Letters about requests of the person: owed, taken once, sent, and noted."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F

from customers import emails
from customers.links import new_link
from customers.models import (
    ContactKind,
    ContactPoint,
    RightsLetter,
    RightsLetterKind,
    RightsLetterState,
    RightsLink,
    RightsPackage,
    RightsRequest,
)
from customers.queries.proof import proves_somebody
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.post import (
    SERVER_PATIENCE,
    STUCK_AFTER,
    Line,
    hand_over,
    put_off_until,
    wait_after,
)

AGAIN_AFTER = dt.timedelta(hours=1)
"""Whoever sends the public form again and again gets one letter an hour."""


def owe(
    asked: RightsRequest,
    kind: RightsLetterKind,
    *,
    now: dt.datetime,
    contact: ContactPoint | None = None,
    once: bool = False,
) -> RightsLetter | None:
    """Write down that a letter is due; None if there is no address to send it to.

    It goes to the contact that asked, else to the oldest verified address, else to
    the oldest. With `once` none is owed shortly after another of the same kind.
    """
    to = contact or asked.contact or _best_of(asked)
    if to is None or to.kind != ContactKind.EMAIL or to.dead_at is not None:
        return None
    recent = asked.letters.filter(kind=kind, due_at__gt=now - AGAIN_AFTER)
    if once and recent.exists():
        return None
    return RightsLetter.objects.create(request=asked, kind=kind, contact=to, due_at=now)


def owe_farewell(asked: RightsRequest, *, now: dt.datetime) -> RightsLetter | None:
    """Owe the last letter, which keeps the address itself until it is sent."""
    letter = owe(asked, RightsLetterKind.ERASED, now=now)
    if letter is None or letter.contact is None:
        return None
    if isinstance(letter.contact.value, Unreadable):
        letter.delete()
        return None
    letter.address, letter.contact = letter.contact.value, None
    letter.save(update_fields=["address", "contact"])
    return letter


def second_address(asked: RightsRequest) -> ContactPoint | None:
    """Return a verified address other than the one the link goes to, if there is one."""
    first = asked.contact or _best_of(asked)
    verified = asked.customer.contact_points.filter(
        kind=ContactKind.EMAIL, dead_at=None, verified_at__isnull=False
    )
    if first is not None:
        verified = verified.exclude(pk=first.pk)
    return _first_settled(asked, verified.order_by("created_at"))


def send_letter(*, pk: uuid.UUID, now: dt.datetime, line: Line) -> bool:
    """Send one due letter, at most once; tell whether this call took it."""
    server = line.open()
    if server is None:
        return False
    letter = _take(pk, now)
    if letter is None:
        return False
    try:
        mail = emails.compose(letter, _link_for(letter, now))
    except emails.CannotComposeError as error:
        _note(letter, RightsLetterState.FAILED, str(error), now)
        return True
    except Exception as error:
        _try_later(letter, type(error).__name__, now)
        raise
    mail.connection = server
    if not _hand_over(letter, mail, now):
        line.drop()
    return True


def put_off(*, now: dt.datetime, why: str) -> None:
    """Put off all due letters, because the mail server cannot be reached."""
    due = RightsLetter.objects.filter(state=RightsLetterState.DUE, due_at__lte=now)
    due.filter(taken_at__lte=now - SERVER_PATIENCE).update(
        state=RightsLetterState.FAILED, error=why[:200], address=None
    )
    since, again = put_off_until("taken_at", now)
    due.update(taken_at=since, due_at=again, error=why[:200])


def mark_stuck(*, now: dt.datetime) -> int:
    """Mark letters whose sender died midway as unsure; return how many."""
    return RightsLetter.objects.filter(
        state=RightsLetterState.SENDING, taken_at__lt=now - STUCK_AFTER
    ).update(
        state=RightsLetterState.UNSURE, error="interrupted while sending", address=None
    )


def hold_letters(*, why: str) -> int:
    """Mark the letters that wait as unsure, for a person to decide; how many.

    For after a restore. The address stays: it may be the only one that is left.
    """
    waiting = RightsLetter.objects.filter(
        state__in=[RightsLetterState.DUE, RightsLetterState.SENDING]
    )
    return waiting.update(state=RightsLetterState.UNSURE, error=why[:200])


@transaction.atomic
def send_again(*, letter: RightsLetter, now: dt.datetime) -> None:
    """Put a failed or unsure letter back into the queue: a person decided so."""
    RightsLetter.objects.filter(
        pk=letter.pk, state__in=[RightsLetterState.FAILED, RightsLetterState.UNSURE]
    ).update(state=RightsLetterState.DUE, due_at=now, taken_at=None, tries=0, error="")


def _best_of(asked: RightsRequest) -> ContactPoint | None:
    """Return the address on record to write to; none that staff have just brought."""
    found = asked.customer.contact_points.filter(kind=ContactKind.EMAIL, dead_at=None)
    return _first_settled(
        asked, found.order_by(F("verified_at").asc(nulls_last=True), "created_at")
    )


def _first_settled(
    asked: RightsRequest, found: Iterable[ContactPoint]
) -> ContactPoint | None:
    settled = (each for each in found if proves_somebody(each, now=asked.received_at))
    return next(settled, None)


def _take(pk: uuid.UUID, now: dt.datetime) -> RightsLetter | None:
    due = RightsLetter.objects.filter(
        pk=pk, state=RightsLetterState.DUE, due_at__lte=now
    )
    if not due.update(
        state=RightsLetterState.SENDING, taken_at=now, tries=F("tries") + 1
    ):
        return None
    return RightsLetter.objects.select_related("request__customer", "contact").get(
        pk=pk
    )


def _link_for(letter: RightsLetter, now: dt.datetime) -> RightsLink | None:
    purpose = emails.purpose_of(letter)
    if purpose is None:
        return None
    return new_link(request=letter.request, purpose=purpose, now=now)


def _hand_over(
    letter: RightsLetter, mail: EmailMultiAlternatives, now: dt.datetime
) -> bool:
    outcome = hand_over(mail, tries=letter.tries)
    if outcome.later:
        _try_later(letter, outcome.error, now)
    elif outcome.sent:
        _note(letter, RightsLetterState.SENT, "", now)
    else:
        failed, unsure = RightsLetterState.FAILED, RightsLetterState.UNSURE
        _note(letter, failed if outcome.refused else unsure, outcome.error, now)
    return outcome.sent


def _try_later(letter: RightsLetter, error: str, now: dt.datetime) -> None:
    RightsLetter.objects.filter(pk=letter.pk).update(
        state=RightsLetterState.DUE,
        due_at=now + wait_after(letter.tries),
        error=error[:200],
    )


@transaction.atomic
def _note(
    letter: RightsLetter, state: RightsLetterState, error: str, now: dt.datetime
) -> None:
    """Note the outcome; the address of who was erased goes with a letter that is over."""
    sent = now if state == RightsLetterState.SENT else None
    RightsLetter.objects.filter(pk=letter.pk).update(
        state=state, error=error[:200], sent_at=sent, address=None
    )
    if sent and letter.kind == RightsLetterKind.PASSWORD:
        RightsPackage.objects.filter(
            request=letter.request, state="ready", told_at=None
        ).update(told_at=now, password=None)

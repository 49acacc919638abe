"""Letters with codes: taken once, sent, and noted."""

import datetime as dt
import uuid

from django.db.models import F, QuerySet

from customers import emails
from customers.models import ContactCode, RightsLetterState
from servicedesk.core.post import STUCK_AFTER, Line, hand_over, wait_after

_DUE, _SENDING = RightsLetterState.DUE, RightsLetterState.SENDING


def due(*, now: dt.datetime) -> QuerySet[ContactCode]:
    """Return what is to be sent now; a code that is over is not."""
    return ContactCode.objects.filter(
        state=_DUE, due_at__lte=now, expires_at__gt=now, used_at=None
    )


def send_code(*, pk: uuid.UUID, now: dt.datetime, line: Line) -> bool:
    """Send one letter that is due, at most once; tell whether this call took it."""
    server = line.open()
    if server is None:
        return False
    taken = due(now=now).filter(pk=pk)
    if not taken.update(state=_SENDING, taken_at=now, sendings=F("sendings") + 1):
        return False
    code = ContactCode.objects.select_related("contact__customer").get(pk=pk)
    try:
        mail = emails.compose_code(code)
    except emails.CannotComposeError as error:
        _note(code, RightsLetterState.FAILED, str(error))
        return True
    mail.connection = server
    outcome = hand_over(mail, tries=code.sendings)
    if outcome.later:
        ContactCode.objects.filter(pk=pk).update(
            state=_DUE, due_at=now + wait_after(code.sendings), error=outcome.error
        )
    elif outcome.sent:
        _note(code, RightsLetterState.SENT, "")
    else:
        state = RightsLetterState.UNSURE if outcome.unsure else RightsLetterState.FAILED
        _note(code, state, outcome.error)
        line.drop()
    return True


def put_off(*, now: dt.datetime, why: str) -> None:
    """Try again in a minute: a code is worth nothing tomorrow."""
    due(now=now).update(due_at=now + dt.timedelta(minutes=1), error=why[:200])


def mark_stuck(*, now: dt.datetime) -> int:
    """Mark letters whose sender died midway as unsure; return how many."""
    stuck = ContactCode.objects.filter(state=_SENDING, taken_at__lt=now - STUCK_AFTER)
    return stuck.update(
        state=RightsLetterState.UNSURE, error="interrupted while sending"
    )


def _note(code: ContactCode, state: RightsLetterState, error: str) -> None:
    ContactCode.objects.filter(pk=code.pk).update(state=state, error=error[:200])

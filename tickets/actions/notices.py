"""What people hear of about their tickets: never of what they did themselves.

Sentences hold the ticket's number and nothing of what is in it, so that they reveal
no more once the ticket is out of their reader's sight.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import User
from tickets.models import ClockTarget, Letter, Message, ServiceClock, Ticket

ASSIGNED: Final = "tickets.assigned"
TRANSFERRED: Final = "tickets.transferred"
ESCALATED: Final = "tickets.escalated"
WROTE: Final = "tickets.customer_wrote"
REOPENED: Final = "tickets.reopened"
DUE_SOON: Final = "tickets.due_soon"
BREACHED: Final = "tickets.breached"
CALL_DUE: Final = "tickets.call_due"
CALL_MISSED: Final = "tickets.call_missed"
LETTER: Final = "tickets.letter_trouble"


def register() -> None:
    """Register the kinds, in the order in which people find them to choose from."""
    for key, title, sentence, way, urgent, fixed in _KINDS:
        register_kind(
            NotificationKind(
                key,
                title=title,
                sentence=sentence,
                url=_address,
                way=way,
                urgent=urgent,
                fixed=fixed,
                permission="tickets.view_ticket",
            )
        )


def tell(
    ticket: Ticket,
    kind: str,
    *,
    event: object,
    now: dt.datetime,
    by: User | None = None,
    to: int | None = None,
    **data: str,
) -> None:
    """Let the assignee (or `to`) hear of it, unless it was their own act.

    `event` is what tells this event of the ticket from others of its kind.
    """
    person = to or ticket.assignee_id
    if person is None or (by is not None and by.pk == person):
        return
    notify(
        users=[person],
        kind=kind,
        ref=ticket.number,
        key=f"{kind}:{ticket.number}:{event}",
        now=now,
        data=data,
    )


def tell_wrote(ticket: Ticket, message: Message) -> None:
    """Tell that the customer wrote."""
    tell(ticket, WROTE, event=message.seq, now=message.created_at)


def tell_reopened(ticket: Ticket, *, by: User | None, now: dt.datetime) -> None:
    """Tell whose ticket it is now that it was not solved."""
    tell(ticket, REOPENED, event=int(now.timestamp()), by=by, now=now)


def tell_clock(
    ticket: Ticket, clock: ServiceClock, kind: str, *, now: dt.datetime
) -> None:
    """Tell that a promise is about to break, or is broken."""
    tell(ticket, kind, event=f"{clock.pk}", now=now, target=clock.target)


def tell_letter(letter: Letter, *, now: dt.datetime) -> None:
    """Tell that a letter failed, or possibly arrived: a person has to decide."""
    taken = int(letter.taken_at.timestamp()) if letter.taken_at else 0
    event = f"{letter.pk}:{taken}"
    tell(letter.ticket, LETTER, event=event, now=now, letter=str(letter.pk))


def _number(row: Notification) -> dict[str, str]:
    return {"number": row.ref}


def _due_soon(row: Notification) -> str:
    return _("%(number)s is due soon: %(target)s.") % _with_target(row)


def _breached(row: Notification) -> str:
    return _("%(number)s is overdue: %(target)s.") % _with_target(row)


def _with_target(row: Notification) -> dict[str, str]:
    target = row.data.get("target", "")
    known = target in ClockTarget.values
    return _number(row) | {
        "target": str(ClockTarget(target).label) if known else str(target)
    }


def _address(row: Notification) -> str:
    return reverse("tickets:ticket", args=[row.ref])


_Kind = tuple[str, Promise, Callable[[Notification], str], Way, bool, bool]
_KINDS: tuple[_Kind, ...] = (
    (
        ASSIGNED,
        gettext_lazy("A colleague gives me a ticket"),
        lambda row: _("%(number)s was assigned to you.") % _number(row),
        Way.MAIL,
        False,
        True,
    ),
    (
        TRANSFERRED,
        gettext_lazy("A ticket is transferred to me"),
        lambda row: _("%(number)s was transferred to you.") % _number(row),
        Way.MAIL,
        False,
        True,
    ),
    (
        ESCALATED,
        gettext_lazy("A ticket is escalated to me"),
        lambda row: _("%(number)s was escalated to you.") % _number(row),
        Way.MAIL,
        True,
        True,
    ),
    (
        WROTE,
        gettext_lazy("A customer writes on my ticket"),
        lambda row: _("The customer wrote on %(number)s.") % _number(row),
        Way.MAIL,
        False,
        False,
    ),
    (
        REOPENED,
        gettext_lazy("A ticket of mine is opened again"),
        lambda row: _("%(number)s is not solved and was opened again.") % _number(row),
        Way.MAIL,
        False,
        False,
    ),
    (
        DUE_SOON,
        gettext_lazy("A promise on my ticket is due soon"),
        _due_soon,
        Way.PAGE,
        False,
        False,
    ),
    (
        BREACHED,
        gettext_lazy("A promise on my ticket is broken"),
        _breached,
        Way.MAIL,
        True,
        True,
    ),
    (
        CALL_DUE,
        gettext_lazy("A follow-up call is mine to make"),
        lambda row: _("The follow-up call for %(number)s is due.") % _number(row),
        Way.MAIL,
        False,
        False,
    ),
    (
        CALL_MISSED,
        gettext_lazy("A missed follow-up is mine now"),
        lambda row: (
            _("The follow-up of %(number)s was missed; it is yours now.") % _number(row)
        ),
        Way.MAIL,
        True,
        True,
    ),
    (
        LETTER,
        gettext_lazy("A letter on my ticket did not arrive for certain"),
        lambda row: _("A letter on %(number)s failed, or nobody knows.") % _number(row),
        Way.PAGE,
        False,
        False,
    ),
)

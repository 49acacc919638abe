"""The history of a ticket in words of the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from servicedesk.staff.models import Team, User
from tickets.models import (
    ClockTarget,
    EventKind,
    FollowUpOutcome,
    Priority,
    TicketEvent,
    TicketStatus,
)

_PEOPLE = {
    EventKind.ASSIGNED,
    EventKind.ESCALATED,
    EventKind.CALL_DUE,
    EventKind.MISSED,
}


class Names:
    """The names behind the ids in a history: at most two queries."""

    def __init__(self, events: Iterable[TicketEvent]) -> None:
        people: set[int] = set()
        teams: set[int] = set()
        known: dict[int, User] = {}
        for event in events:
            if event.by is not None:
                known[event.by.pk] = event.by
            if event.kind in _PEOPLE and event.after:
                people.add(int(event.after))
            if event.kind == EventKind.TRANSFERRED:
                teams.update({int(event.before), int(event.after)})
        if missing := people - known.keys():
            known |= User.objects.in_bulk(missing)
        self.people = known
        self.teams = Team.objects.in_bulk(teams) if teams else {}

    def user(self, key: str) -> str:
        return str(self.people.get(int(key), "")) if key else ""

    def team(self, key: str) -> str:
        return str(self.teams.get(int(key), "")) if key else ""


def sentence(event: TicketEvent, names: Names) -> str:
    """Say what happened; the reason follows where one was given."""
    kind = EventKind(event.kind)
    if event.by is None and kind in _BY_THEMSELVES:
        return _BY_THEMSELVES[kind](event, names)
    words = _SENTENCES.get(kind, _plain)(event, names)
    if not event.reason:
        return words
    return _("%(words)s — %(reason)s") % {"words": words, "reason": event.reason}


def _plain(event: TicketEvent, names: Names) -> str:
    return str(EventKind(event.kind).label)


def _assigned(event: TicketEvent, names: Names) -> str:
    if not event.after:
        return _("put back into the queue")
    return _("assigned to %(name)s") % {"name": names.user(event.after)}


def _status(event: TicketEvent, names: Names) -> str:
    return _("set to “%(status)s”") % {"status": TicketStatus(event.after).label}


def _transferred(event: TicketEvent, names: Names) -> str:
    return _("transferred from %(before)s to %(after)s") % {
        "before": names.team(event.before),
        "after": names.team(event.after),
    }


def _escalated(event: TicketEvent, names: Names) -> str:
    if not event.after:
        return _("escalated to the second level")
    return _("escalated to the second level, to %(name)s") % {
        "name": names.user(event.after)
    }


def _late(event: TicketEvent, names: Names) -> str:
    return _("the time to resolve it has passed: %(escalated)s") % {
        "escalated": _escalated(event, names)
    }


def _customer_reopened(event: TicketEvent, names: Names) -> str:
    if event.reason:
        return _("reopened: not solved, the customer says — %(words)s") % {
            "words": event.reason
        }
    return _("reopened: not solved, the customer says")


def _clock(event: TicketEvent, names: Names) -> str:
    words = (
        _("%(clock)s is due soon")
        if event.kind == EventKind.WARNED
        else _("%(clock)s was missed")
    )
    return words % {"clock": ClockTarget(event.after).label}


def _followed_up(event: TicketEvent, names: Names) -> str:
    if event.after == "no_answer":
        return _("follow-up call: nobody answered")
    return _("follow-up: %(outcome)s") % {"outcome": FollowUpOutcome(event.after).label}


def _call_due(event: TicketEvent, names: Names) -> str:
    return _("no answer from the customer for a day: a call is due, by %(name)s") % {
        "name": names.user(event.after) or _("the team")
    }


def _missed(event: TicketEvent, names: Names) -> str:
    return _("the 48-hour follow-up was missed and goes to %(name)s") % {
        "name": names.user(event.after) or _("the team")
    }


def _classified(event: TicketEvent, names: Names) -> str:
    priority = event.after.split(":")[3]
    return _("classified, priority %(priority)s") % {
        "priority": Priority(int(priority)).label
    }


# What happened without a colleague: the history keeps no words of the system's own,
# because each reader has a language.
_BY_THEMSELVES = {
    EventKind.ESCALATED: _late,
    EventKind.REOPENED: _customer_reopened,
}
_SENTENCES = {
    EventKind.ASSIGNED: _assigned,
    EventKind.STATUS: _status,
    EventKind.TRANSFERRED: _transferred,
    EventKind.ESCALATED: _escalated,
    EventKind.WARNED: _clock,
    EventKind.BREACHED: _clock,
    EventKind.FOLLOWED_UP: _followed_up,
    EventKind.CALL_DUE: _call_due,
    EventKind.MISSED: _missed,
    EventKind.CLASSIFIED: _classified,
}

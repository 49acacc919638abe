"""The follow-ups that a person may see: tabs, pages by cursor, counts, rows."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from customers.queries.masks import name_of
from servicedesk.core.access import may
from servicedesk.staff.models import User
from servicedesk.staff.queries import led_team_ids, team_ids
from tickets.models import (
    OWED,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
)
from tickets.permissions import RECORD_FOLLOW_UP
from tickets.queries.people import able_in
from tickets.queries.seen import of_seen_tickets

PAGE = 50
MOST_COUNTED = 99
# Nobody is called before they were asked.
_CALLABLE = {FollowUpStage.ASKED, FollowUpStage.CALL}
DONE_SHOWN = dt.timedelta(days=30)


@dataclass(frozen=True)
class Tab:
    """One way to look at the follow-ups. Its order is by `by`, then by key."""

    key: str
    label: str | Promise
    by: str
    counted: bool = True

    @property
    def newest_first(self) -> bool:
        return self.by == "done_at"


TABS = (
    Tab("mine", _("Mine"), "due_at"),
    Tab("team", _("Team"), "due_at"),
    Tab("missed", _("Missed"), "due_at"),
    Tab("done", _("Done"), "done_at", counted=False),
)
_BY_KEY = {tab.key: tab for tab in TABS}


@dataclass(frozen=True)
class Cursor:
    """A place in a tab's order."""

    at: dt.datetime
    pk: uuid.UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.pk}"


def tab_of(key: str) -> Tab:
    """Return the tab with this key; the first one for anything unknown."""
    return _BY_KEY.get(key, TABS[0])


def cursor_from(text: str) -> Cursor | None:
    """Read a cursor of an address; None where there is none, or nonsense."""
    at, _sign, pk = text.partition("~")
    try:
        moment = dt.datetime.fromisoformat(at)
        return Cursor(moment, uuid.UUID(pk)) if moment.tzinfo else None
    except ValueError:
        return None


def follow_ups_of(tab: Tab, user: User, *, now: dt.datetime) -> QuerySet[FollowUp]:
    """Return what the tab holds, only of tickets that the reader may see."""
    if tab.key == "mine":
        return calls_of(user)
    visible = of_seen_tickets(FollowUp.objects.filter(team__in=team_ids(user)), user)
    if tab.key == "done":
        return visible.filter(stage=FollowUpStage.DONE, done_at__gte=now - DONE_SHOWN)
    owed = visible.filter(stage__in=OWED)
    return owed.filter(missed_at__isnull=False) if tab.key == "missed" else owed


def calls_of(user: User) -> QuerySet[FollowUp]:
    """Return the calls that the person has to make.

    To the leads of a team belong also the calls whose owner cannot make them any
    more, having left after the call became due.
    """
    led = led_team_ids(user)
    own = Q(owner=user)
    if led:
        there = list(able_in(led).order_by().values_list("pk", flat=True))
        own |= Q(team__in=led) & ~Q(owner__in=there)
    calls = FollowUp.objects.filter(own, stage=FollowUpStage.CALL)
    return of_seen_tickets(calls, user)


def page_of(
    tab: Tab, user: User, *, after: Cursor | None, now: dt.datetime
) -> QuerySet[FollowUp]:
    """Return up to one page and one more row, behind the cursor."""
    found = follow_ups_of(tab, user, now=now)
    if after is not None:
        side = "lt" if tab.newest_first else "gt"
        found = found.filter(
            Q(**{f"{tab.by}__{side}": after.at})
            | Q(**{tab.by: after.at, f"pk__{side}": after.pk})
        )
    sign = "-" if tab.newest_first else ""
    return with_names(found.order_by(f"{sign}{tab.by}", f"{sign}pk")[: PAGE + 1])


def cursor_of(tab: Tab, row: FollowUp) -> Cursor:
    """Return the place of a follow-up in the tab's order."""
    return Cursor(getattr(row, tab.by), row.pk)


def with_names(found: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Join what a row shows, so that a list costs one query."""
    return found.select_related("ticket__customer", "owner", "done_by")


def counts(user: User, *, now: dt.datetime) -> dict[str, str]:
    """Count every tab in one query, none further than 99."""
    parts = [
        follow_ups_of(tab, user, now=now)
        .order_by()
        .annotate(tab=Value(tab.key, output_field=CharField()))
        .values_list("tab", flat=True)[: MOST_COUNTED + 1]
        for tab in TABS
        if tab.counted
    ]
    found = Counter(parts[0].union(*parts[1:], all=True))
    return {
        key: f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
        for key, number in found.items()
    }


def rows_of(
    found: Iterable[FollowUp], user: User, *, now: dt.datetime
) -> list[dict[str, Any]]:
    """Turn follow-ups into rows of a table; the customer's name is masked."""
    records = may(user, RECORD_FOLLOW_UP)
    return [_row(each, user, now, records=records) for each in found]


def _row(
    row: FollowUp, user: User, now: dt.datetime, *, records: bool
) -> dict[str, Any]:
    owed = row.stage in OWED
    late = row.missed_at is not None or (owed and row.due_at < now)
    return {
        "number": row.ticket.number,
        "subject": row.ticket.subject,
        "url": reverse("tickets:ticket", args=[row.ticket.number]),
        "customer": name_of(row.ticket.customer, user),
        "stage_label": _stage_label(row),
        "due": row.due_at,
        "missed": late,
        "state": "breached" if late else "ok",
        "owner": row.owner or "",
        "attempts": row.tries,
        "next_try": row.next_try_at
        if owed and row.next_try_at and row.next_try_at > now
        else None,
        "record_url": reverse("tickets:follow-up-record", args=[row.pk])
        if records and row.stage in _CALLABLE
        else "",
        "done_at": None if owed else row.done_at,
        "done_by": row.done_by or "",
        "words": row.words,
    }


def _stage_label(row: FollowUp) -> str:
    if row.stage == FollowUpStage.DONE:
        return str(FollowUpOutcome(row.outcome).label)
    if row.missed_at is not None:
        return pgettext("follow-up stage", "Missed: call now")
    return str(FollowUpStage(row.stage).label)

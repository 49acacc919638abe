"""Requests of the person: received, checked, taken on, answered, refused, taken back."""

import datetime as dt
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.actions import history, rights_letters, rights_notices
from customers.links import revoke_links
from customers.models import (
    ContactPoint,
    CorrectionState,
    Customer,
    CustomerEventKind,
    IdentityFact,
    RightsKind,
    RightsLetterKind,
    RightsLink,
    RightsRequest,
    RightsState,
    RightsWay,
)
from customers.queries.rights import current_settings, head_of
from servicedesk.audit.batch import together
from servicedesk.core.calendars import WORKING_DAY_SECONDS, add
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.errors import RuleError
from servicedesk.core.models import BusinessCalendar
from servicedesk.staff.models import User

LONGEST = 4_000
ENOUGH_FACTS = 2
"""So many things somebody at the telephone has to know to be taken for the person."""


@transaction.atomic
@together()
def receive(
    *,
    customer: Customer,
    kind: RightsKind,
    way: RightsWay,
    words: str,
    by: User | None,
    now: dt.datetime,
    contact: ContactPoint | None = None,
) -> RightsRequest:
    """Write down what the person asks for; its clock begins.

    An equal request that is open already is returned instead: a form that is sent
    five times is one wish. One that came by the page gets a letter to its contact,
    which asks whether it was them; of a telephone number staff have to ask.
    """
    customer = head_of(customer)
    if customer.erased_at is not None:
        raise RuleError(_("This person was erased; nothing is left to ask about."))
    Customer.objects.select_for_update().get(pk=customer.pk)
    known = customer.rights_requests.waiting().filter(kind=kind).first()
    if known is None:
        known = _new(customer, kind, way, words, by=by, now=now, contact=contact)
        history.write(
            customer, CustomerEventKind.RIGHTS, by=by, now=now, about=known.pk
        )
        if not _waits_for_click(known):
            rights_notices.tell_received(known, now=now, by=by)
    elif by is not None and words and not isinstance(known.words, Unreadable):
        # By staff only: a stranger's words must not join a wish that was checked.
        known.words = f"{known.words or ''}\n\n{words}".strip()[:LONGEST]
        known.save(update_fields=["words"])
    if way == RightsWay.PAGE and known.state == RightsState.RECEIVED:
        rights_letters.owe(
            known, RightsLetterKind.IDENTITY, now=now, contact=contact, once=True
        )
    return known


def _waits_for_click(asked: RightsRequest) -> bool:
    """Tell whether only the letter's link can show who asks; officers need not know yet."""
    by_page = asked.way == RightsWay.PAGE and asked.state == RightsState.RECEIVED
    return by_page and asked.contact is not None and asked.contact.kind == "email"


def _new(
    customer: Customer,
    kind: RightsKind,
    way: RightsWay,
    words: str,
    *,
    by: User | None,
    now: dt.datetime,
    contact: ContactPoint | None,
) -> RightsRequest:
    times = current_settings()
    due = now + dt.timedelta(days=times.limit_days)
    return RightsRequest.objects.create(
        number=_next_number(),
        customer=customer,
        contact=contact,
        kind=kind,
        way=way,
        words=words or None,
        recorded_by=by,
        received_at=now,
        aim_at=min(_aim(times.calendar, times.aim_days, now), due),
        due_at=due,
        warn_at=due - dt.timedelta(days=times.warn_days),
    )


@transaction.atomic
@together()
def check_by_link(*, link: RightsLink, now: dt.datetime) -> RightsRequest:
    """Take the click on the link for the first proof of who asks."""
    asked = lock(link.request)
    if asked.state == RightsState.RECEIVED and asked.contact_id is not None:
        _checked(asked, way=RightsWay.PAGE, facts=(), by=None, now=now)
        rights_notices.tell_received(asked, now=now, by=None)
        if asked.contact_id is not None:
            proven = ContactPoint.objects.filter(pk=asked.contact_id, verified_at=None)
            proven.update(verified_at=now)
    if link.confirmed_at is None:
        RightsLink.objects.filter(pk=link.pk).update(confirmed_at=now)
    return asked


@transaction.atomic
@together()
def check_by_staff(
    *,
    asked: RightsRequest,
    way: RightsWay,
    facts: Iterable[IdentityFact],
    by: User,
    now: dt.datetime,
) -> RightsRequest:
    """Write down by which facts somebody made sure who asks; never what was said.

    Raises RuleError for fewer than two facts, unless a document was shown.
    """
    asked = lock(asked)
    chosen = sorted({str(IdentityFact(fact)) for fact in facts})
    if IdentityFact.DOCUMENT not in chosen and len(chosen) < ENOUGH_FACTS:
        raise RuleError(_("Ask for two facts at least, or have a document shown."))
    if asked.state != RightsState.RECEIVED:
        raise RuleError(_("The identity was checked already, or the request is over."))
    _checked(asked, way=way, facts=chosen, by=by, now=now)
    return asked


@transaction.atomic
@together()
def take_on(*, asked: RightsRequest, by: User) -> RightsRequest:
    """Make the request one's own work, which opens the customer's record."""
    asked = lock(asked)
    if not asked.open:
        raise RuleError(_("This request is over."))
    asked.handler = by
    if asked.state == RightsState.CHECKED:
        asked.state = RightsState.WORKING
    asked.save(update_fields=["handler", "state"])
    return asked


@transaction.atomic
@together()
def answer(
    *, asked: RightsRequest, words: str, by: User | None, now: dt.datetime
) -> RightsRequest:
    """Say what was done; the person can read it by a link.

    Raises RuleError while the identity is not checked, and for a wish to be erased,
    which is answered by the erasure.
    """
    asked = lock(asked)
    if asked.kind == RightsKind.DELETE:
        raise RuleError(_("It is answered by the erasure, or refused with a reason."))
    if asked.corrections.filter(state=CorrectionState.OPEN).exists():
        raise RuleError(_("Decide about each correction first."))
    _end(asked, RightsState.ANSWERED, words=words, by=by, now=now)
    rights_letters.owe(asked, RightsLetterKind.ANSWER, now=now)
    return asked


@transaction.atomic
@together()
def refuse(
    *, asked: RightsRequest, reason: str, by: User, now: dt.datetime
) -> RightsRequest:
    """Refuse with a reason, as article 50 of the PIPL asks; the person reads it."""
    asked = lock(asked)
    if not reason.strip():
        raise RuleError(_("A refusal needs its reason."))
    _end(asked, RightsState.REFUSED, words=reason, by=by, now=now)
    rights_letters.owe(asked, RightsLetterKind.ANSWER, now=now)
    return asked


@transaction.atomic
@together()
def take_back(
    *, asked: RightsRequest, by: User | None, now: dt.datetime
) -> RightsRequest:
    """Note that the person does not want it any more."""
    asked = lock(asked)
    _end(asked, RightsState.WITHDRAWN, words="", by=by, now=now)
    revoke_links(request=asked, now=now)
    return asked


def end_erased(
    asked: RightsRequest, *, kept: list[str], by: User | None, now: dt.datetime
) -> None:
    """End the request that an erasure answers; its words go with the rest."""
    if asked.state == RightsState.CHECKED:
        asked.state = RightsState.WORKING
    asked.kept, asked.approved_by = kept, by
    _end(asked, RightsState.ANSWERED, words="", by=by, now=now)


def lock(asked: RightsRequest) -> RightsRequest:
    """Return the request as it stands now, locked."""
    return (
        RightsRequest.objects.select_related("customer")
        .select_for_update(of=("self",))
        .get(pk=asked.pk)
    )


def _checked(
    asked: RightsRequest,
    *,
    way: RightsWay,
    facts: Iterable[str],
    by: User | None,
    now: dt.datetime,
) -> None:
    asked.checked_at, asked.checked_by = now, by
    asked.checked_way, asked.checked_facts = way, list(facts)
    asked.state = RightsState.WORKING if asked.handler_id else RightsState.CHECKED
    asked.save()


def _end(
    asked: RightsRequest,
    state: RightsState,
    *,
    words: str,
    by: User | None,
    now: dt.datetime,
) -> None:
    if not asked.may_become(state):
        raise RuleError(
            _("The identity has to be checked first.")
            if asked.open
            else _("This request is over.")
        )
    asked.state, asked.ended_at, asked.ended_by = state, now, by
    asked.answer = words or None
    asked.save()
    history.write(
        asked.customer, CustomerEventKind.RIGHTS, by=by, now=now, about=asked.pk
    )


def _aim(calendar: BusinessCalendar | None, days: int, now: dt.datetime) -> dt.datetime:
    """Return when so many working days are over; plain days without a calendar."""
    version = calendar.versions.order_by("-number").first() if calendar else None
    if version is None:
        return now + dt.timedelta(days=days)
    return add(version.calendar_value(), now, days * WORKING_DAY_SECONDS)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('rights_number_seq')")
        return int(cursor.fetchone()[0])

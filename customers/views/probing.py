"""Keep people from learning, number by number, who is a customer: counted, and logged.

A search is not the only way to ask: whoever adds a contact, or writes down a new
customer, is told where the contact is taken. It is the same question, so it counts
toward the same limit and leaves the same entry on the record that was met.
"""

from collections.abc import Iterable
from typing import Final

from django import forms
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from customers.actions.guesses import (
    DAY,
    GUESSES,
    SHORTEST_ID,
    looks_of,
    mark_of,
    plain_of,
)
from customers.actions.identify import Contact
from customers.actions.records import TakenError
from customers.actions.search import note_search
from customers.actions.watch import raise_alarm
from customers.models import AlarmKind, Customer, Field, Mode
from customers.queries.masks import modes_of
from servicedesk.core.limits import allowed
from servicedesk.staff.models import User

LIMIT: Final = 120
SECONDS: Final = 600
"""So many questions in ten minutes: more than anybody serves, fewer than probing needs."""
ALIKE: Final = 60
"""So many different values that look alike behind a mask may be asked for in a day:
nobody serves sixty people whose numbers are 138****5678, and whoever tries its ten
thousand needs as many."""
ASKED: Final = 30
"""So many requests for access by number in a day."""

Typed = tuple[str, str]
"""A field, by its name in the mask matrix, and what somebody typed for it."""


def may_look(request: HttpRequest, user: User, typed: Iterable[Typed] = ()) -> bool:
    """Count one question, and each value in it; False once there were too many."""
    if not allowed(
        request, "customers-search", limit=LIMIT, seconds=SECONDS, who=f"u{user.pk}"
    ):
        return False
    return all(_may_guess(request, user, Field(kind), value) for kind, value in typed)


def _may_guess(request: HttpRequest, user: User, field: Field, value: str) -> bool:
    """Count a value by what a mask leaves of it; the officers hear of too many."""
    if modes_of(user)[field] != Mode.MASKED:
        return True  # there is nothing to guess: they read it, or it finds nothing
    plain = plain_of(field, value)
    if field == Field.ID_NUMBER and len(plain) < SHORTEST_ID:
        return True  # its mask shows one character, which tens of orders a day share
    mark = mark_of(user, field, plain)
    if mark and cache.get(mark):
        return True  # the same caller again: that is no other guess
    if allowed(
        request, "customers-alike", limit=ALIKE, seconds=DAY,
        who=f"u{user.pk}:{looks_of(field, plain)}",
    ):  # fmt: skip
        if mark:
            cache.set(mark, 1, DAY)
        return True
    raise_alarm(
        kind=AlarmKind.MANY, user=user, now=now(), number=ALIKE + 1, limit=ALIKE,
        about=GUESSES,
    )  # fmt: skip
    return False


def may_ask_by_number(request: HttpRequest, user: User) -> bool:
    """Count a request for access, whether the number is anybody's or not.

    Each that is asks those who decide; what tells that it is nobody's stays so rare that
    numbers are not counted through.
    """
    if allowed(request, "customers-ask", limit=ASKED, seconds=DAY, who=f"u{user.pk}"):
        return True
    raise_alarm(
        kind=AlarmKind.MANY, user=user, now=now(), number=ASKED + 1, limit=ASKED,
        about="asked",
    )  # fmt: skip
    return False


def refuse_probing(
    request: HttpRequest, form: forms.Form, user: User, typed: Iterable[Typed] = ()
) -> None:
    """Put an error on a filled-in form once there were too many questions."""
    if form.is_valid() and not may_look(request, user, typed):
        form.add_error(None, too_many_looks())


def contact_typed(form: forms.Form, name: str) -> list[Typed]:
    """Return the contact that a form was filled in with; nothing before it is right."""
    found = form.cleaned_data.get(name) if form.is_valid() else None
    return [(found.kind.value, found.value)] if isinstance(found, Contact) else []


def too_many_looks() -> str:
    """Return what is said to whoever asked too often."""
    return _(
        "You have looked for very many people, or for many who look alike. Wait ten "
        "minutes; if it is refused then too, ask your supervisor: some limits last a day."
    )


def may_compare(request: HttpRequest, user: User, *records: Customer) -> bool:
    """Count a look at records side by side, and log it on each; False for too many."""
    if not may_look(request, user):
        return False
    for each in records:
        note_search(ways=["compare"], found=1, hidden=each, by=user, now=now())
    return True


def note_taken(refusal: TakenError, user: User) -> Customer | None:
    """Log on the record that somebody met it by its contact; return whom to name.

    Nobody, where the role does not see contacts of this kind at all.
    """
    taken = refusal.customer
    note_search(ways=["contact"], found=1, hidden=taken, by=user, now=now())
    hidden = modes_of(user)[Field(refusal.kind.value)] == Mode.HIDDEN
    return None if hidden else taken

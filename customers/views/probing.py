"""Keep people from learning, number by number, who is a customer: counted, and logged.

A search is not the only way to ask: whoever adds a contact, or writes down a new
customer, is told where the contact is taken. It is the same question, so it counts
toward the same limit and leaves the same entry on the record that was met.
"""

from typing import Final

from django import forms
from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from customers.actions.records import TakenError
from customers.actions.search import note_search
from customers.models import Customer, Field, Mode
from customers.queries.masks import modes_of
from servicedesk.core.limits import allowed
from servicedesk.staff.models import User

LIMIT: Final = 120
SECONDS: Final = 600
"""So many questions in ten minutes: more than anybody serves, fewer than probing needs."""


def may_look(request: HttpRequest, user: User) -> bool:
    """Count one question; False once there were too many."""
    return allowed(
        request, "customers-search", limit=LIMIT, seconds=SECONDS, who=f"u{user.pk}"
    )


def refuse_probing(request: HttpRequest, form: forms.Form, user: User) -> None:
    """Put an error on a filled-in form once there were too many questions."""
    if form.is_valid() and not may_look(request, user):
        form.add_error(None, too_many_looks())


def too_many_looks() -> str:
    """Return what is said to whoever asked too often."""
    return _("You have looked for very many people. Wait ten minutes.")


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

"""Look behind a mask, for a purpose, leaving a trace."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import honey, watch
from customers.models import (
    AlarmHow,
    ContactPoint,
    Customer,
    Field,
    Mode,
    Reveal,
    RevealPurpose,
)
from customers.models.ways_in import is_work, work_of
from customers.queries import masks, reveals
from customers.queries.honey import is_poisoned
from servicedesk.audit.actions import record_access
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.masks import Shown
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

PROMOTION = "promotion"
"""No purpose: it can be chosen, so that the refusal is said and not guessed at."""


@transaction.atomic
def reveal(
    *,
    target: reveals.Target,
    purpose: str,
    by: User,
    now: dt.datetime,
    ticket: str = "",
) -> str:
    """Return the clear value and record who read it, when, why and for which ticket.

    Raises RuleError for a purpose that is not served here (promotion never is), for
    what the person's roles do not see at all, for a ticket that is not the customer's,
    where the value cannot be read, and while the person's reveals are stopped.
    """
    _refuse_purpose(purpose)
    _refuse_unseen(target, by)
    clear = _readable(target.value)
    customer = target.customer
    in_work = _in_work(customer, ticket, by)
    before = watch.count(by=by, now=now)
    Reveal.objects.create(
        customer=customer, field=target.place, purpose=purpose, by=by, at=now,
        ticket=ticket, in_work=in_work,
    )  # fmt: skip
    record_access(
        instance=target.row, by=by, purpose=purpose, now=now, fields=(target.column,)
    )
    watch.watch(before, by=by, looked={customer.pk: in_work}, now=now)
    honey.touched([customer.pk], how=AlarmHow.REVEAL, by=by, now=now)
    if target.field == Field.NOTES and is_poisoned(clear):
        honey.poison_was_read(by=by, now=now)
    return clear


def reveal_name(
    *, customer: Customer, purpose: str, by: User, now: dt.datetime, ticket: str = ""
) -> str:
    """Return the customer's name in clear, on the record; see `reveal`."""
    target = reveals.Target(
        customer, Field.NAME, customer.name, Field.NAME.value, customer, "name"
    )
    return reveal(target=target, purpose=purpose, by=by, now=now, ticket=ticket)


def reveal_contact(
    *,
    contact: ContactPoint,
    purpose: str,
    by: User,
    now: dt.datetime,
    ticket: str = "",
) -> str:
    """Return the clear value of a contact point, on the record; see `reveal`."""
    target = reveals.of_contact(contact)
    return reveal(target=target, purpose=purpose, by=by, now=now, ticket=ticket)


def _refuse_purpose(purpose: str) -> None:
    if purpose == PROMOTION:
        raise RuleError(
            _(
                "Customer data are never used for selling or promotion: nothing is shown."
            )
        )
    if purpose not in RevealPurpose.values:
        raise RuleError(_("Customer data may not be used for this purpose."))


def _refuse_unseen(target: reveals.Target, by: User) -> None:
    """Refuse what is hidden from all roles of the person, and accounts without a grant."""
    if masks.modes_of(by)[target.field] == Mode.HIDDEN:
        raise RuleError(_("Your role does not see this field."))
    if target.field == Field.ACCOUNT:
        opened = Customer.objects.filter(pk__in=masks.opened_by_grant(by))
        if not opened.filter(pk=target.customer.pk).exists():
            raise RuleError(_("Payment accounts open by an access grant only."))


def _readable(value: Shown) -> str:
    """Refuse to call it a look where there is nothing to be seen."""
    if isinstance(value, Unreadable):
        raise RuleError(
            _("%(why)s. Nothing was shown, so no view was recorded.") % {"why": value}
        )
    if not value:
        raise RuleError(_("Nothing is on record here."))
    return value


def _in_work(customer: Customer, ticket: str, by: User) -> bool:
    """Tell whether the customer is the person's work; a ticket named has to be theirs."""
    if ticket:
        if not is_work(by, customer.pk, ticket):
            raise RuleError(_("This is no ticket of this customer that you see."))
        return True
    return Customer.objects.filter(work_of(by), pk=customer.pk).exists()

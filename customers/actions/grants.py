"""Ask for access to a customer, decide, end; guardian's rows follow in the same breath."""

import datetime as dt
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.actions import honey, notices
from customers.actions.export_reads import end_files_of
from customers.actions.history import write
from customers.models import (
    AccessGrant,
    AlarmHow,
    Customer,
    CustomerEventKind,
    CustomerUserObjectPermission,
    GrantScope,
    GrantState,
)
from customers.models.grant import LONGEST
from customers.permissions import EXPORT_ONE, SEE_PAYMENT
from customers.queries.grants import may_decide, may_end
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

_SIGHT: Final = "view_customer"
OPENS: Final[dict[str, frozenset[str]]] = {
    GrantScope.CONTACT: frozenset({_SIGHT}),
    GrantScope.PAYMENT: frozenset({_SIGHT, SEE_PAYMENT}),
    GrantScope.EXPORT: frozenset({_SIGHT, EXPORT_ONE}),
}
"""The object permissions that a grant of each scope stands for."""


@transaction.atomic
def ask(  # what a request says
    *,
    customer: Customer,
    scope: str,
    purpose: str,
    reason: str,
    length: dt.timedelta,
    by: User,
    now: dt.datetime,
) -> AccessGrant:
    """Ask for access in a scope, for a purpose, with words, for a time.

    Raises RuleError if it lasts too long, or a request or grant of this kind is open.
    """
    if not dt.timedelta(0) < length <= LONGEST:
        raise RuleError(_("Access is given for 30 days at most."))
    # What is over makes room for a new request, whether it was swept or not.
    over = AccessGrant.objects.filter(customer=customer, user=by, scope=scope)
    _end_those(over.filter(state__in=_OPEN, until__lte=now), now)
    try:
        with transaction.atomic():
            grant = AccessGrant.objects.create(
                customer=customer, user=by, scope=scope, purpose=purpose,
                reason=reason, asked_at=now, until=now + length,
            )  # fmt: skip
    except IntegrityError as error:
        raise RuleError(
            _("You have asked for this already, or have it: see your list.")
        ) from error
    honey.touched([customer.pk], how=AlarmHow.GRANT, by=by, now=now)
    notices.tell_asked(grant)
    return grant


@transaction.atomic
def approve(
    *, grant: AccessGrant, until: dt.datetime, by: User, now: dt.datetime
) -> AccessGrant:
    """Give what was asked for, or for a shorter time; never more.

    Raises RuleError unless `by` may decide, and it still waits.
    """
    grant = _locked(grant)
    _waiting(grant, by, now)
    if until > grant.until:
        raise RuleError(_("No more can be given than was asked for."))
    if until <= now:
        raise RuleError(_("This time is over already."))
    grant.state, grant.until = GrantState.GIVEN, until
    grant.decided_by, grant.decided_at = by, now
    grant.save(update_fields=["state", "until", "decided_by", "decided_at"])
    _follow(grant)
    write(
        grant.customer, CustomerEventKind.GRANTED, by=by, now=now,
        fields=[grant.scope], about=grant.pk,
    )  # fmt: skip
    notices.tell_decided(grant, now=now)
    return grant


@transaction.atomic
def refuse(*, grant: AccessGrant, by: User, now: dt.datetime) -> AccessGrant:
    """Say no. Raises RuleError unless `by` may decide, and it still waits."""
    grant = _locked(grant)
    _waiting(grant, by, now)
    grant.state = GrantState.REFUSED
    grant.decided_by, grant.decided_at = by, now
    grant.save(update_fields=["state", "decided_by", "decided_at"])
    notices.tell_decided(grant, now=now)
    return grant


@transaction.atomic
def end(*, grant: AccessGrant, by: User | None, now: dt.datetime) -> AccessGrant:
    """End a grant, or withdraw a request, before its time; None is the sweep.

    The holder may, who approved it, and who may decide about it. Again is no harm.
    """
    grant = _locked(grant)
    if grant.state not in {GrantState.ASKED, GrantState.GIVEN}:
        return grant
    if by is not None and not may_end(by, grant):
        raise RuleError(_("Only the holder and those who decide can end this."))
    _end(grant, by, now)
    return grant


@transaction.atomic
def end_all_grants(*, user: User, by: User | None, now: dt.datetime) -> int:
    """End all that a person holds or asks for: they leave, or lose their clearance."""
    held = AccessGrant.objects.filter(user=user, state__in=_OPEN).order_by("pk")
    keys = list(held.values_list("pk", flat=True))
    for pk in keys:
        grant = _locked(AccessGrant(pk=pk, user=user))
        if grant.state in _OPEN:
            _end(grant, by, now)
    # Whatever a hand put there beside the grants goes as well.
    CustomerUserObjectPermission.objects.filter(user=user).delete()
    return len(keys)


def end_due(*, now: dt.datetime, most: int = 500) -> int:
    """End what is past its time; each in its own transaction. Return how many."""
    due = AccessGrant.objects.filter(state__in=_OPEN, until__lte=now)
    return _end_those(due.order_by("until")[:most], now)


_OPEN: Final = (GrantState.ASKED, GrantState.GIVEN)


def _end_those(rows: QuerySet[AccessGrant], now: dt.datetime) -> int:
    return sum(_end_one_due(pk, now) for pk in list(rows.values_list("pk", flat=True)))


@transaction.atomic
def _end_one_due(pk: UUID, now: dt.datetime) -> int:
    grant = _locked(AccessGrant(pk=pk))
    if grant.state not in _OPEN or grant.until > now:
        return 0
    _end(grant, None, now)
    return 1


def _locked(grant: AccessGrant) -> AccessGrant:
    """Return the grant as it stands, alone with all of this person to this customer.

    One order of locks, by key: two grants of one pair never wait for each other.
    """
    pair = AccessGrant.objects.filter(pk=grant.pk).values_list("user", "customer")
    user, customer = pair.get()
    rows = AccessGrant.objects.select_for_update(of=("self",)).select_related(
        "customer", "user"
    )
    both = {
        row.pk: row for row in rows.filter(user=user, customer=customer).order_by("pk")
    }
    return both[grant.pk]


def _waiting(grant: AccessGrant, by: User, now: dt.datetime) -> None:
    if grant.user_id == by.pk:
        raise RuleError(_("Nobody decides about their own request."))
    if not may_decide(by, grant):
        raise RuleError(
            _("A supervisor of the owning team or a data protection officer decides.")
        )
    if grant.state != GrantState.ASKED:
        raise RuleError(_("This request has been decided already."))
    if grant.until <= now:
        raise RuleError(_("This time is over already."))


def _end(grant: AccessGrant, by: User | None, now: dt.datetime) -> None:
    given = grant.state == GrantState.GIVEN
    withdrawn = not given and by is not None
    grant.state = GrantState.WITHDRAWN if withdrawn else GrantState.ENDED
    grant.ended_at = now
    grant.save(update_fields=["state", "ended_at"])
    if given:
        _follow(grant)
        if grant.scope == GrantScope.EXPORT:
            end_files_of(user=grant.user, customer=grant.customer, now=now)
        write(
            grant.customer, CustomerEventKind.ENDED, by=by, now=now,
            fields=[grant.scope], about=grant.pk,
        )  # fmt: skip
    notices.tell_over(grant, by=by, now=now)


def _follow(grant: AccessGrant) -> None:
    """Have guardian's rows say what the grants of this person to this customer say.

    What several grants stand for ends with the last of them.
    """
    given = AccessGrant.objects.filter(
        user=grant.user_id, customer=grant.customer_id, state=GrantState.GIVEN
    )
    until: dict[str, dt.datetime] = {}
    for scope, end_of_it in given.values_list("scope", "until"):
        for codename in OPENS[scope]:
            until[codename] = max(end_of_it, until.get(codename, end_of_it))
    mine = OPENS[grant.scope]
    CustomerUserObjectPermission.objects.filter(
        user=grant.user_id,
        content_object=grant.customer_id,
        permission__in=_permissions(mine - until.keys()),
    ).delete()
    CustomerUserObjectPermission.objects.bulk_create(
        [
            CustomerUserObjectPermission(
                user=grant.user, content_object=grant.customer,
                permission=permission, until=until[permission.codename],
            )
            for permission in _permissions(mine & until.keys())
        ],
        update_conflicts=True,
        unique_fields=["user", "permission", "content_object"],
        update_fields=["until"],
    )  # fmt: skip


def _permissions(codenames: Iterable[str]) -> list[Permission]:
    found = Permission.objects.filter(
        content_type__app_label="customers", codename__in=list(codenames)
    )
    return list(found)

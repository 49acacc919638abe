"""What hangs on a record that goes: what is owed follows, what was granted ends."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, QuerySet, Value

from customers.actions.grants import end
from customers.models import (
    OPEN_RIGHTS,
    AccessGrant,
    CareContact,
    Customer,
    GrantScope,
    GrantState,
    LegalHold,
    RightsRequest,
)
from servicedesk.staff.models import User

CARE, RIGHTS, HOLDS, GRANTS = "care", "rights", "holds", "grants"
_MODELS: Mapping[str, Any] = {
    CARE: CareContact, RIGHTS: RightsRequest, HOLDS: LegalHold,
}  # fmt: skip


def follow(
    *, kept: Customer, gone: Customer, by: User, now: dt.datetime
) -> dict[str, list[str]]:
    """Have what is open follow to the record that stays; return the keys of the rows.

    A care contact that both are owed by one plan is owed once: the other's stays.
    Grants for payments and exports end on both: they were given for one record, and
    the record that stays holds more now.
    """
    found: dict[str, list[Any]] = {CARE: [], RIGHTS: [], HOLDS: [], GRANTS: []}
    there = CareContact.objects.due().filter(customer=kept).values("plan")
    wider = (GrantScope.PAYMENT, GrantScope.EXPORT)
    rows = _keys(CARE, CareContact.objects.due().filter(customer=gone).exclude(plan__in=there)).union(
        _keys(RIGHTS, RightsRequest.objects.filter(customer=gone, state__in=OPEN_RIGHTS)),
        _keys(HOLDS, LegalHold.objects.filter(customer=gone, released_at=None)),
        _keys(GRANTS, AccessGrant.objects.filter(
            customer__in=(kept, gone), scope__in=wider,
            state__in=(GrantState.ASKED, GrantState.GIVEN),
        )),
        all=True,
    )  # fmt: skip
    for kind, key in rows:
        found[kind].append(key)
    for key in found.pop(GRANTS):
        end(grant=AccessGrant.objects.get(pk=key), by=by, now=now)
    for kind, keys in found.items():
        _move(kind, keys, kept)
    return {kind: [str(key) for key in keys] for kind, keys in found.items()}


def go_back(*, kept: Customer, gone: Customer, moved: Mapping[str, list[str]]) -> None:
    """Give back what is still the other record's, and not over."""
    open_now: Mapping[str, Any] = {
        CARE: CareContact.objects.due(),
        RIGHTS: RightsRequest.objects.filter(state__in=OPEN_RIGHTS),
        HOLDS: LegalHold.objects.filter(released_at=None),
    }
    for kind, rows in open_now.items():
        keys = moved.get(kind)
        if keys:
            mine = rows.filter(customer=kept, pk__in=keys)
            _move(kind, list(mine.values_list("pk", flat=True)), gone)


def _keys(kind: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    named = rows.order_by().annotate(what=Value(kind, output_field=CharField()))
    pairs: QuerySet[Any] = named.values_list("what", "pk")
    return pairs


def _move(kind: str, keys: list[Any], to: Customer) -> None:
    if keys:
        _MODELS[kind].objects.filter(pk__in=keys).update(customer=to)

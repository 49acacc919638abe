"""Set where alarms begin: lower at once, higher when another person confirms it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import notices
from customers.actions.by_two import decide
from customers.models import ChangeState, LimitsChange, RevealLimits
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.by_two import waiting
from servicedesk.staff.models import User

_NIGHT: Final = ("night_from", "night_to")


@transaction.atomic
@together()
def change_limits(
    *, values: Mapping[str, int], by: User, now: dt.datetime
) -> LimitsChange | None:
    """Set the limits by name; return the change that waits, if one does.

    What lets less pass holds at once. What lets more pass waits until another person
    confirms it; a change that waited before waits no longer. Others are told of both.
    Raises ValidationError beyond the bounds.
    """
    limits = _locked()
    wanted = RevealLimits(**{**_numbers(limits), **values})
    wanted.full_clean(validate_unique=False)
    higher = _let_more(limits, wanted)
    changed = {name for name in values if values[name] != getattr(limits, name)}
    _drop_waiting(by, now)
    lower = {name: values[name] for name in sorted(changed - higher)}
    if lower:
        done = _written(limits, lower, ChangeState.IN_FORCE, by=by, now=now)
        _apply(limits, lower)
        notices.tell_change(done, now=now)
    if not higher:
        return None
    raised = {name: values[name] for name in sorted(changed & higher)}
    waits = _written(limits, raised, ChangeState.WAITING, by=by, now=now)
    notices.tell_change(waits, now=now)
    return waits


@transaction.atomic
@together()
def confirm_limits(*, change: LimitsChange, by: User, now: dt.datetime) -> LimitsChange:
    """Put higher limits in force that another proposed. Raises RuleError for one's own."""
    limits = _locked()
    held = waiting(change, now=now)
    if held.by_id == by.pk:
        raise RuleError(_("Another person has to confirm higher limits."))
    _apply(limits, held.values)
    decide(held, ChangeState.IN_FORCE, by=by, now=now)
    return held


@transaction.atomic
@together()
def drop_limits(*, change: LimitsChange, by: User, now: dt.datetime) -> LimitsChange:
    """Take away what waits; the limits stay as they are."""
    _locked()
    held = waiting(change, now=now)
    decide(held, ChangeState.DROPPED, by=by, now=now)
    return held


def _locked() -> RevealLimits:
    RevealLimits.objects.get_or_create()
    return RevealLimits.objects.select_for_update().get()


def _numbers(limits: RevealLimits) -> dict[str, Any]:
    names = [field.name for field in RevealLimits._meta.fields]
    return {name: getattr(limits, name) for name in names}


def _let_more(now_in_force: RevealLimits, wanted: RevealLimits) -> set[str]:
    """Return the names of the numbers that would let more pass than today."""
    found = {
        name
        for name, number in _numbers(wanted).items()
        if name not in _NIGHT and number > getattr(now_in_force, name)
    }
    if not wanted.night_hours() >= now_in_force.night_hours():
        found |= set(_NIGHT)
    return found


def _written(
    limits: RevealLimits,
    values: Mapping[str, int],
    state: ChangeState,
    *,
    by: User,
    now: dt.datetime,
) -> LimitsChange:
    return LimitsChange.objects.create(
        before={name: getattr(limits, name) for name in values},
        values=dict(values),
        raises=state == ChangeState.WAITING,
        state=state,
        by=by,
        at=now,
    )


def _apply(limits: RevealLimits, values: Mapping[str, int]) -> None:
    for name, number in values.items():
        setattr(limits, name, number)
    limits.full_clean()
    limits.save()


def _drop_waiting(by: User, now: dt.datetime) -> None:
    for held in LimitsChange.objects.filter(state=ChangeState.WAITING):
        decide(held, ChangeState.DROPPED, by=by, now=now)

"""Change how long data are kept: what keeps less takes two people and three days."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import retention_notices as notices
from customers.models import RetentionHeld, RetentionRule
from customers.queries.retention import find_kind, preview
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

NOTICE: Final = dt.timedelta(days=3)
"""Between the approval and the first purge: time to notice and to stop it."""
FEWEST_DAYS = {"customers.idle": 365}
"""No rule erases people of whom nothing was heard for less than a year."""


@transaction.atomic
@together()
def change_rule(
    *, rule: RetentionRule, days: int, basis: str, by: User, now: dt.datetime
) -> RetentionRule:
    """Set how long, and on which basis.

    A longer time holds at once: it keeps more. A shorter time of a rule in force is a
    proposal, and the longer one holds until it is approved and its notice is over.
    Whatever was proposed before is proposed no longer.
    """
    held = _locked(rule)
    _clear(held)
    held.basis = basis
    if held.active and days < held.days:
        _propose(held, days=days, by=by, now=now)
    else:
        held.days = days
    held.save()
    if held.proposed_days is not None:
        notices.tell(held, notices.PROPOSED, by=by, now=now)
    return held


@transaction.atomic
@together()
def propose_rule(
    *, rule: RetentionRule, seen: int, by: User, now: dt.datetime
) -> RetentionRule:
    """Propose that a rule be in force: `by` saw that `seen` rows would go.

    Raises RuleError where it is in force or proposed already, and where many more
    would go than were seen.
    """
    held = _locked(rule)
    if held.active or held.proposed_days is not None:
        raise RuleError(_("This rule is in force or proposed already."))
    _propose(held, days=held.days, by=by, now=now)
    _not_many_more(held, seen, now)
    held.save()
    notices.tell(held, notices.PROPOSED, by=by, now=now)
    return held


@transaction.atomic
@together()
def approve_rule(
    *, rule: RetentionRule, seen: int, by: User, now: dt.datetime
) -> RetentionRule:
    """Approve what another proposed; it begins when the notice is over.

    Raises RuleError for one's own proposal, for none, and where many more would go
    than were seen.
    """
    held = _locked(rule)
    if held.proposed_by_id is None or held.approved_by_id is not None:
        raise RuleError(_("Nothing waits for an approval here."))
    if held.proposed_by_id == by.pk:
        raise RuleError(_("Another person has to approve what you proposed."))
    _not_many_more(held, seen, now)
    held.approved_by, held.begins_at = by, now + NOTICE
    held.save()
    notices.tell(held, notices.APPROVED, by=by, now=now)
    return held


@transaction.atomic
@together()
def drop_proposal(*, rule: RetentionRule, by: User, now: dt.datetime) -> RetentionRule:
    """Take a proposal away, approved or not; what is in force stays as it is."""
    held = _locked(rule)
    if held.proposed_days is None:
        raise RuleError(_("Nothing is proposed here."))
    _clear(held)
    held.save()
    notices.tell(held, notices.DROPPED, by=by, now=now)
    return held


@transaction.atomic
@together()
def stop_rule(*, rule: RetentionRule, by: User, now: dt.datetime) -> RetentionRule:
    """Take a rule out of force at once; beginning it again takes two people again."""
    held = _locked(rule)
    held.active = False
    _clear(held)
    held.save()
    RetentionHeld.objects.filter(rule=held).delete()
    notices.tell(held, notices.STOPPED, by=by, now=now)
    return held


@transaction.atomic
@together()
def begin_due(*, now: dt.datetime) -> int:
    """Put in force what was approved and whose notice is over; return how many."""
    due = RetentionRule.objects.select_for_update(skip_locked=True, of=("self",))
    rows = list(due.filter(begins_at__lte=now))
    for held in rows:
        held.days, held.active = held.proposed_days or held.days, True
        held.begun_by, held.confirmed_by = held.proposed_by, held.approved_by
        held.confirmed_at = now
        _clear(held)
        held.save()
    return len(rows)


def _locked(rule: RetentionRule) -> RetentionRule:
    return RetentionRule.objects.select_for_update().get(pk=rule.pk)


def _propose(held: RetentionRule, *, days: int, by: User, now: dt.datetime) -> None:
    if find_kind(held.key) is None:
        raise RuleError(_("Nothing here knows this kind of data."))
    if days < FEWEST_DAYS.get(held.key, 1):
        raise RuleError(
            _("These data are kept for %(days)d days at least.")
            % {"days": FEWEST_DAYS[held.key]}
        )
    held.proposed_days, held.proposed_by, held.proposed_at = days, by, now
    held.proposed_seen = preview(held, days=days, now=now).count


def _not_many_more(held: RetentionRule, seen: int, now: dt.datetime) -> None:
    due = preview(held, days=held.proposed_days or held.days, now=now)
    if due.count > max(seen * 2, seen + 10):
        raise RuleError(_("Much more is due than you were shown. Look again."))


def _clear(held: RetentionRule) -> None:
    held.proposed_days = held.proposed_seen = None
    held.proposed_by = held.proposed_at = None
    held.approved_by = held.begins_at = None

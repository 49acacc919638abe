"""Keep what the security checks find: open, close, tell once, put aside."""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import refuse_words
from servicedesk.core.models import (
    LONGEST_PATIENCE,
    SEVERITY,
    CheckRunState,
    Level,
    SecurityCheckRun,
    SecurityFinding,
    worst_of,
)
from servicedesk.core.security_checks.registry import MOST_SUBJECTS, Found, all_checks
from servicedesk.core.signals import security_found

_ASIDE = ("acknowledged_by", "acknowledged_at", "acknowledged_until", "why")


@transaction.atomic
def begin_run(*, by: AbstractBaseUser | None, now: dt.datetime) -> SecurityCheckRun:
    """Begin to look; a run that never came to its end is closed first."""
    SecurityCheckRun.objects.filter(state=CheckRunState.RUNNING).update(
        state=CheckRunState.STOPPED, ended_at=now
    )
    return SecurityCheckRun.objects.create(by_id=by.pk if by else None, started_at=now)


@transaction.atomic
def note_check(
    *, run: SecurityCheckRun, key: str, found: Iterable[Found], now: dt.datetime
) -> Level:
    """Keep what one check found; what it found before and not now is mended.

    Unless it could not look: then what is known stays as it is.
    """
    found = list(found)
    rows = SecurityFinding.objects.open().select_for_update(of=("self",))
    known = {row.code: row for row in rows.filter(check_key=key)}
    for each in found:
        refuse_words([each.code, dict(each.numbers), list(each.subjects)])
        row = known.pop(each.code, None)
        if row is None:
            _open(key, each, now)
        else:
            _see_again(row, each, now)
    if not any(each.level == Level.UNCHECKED for each in found):
        for row in known.values():
            row.closed_at = now
            row.save(update_fields=["closed_at"])
    level = worst_of([each.level for each in found])
    run.levels = {**run.levels, key: level.value}
    SecurityCheckRun.objects.filter(pk=run.pk).update(levels=run.levels)
    return level


@transaction.atomic
def end_run(*, run: SecurityCheckRun, now: dt.datetime) -> SecurityCheckRun:
    """Close the run, and tell of what is bad and was not told of yet.

    What was put aside until a time that has come counts, and is told of, again. What
    a check found that is no longer there is closed: nobody looks at it any more.
    """
    _take_back(SecurityFinding.objects.open().filter(acknowledged_until__lte=now))
    gone = SecurityFinding.objects.open().exclude(
        check_key__in=[check.key for check in all_checks()]
    )
    gone.update(closed_at=now)
    bad = SecurityFinding.objects.open().filter(
        level=Level.BAD, told_at__isnull=True, acknowledged_by__isnull=True
    )
    told = bad.update(told_at=now)
    if told:
        security_found.send(SecurityFinding, run=run, count=told, now=now)
    run.state, run.ended_at = CheckRunState.DONE, now
    run.save(update_fields=["state", "ended_at"])
    return run


@transaction.atomic
def acknowledge(
    *,
    finding: SecurityFinding,
    why: str,
    until: dt.datetime,
    by: AbstractBaseUser,
    now: dt.datetime,
) -> SecurityFinding:
    """Take a finding upon oneself until a day: it stays in the list, and alarms nobody.

    Raises RuleError for what is mended already, and for more than 90 days.
    """
    rows = SecurityFinding.objects.select_for_update(of=("self",))
    row = rows.get(pk=finding.pk)
    if row.closed_at is not None:
        raise RuleError(_("This is mended already."))
    if not now < until <= now + LONGEST_PATIENCE:
        raise RuleError(_("A finding can be put aside for 90 days at most."))
    row.acknowledged_by_id, row.acknowledged_at = by.pk, now
    row.acknowledged_until, row.why = until, why
    row.save(update_fields=_ASIDE)
    return row


def _open(key: str, found: Found, now: dt.datetime) -> None:
    SecurityFinding.objects.create(
        check_key=key,
        code=found.code,
        level=found.level,
        count=found.count,
        numbers=dict(found.numbers),
        subjects=list(found.subjects)[:MOST_SUBJECTS],
        first_seen=now,
        last_seen=now,
    )


def _see_again(row: SecurityFinding, found: Found, now: dt.datetime) -> None:
    """Note that it is still there; by a query, because nothing happened for the log."""
    worse = SEVERITY[found.level] > SEVERITY[Level(row.level)]
    mine = SecurityFinding.objects.filter(pk=row.pk)
    if worse or found.count > row.count:
        _take_back(mine.filter(acknowledged_by__isnull=False))
    mine.update(
        **({"told_at": None} if worse else {}),
        level=found.level,
        count=found.count,
        numbers=dict(found.numbers),
        subjects=list(found.subjects)[:MOST_SUBJECTS],
        last_seen=now,
    )


def _take_back(rows: Iterable[SecurityFinding]) -> None:
    """End acknowledgements, each as an entry of the audit log."""
    for row in rows:
        row.acknowledged_by = row.acknowledged_at = row.acknowledged_until = None
        row.why, row.told_at = None, None
        row.save(update_fields=[*_ASIDE, "told_at"])

"""What the page and the command tell of the security checks, in words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.core.access import may
from servicedesk.core.models import (
    SEVERITY,
    CheckRunState,
    Level,
    SecurityCheckRun,
    SecurityFinding,
)
from servicedesk.core.security_checks.jobs import FAILED
from servicedesk.core.security_checks.registry import (
    Names,
    SecurityCheck,
    all_checks,
    find_check,
    sentence_of,
)

TONES: Final = {
    Level.OK: "ok",
    Level.NOTE: "note",
    Level.UNCHECKED: "note",
    Level.WARN: "warn",
    Level.BAD: "bad",
}
KEPT_RUNS: Final = 14
SUBJECTS: Final = 20
OLD: Final = dt.timedelta(days=2)


@dataclass(frozen=True)
class Line:
    """One finding as people read it."""

    finding: SecurityFinding
    title: str
    what: str
    todo: str
    tone: str
    level: str
    aside: bool
    mend_url: str = ""
    subjects: tuple[tuple[str, str], ...] = ()

    @property
    def more(self) -> int:
        """How many subjects are not named in the line."""
        return max(0, self.finding.count - len(self.subjects)) if self.subjects else 0


def open_findings() -> list[SecurityFinding]:
    """Return what is open, the worst first, and the longest known before the others."""
    found = SecurityFinding.objects.open().select_related("acknowledged_by")
    return sorted(
        found, key=lambda each: (-SEVERITY[Level(each.level)], each.first_seen)
    )


def lines_of(
    findings: Sequence[SecurityFinding], *, now: dt.datetime, user: AbstractBaseUser
) -> list[Line]:
    """Return findings in the reader's words; the names of subjects by one query.

    Whom one is about, and the way to where it is mended, only for those who mend it.
    """
    mends = {check.key: check for check in all_checks() if may(user, check.permission)}
    wanted: dict[Names, set[int]] = defaultdict(set)
    for each in findings:
        check = mends.get(each.check_key)
        if check and check.names:
            wanted[check.names] |= set(each.subjects[:SUBJECTS])
    known = {names: names(sorted(found)) for names, found in wanted.items()}
    lines = []
    for each in findings:
        line, check = line_of(each, now=now), mends.get(each.check_key)
        if check is not None:
            named = known.get(check.names, {}) if check.names else {}
            mend_url = reverse(check.mend) if check.mend else ""
            subjects = _subjects(check, each, named)
            line = replace(line, mend_url=mend_url, subjects=subjects)
        lines.append(line)
    return lines


def line_of(finding: SecurityFinding, *, now: dt.datetime) -> Line:
    """Return a finding in the reader's words, without whom it is about."""
    check = find_check(finding.check_key)
    level = Level(finding.level)
    what, todo = _words(check, finding)
    return Line(
        finding=finding,
        title=str(check.title) if check else finding.check_key,
        what=what,
        todo=todo,
        tone=TONES[level],
        level=str(level.label),
        aside=finding.is_aside(now),
    )


def in_order(run: SecurityCheckRun | None) -> list[str]:
    """Return the titles of the checks in which the run found nothing."""
    levels = run.levels if run else {}
    return [
        str(check.title) for check in all_checks() if levels.get(check.key) == Level.OK
    ]


def newest_done() -> SecurityCheckRun | None:
    """Return the newest run that came to its end."""
    done = SecurityCheckRun.objects.filter(state=CheckRunState.DONE)
    return done.select_related("by").order_by("-started_at").first()


def newest_runs() -> list[SecurityCheckRun]:
    """Return the last runs, newest first."""
    found = SecurityCheckRun.objects.select_related("by").order_by("-started_at")
    return list(found[:KEPT_RUNS])


def overall(
    lines: Iterable[Line], run: SecurityCheckRun | None, *, now: dt.datetime
) -> tuple[str, str]:
    """Return a tone and a sentence for the whole; what was put aside does not count."""
    if run is None:
        return "note", _("Nothing has been checked yet.")
    counting = [each.finding.level for each in lines if not each.aside]
    bad, warn = counting.count(Level.BAD), counting.count(Level.WARN)
    if bad:
        text = ngettext(
            "%(count)d thing is bad: see to it today.",
            "%(count)d things are bad: see to them today.",
            bad,
        )
        return "bad", text % {"count": bad}
    if run.ended_at and now - run.ended_at > OLD:
        return "warn", _("The last check is more than two days old.")
    if warn:
        text = ngettext(
            "%(count)d thing is to be mended.",
            "%(count)d things are to be mended.",
            warn,
        )
        return "warn", text % {"count": warn}
    if Level.UNCHECKED in counting:
        return "note", _("Nothing bad was found, but not everything could be checked.")
    return "ok", _("Nothing is to be mended.")


def _words(check: SecurityCheck | None, finding: SecurityFinding) -> tuple[str, str]:
    if finding.code == FAILED:
        return _("This check itself failed."), _("The log of the worker says why.")
    said = check.said.get(finding.code) if check else None
    if said is None:
        return finding.code, ""
    return sentence_of(said, finding), str(said.todo)


def _subjects(
    check: SecurityCheck, finding: SecurityFinding, names: Mapping[int, str]
) -> tuple[tuple[str, str], ...]:
    """Return name and address of each subject that is still there."""
    if not check.subject:
        return ()
    return tuple(
        (names[each], reverse(check.subject, args=[each]))
        for each in finding.subjects[:SUBJECTS]
        if each in names
    )

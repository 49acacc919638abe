"""A run of the security checks as a job: one check a portion."""

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.core.actions.security_checks import begin_run, end_run, note_check
from servicedesk.core.jobs.registry import Step, register_job
from servicedesk.core.models import Level, SecurityCheckRun
from servicedesk.core.security_checks.registry import Found, SecurityCheck, all_checks

if TYPE_CHECKING:
    from servicedesk.core.models import Job

log = logging.getLogger(__name__)
JOB: Final = "core.security_check"
PERMISSION: Final = "core.add_securitycheckrun"
FAILED: Final = "failed"


def register_security_job() -> None:
    """Let the checks be started by hand and by the timetable."""
    register_job(
        JOB,
        title=gettext_lazy("Security checks"),
        step=step,
        permission=PERMISSION,
        alone=True,
        result_url=_page,
        result_labels={
            "bad": pgettext_lazy("security check", "Bad"),
            "warn": pgettext_lazy("security check", "To mend"),
            "unchecked": pgettext_lazy("security check", "Not checked"),
            "ok": pgettext_lazy("security check", "In order"),
        },
    )


def step(job: "Job", now: dt.datetime) -> Step:
    """Do one check, and keep what it found; the last one ends the run."""
    cursor: dict[str, Any] = job.cursor or {}
    checks = all_checks()
    if cursor:
        run = SecurityCheckRun.objects.get(pk=cursor["run"])
    else:
        run = begin_run(by=job.by, now=now)
    at = int(cursor.get("at", 0))
    if at < len(checks):
        check = checks[at]
        note_check(run=run, key=check.key, found=look_at(check, now), now=now)
        at += 1
    after = {"run": str(run.pk), "at": at}
    if at < len(checks):
        return Step(after, at, len(checks))
    run = end_run(run=run, now=now)
    counts = {level.value: run.count(level) for level in Level}
    return Step(after, at, len(checks), finished=True, result=counts)


def look_at(check: SecurityCheck, now: dt.datetime) -> list[Found]:
    """Do one check; one that fails is a finding of its own, and leaves the rest alone."""
    try:
        with transaction.atomic():
            return list(check.look(now))
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("The security check %s failed", check.key)
        return [Found(Level.UNCHECKED, FAILED)]


def _page(job: "Job") -> str:
    del job
    return reverse("security:page")

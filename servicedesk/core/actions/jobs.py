"""Start, cancel and try again: what people do with long work."""

import datetime as dt
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.core.access import may
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import find_kind, refuse_words
from servicedesk.core.jobs.telling import tell
from servicedesk.core.models import Job, JobState


@transaction.atomic
def start_job(
    *,
    kind: str,
    params: dict[str, Any],
    by: AbstractBaseUser | None,
    now: dt.datetime,
) -> Job:
    """Write down that the work is wanted; a worker finds it. None is the system.

    `params` are ids and numbers. Raises RuleError if the kind runs alone and one is
    not over yet, PermissionDenied without the kind's permission, and ValueError or
    LookupError for what only a programmer can get wrong.
    """
    known = find_kind(kind)
    if known is None:
        raise LookupError(f"No such kind of job: {kind!r}")
    if by is not None and not may(by, known.permission):
        raise PermissionDenied
    refuse_words(params)
    job = Job(
        kind=kind,
        params=params,
        alone=known.alone,
        by_id=by.pk if by else None,
        created_at=now,
        due_at=now,
    )
    _save_alone(job)
    tell(job)
    return job


@transaction.atomic
def cancel_job(*, job: Job, by: AbstractBaseUser | None, now: dt.datetime) -> Job:
    """Stop the work after the portion that is running; what is done stays done.

    A second time is as good as once. Raises RuleError if the job is over already.
    """
    del by  # the audit log knows
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.state == JobState.CANCELLED:
        return locked
    if not locked.may_become(JobState.CANCELLED):
        raise RuleError(_("This job is over already."))
    locked.cancel_asked_at = locked.cancel_asked_at or now
    if locked.holder is None:
        locked.state = JobState.CANCELLED
        locked.ended_at = now
    locked.save(update_fields=["cancel_asked_at", "state", "ended_at"])
    tell(locked)
    return locked


@transaction.atomic
def retry_job(*, job: Job, by: AbstractBaseUser | None, now: dt.datetime) -> Job:
    """Go on with a failed job from where it stopped.

    Raises RuleError unless it failed, or if it runs alone and another one runs, and
    PermissionDenied for whoever may not start such work (any more).
    """
    if by is not None and not may_retry(job, by):
        raise PermissionDenied
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if not locked.may_become(JobState.QUEUED):
        raise RuleError(_("Only a job that failed can be tried again."))
    locked.state = JobState.QUEUED
    locked.error = ""
    locked.ended_at = locked.cancel_asked_at = locked.pace_since = None
    locked.tries = 0
    locked.due_at = now
    _save_alone(locked)
    tell(locked)
    return locked


def may_retry(job: Job, by: AbstractBaseUser) -> bool:
    """Tell whether the person may have this work done: to have begun it is not enough."""
    known = find_kind(job.kind)
    return may(by, "core.change_job") or (
        known is not None and may(by, known.permission)
    )


def _save_alone(job: Job) -> None:
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError as error:
        if "job_alone" not in str(error):
            raise
        raise RuleError(
            _("Work of this kind is under way already. Wait for it, or cancel it.")
        ) from error

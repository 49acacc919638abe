"""Do the work: take a job, do its portions one by one, give it back."""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import JobKind, Step, find_kind, kinds, refuse_words
from servicedesk.core.jobs.telling import tell
from servicedesk.core.models import ACTIVE, Job, JobState
from servicedesk.core.notifications.kinds import tell_end

log = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]

LEASE = dt.timedelta(seconds=30)
"""Who has not been heard of for so long, between two portions, is taken for dead."""
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (2, 10, 30, 120))
"""How long to wait after the first, second … failure in a row; then it has failed."""
TELL_EVERY = 1.0  # seconds between two words about progress
LOST = "WorkerLost"


def take_job(
    *, holder: uuid.UUID, now: dt.datetime, pk: uuid.UUID | None = None
) -> Job | None:
    """Take the job that has been due longest (or just `pk`); None if none is.

    A job whose worker fell silent is taken over. That counts as a failure of its
    portion: work that kills its worker again and again is not run for ever.
    """
    while True:
        with transaction.atomic():
            job = _next_due(now, pk)
            if job is None:
                return None
            if job.holder is not None:
                job.tries += 1
                job.pace_since = None
            if job.tries > len(WAITS):
                _end(job, JobState.FAILED, now, error=LOST)
                continue
            _hold(job, holder, now)
        return job


def run_job(
    *,
    job: Job,
    holder: uuid.UUID,
    clock: Clock,
    enough: Callable[[], bool],
    seen: Callable[[Job], object] = lambda _job: None,
) -> None:
    """Do portions of a job that was taken, until it is over or it is `enough`.

    `seen` is shown the job after each portion. What raises is told to the log and
    tried again later.
    """
    run = _Run(job.pk, holder, clock)
    try:
        while after := run.portion():
            seen(after)
            if not after.active:
                return
            if enough():
                break
    except Exception as error:
        log.exception("A portion of job %s failed", job.pk)
        _note_failure(job.pk, holder, error, clock())
    except BaseException:
        # Told to stop in the middle: that portion is undone, the next worker begins it.
        _give_back(job.pk, holder, clock())
        raise
    else:
        _give_back(job.pk, holder, clock())


@dataclass
class _Run:
    pk: uuid.UUID
    holder: uuid.UUID
    clock: Clock
    told_at: float = field(default_factory=time.monotonic)

    @transaction.atomic
    def portion(self) -> Job | None:
        """Do one portion and note it; None if somebody else has taken the job."""
        job = _mine(self.pk, self.holder)
        if job is None:
            return None
        now = self.clock()
        if job.cancel_asked_at is not None:
            return _end(job, JobState.CANCELLED, now)
        step = _kind(job).step(job, now)
        self._note(job, step)
        return job

    def _note(self, job: Job, step: Step) -> None:
        refuse_words([step.cursor, step.result])
        now = self.clock()
        job.cursor, job.done, job.total = step.cursor, step.done, step.total
        job.tries, job.beat_at = 0, now
        if step.finished:
            job.result = step.result
            _end(job, JobState.DONE, now)
            return
        _write(job)
        if time.monotonic() - self.told_at >= TELL_EVERY:
            self.told_at = time.monotonic()
            tell(job, progress=True)


def _next_due(now: dt.datetime, pk: uuid.UUID | None) -> Job | None:
    """Lock the job to take. A portion under way holds the lock, so it is passed by."""
    free = Q(holder__isnull=True, due_at__lte=now)
    free |= Q(holder__isnull=False, beat_at__lte=now - LEASE)
    due = Job.objects.select_for_update(skip_locked=True).filter(
        free, state__in=ACTIVE, kind__in=[kind.key for kind in kinds()]
    )
    if pk is not None:
        due = due.filter(pk=pk)
    return due.order_by("due_at").first()


def _hold(job: Job, holder: uuid.UUID, now: dt.datetime) -> None:
    begins = job.state == JobState.QUEUED
    job.state = JobState.RUNNING
    job.holder, job.beat_at = holder, now
    job.started_at = job.started_at or now
    if job.pace_since is None:
        job.pace_since, job.pace_from = now, job.done
    _write(job)
    if begins:
        tell(job)


def _mine(pk: uuid.UUID, holder: uuid.UUID) -> Job | None:
    mine = Job.objects.select_for_update().filter(pk=pk, holder=holder)
    return mine.filter(state=JobState.RUNNING).first()


def _kind(job: Job) -> JobKind:
    kind = find_kind(job.kind)
    if kind is None:
        raise LookupError(f"No such kind of job: {job.kind!r}")
    return kind


@transaction.atomic
def _note_failure(
    pk: uuid.UUID, holder: uuid.UUID, error: Exception, now: dt.datetime
) -> None:
    """Try again after a while; a rule that refuses will refuse again, so not that."""
    job = _mine(pk, holder)
    if job is None:
        return
    if job.cancel_asked_at is not None:
        _end(job, JobState.CANCELLED, now)
        return
    final = isinstance(error, RuleError) or job.tries >= len(WAITS)
    if final:
        _end(job, JobState.FAILED, now, error=type(error).__name__[:80])
        return
    job.due_at = now + WAITS[job.tries]
    job.tries += 1
    job.holder = None
    job.pace_since = None
    _write(job)


@transaction.atomic
def _give_back(pk: uuid.UUID, holder: uuid.UUID, now: dt.datetime) -> None:
    """Let others have a turn; whoever is free goes on at once."""
    job = _mine(pk, holder)
    if job is not None:
        job.holder, job.due_at = None, now
        _write(job)


def _end(job: Job, state: JobState, now: dt.datetime, *, error: str = "") -> Job:
    job.state, job.error, job.ended_at, job.holder = state, error, now, None
    _write(job)
    tell(job)
    tell_end(job)
    return job


def _write(job: Job) -> None:
    """Save by `update`: progress is no news for the audit log."""
    names = (
        *("state", "cursor", "done", "total", "result", "error", "started_at"),
        *("ended_at", "due_at", "beat_at", "holder", "tries"),
        *("pace_from", "pace_since"),
    )
    Job.objects.filter(pk=job.pk).update(**{name: getattr(job, name) for name in names})

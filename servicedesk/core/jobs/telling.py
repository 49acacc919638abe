"""Tell open browsers about a job, and which of them may listen."""

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from servicedesk.core.access import may
from servicedesk.core.live.publish import publish
from servicedesk.core.models import Job

EVERY = "job:all"


def tell(job: Job, *, progress: bool = False) -> None:
    """Publish that the job changed; mere progress only to those who look at it."""
    channels = [f"job:{job.pk}"]
    if job.by_id:
        channels.append(f"user:{job.by_id}")
    if not progress:
        channels.append(EVERY)
    publish(channels=channels, kind="job_changed", ref=str(job.pk))


def readable_jobs(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels of those jobs that the user may see; one query."""
    found = [EVERY] if EVERY in wanted and may(user, "core.view_job") else []
    keys = [channel.partition(":")[2] for channel in wanted if channel != EVERY]
    try:
        seen = Job.objects.visible_to(user).filter(pk__in=keys)
        return found + [f"job:{pk}" for pk in seen.values_list("pk", flat=True)]
    except ValidationError:
        return found

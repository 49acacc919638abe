"""Ways to let somebody hold work, leave, and have the work handed over."""

import uuid

from django.utils import timezone

from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.models import Job
from servicedesk.staff.actions.leaving import (
    plan_leaving,
)
from servicedesk.staff.actions.team import add_member
from tests.factories import HOUR, TicketFactory, team_of
from tickets.actions.resolve import resolve
from tickets.actions.take import take


def solved(user, now, category="question"):
    ticket = TicketFactory(category=category, now=now - HOUR)
    take(ticket=ticket, by=user, now=now - HOUR)
    resolve(
        ticket=ticket, root_cause="a", solution="b", words="c", by=user, now=now
    )  # fmt: skip
    return ticket


def taken(user, now, category="question"):
    ticket = TicketFactory(category=category, now=now - HOUR)
    take(ticket=ticket, by=user, now=now - HOUR)
    return ticket


def go(user, by, now=None, leaves_at=None, **successors):
    moment = now or timezone.now()
    to = {team_of(slug.replace("_", "-")).pk: heir for slug, heir in successors.items()}
    return plan_leaving(
        user=user, successors=to, leaves_at=leaves_at or moment, by=by, now=moment
    )


def work(portions=None, now=None):
    """Let a worker do the job, or only so many portions of it."""
    moment, holder, done = now or timezone.now(), uuid.uuid4(), []
    job = take_job(holder=holder, now=moment)
    run_job(
        job=job,
        holder=holder,
        clock=lambda: moment,
        enough=lambda: portions is not None and len(done) >= portions,
        seen=done.append,
    )
    return Job.objects.get(pk=job.pk)


def member(slug, user):
    add_member(team=team_of(slug), user=user)
    return user

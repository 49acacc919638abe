"""Checks of a test's own, and ways to run them; for the tests of security checks."""

from django.utils.translation import gettext_lazy, ngettext_lazy

from servicedesk.core.actions.jobs import start_job
from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.models import Job, SecurityCheckRun
from servicedesk.core.security_checks import registry
from servicedesk.core.security_checks.jobs import JOB
from servicedesk.core.security_checks.registry import (
    Said,
    SecurityCheck,
    register_security_check,
)
from servicedesk.staff.queries.security import names_of
from tests.factories import NOW

DOOR = {
    "open": Said(
        ngettext_lazy(
            "%(count)d door is open: %(names)s.",
            "%(count)d doors are open: %(names)s.",
            "count",
        ),
        gettext_lazy("Close it."),
    )
}


class Doors:
    """A check whose findings a test puts there."""

    def __init__(self):
        self.found = []

    def look(self, now):
        yield from self.found

    def register(self, key="test.doors"):
        register_security_check(SecurityCheck(key, title="Doors", look=self.look, said=DOOR, permission="staff.view_user",
            mend="jobs:jobs", subject="admin:staff_user_change", names=names_of))  # fmt: skip
        return self


def only(monkeypatch, *keys):
    """Let the registry hold nothing but what a test registers (and these)."""
    kept = {key: registry._checks[key] for key in keys}
    monkeypatch.setattr(registry, "_checks", kept)


def check(now=NOW, by=None):
    """Run all checks to the end, as a worker does."""
    job = start_job(kind=JOB, params={}, by=by, now=now)
    taken = take_job(holder=job.pk, now=now, pk=job.pk)
    run_job(job=taken, holder=job.pk, clock=lambda: now, enough=lambda: False)
    done = Job.objects.get(pk=job.pk)
    assert done.state == "done", done.error
    return SecurityCheckRun.objects.order_by("-started_at").first()

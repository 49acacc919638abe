"""What backups say to System health, `/readyz` and the security checks."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from servicedesk.backups import archiving
from servicedesk.backups.models import FEWEST, Recipient
from servicedesk.backups.plan import (
    current_plan,
    drill_late_since,
    last_good,
    last_proven,
    late_since,
)
from servicedesk.core.health_checks import Check, register_check
from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import (
    Found,
    Said,
    SecurityCheck,
    register_security_check,
)

# Both sides of the question are indexed: the newest good one, the newest proven one.
_LATE: Final = """
SELECT plan."on" AND now() > plan.late_after_hours * interval '1 hour' + coalesce(
         (SELECT max(started_at) FROM backups_backup WHERE state = 'good'), plan.since),
       plan.drill_on AND now() > plan.drill_late_after_days * interval '1 day' + coalesce(
         (SELECT max(ended_at) FROM backups_drill WHERE state = 'proven'), plan.since)
FROM backups_backupplan plan
"""
_SAID: Final = {
    "off": Said(
        gettext_lazy("Backups are switched off."),
        gettext_lazy("Switch the plan on, unless something else makes backups."),
    ),
    "recipients": Said(
        ngettext_lazy(
            "Backups have %(count)d recipient; there have to be two.",
            "Backups have %(count)d recipients; there have to be two.",
            "count",
        ),
        gettext_lazy("Have people make keys on their own computers, and add them."),
    ),
    "never": Said(
        gettext_lazy("There is no good backup."),
        gettext_lazy("Make one now, and look why none was made."),
    ),
    "late": Said(
        gettext_lazy("The last good backup is too old."),
        gettext_lazy("Look at the list of backups: it says why the last ones failed."),
    ),
    "unproven": Said(
        gettext_lazy("No backup was put back lately: nobody knows whether one can be."),
        gettext_lazy("Start a restore drill where a private key is at hand."),
    ),
}


def register() -> None:
    """Register the checks; from `ready()`."""
    register_check(
        Check(
            "backups",
            gettext_lazy("Backups"),
            look_at_age,
            gettext_lazy("Look at System → Backups: it says what failed and why."),
        )
    )
    register_check(
        Check(
            "archive",
            gettext_lazy("Journal of the database"),
            look_at_archive,
            gettext_lazy("The log of PostgreSQL says why it cannot be put away."),
        )
    )
    register_security_check(
        SecurityCheck(
            "backups.state",
            title=gettext_lazy("Backups"),
            look=look,
            said=_SAID,
            permission="backups.view_backup",
            mend="backups:page",
        )
    )


def look_at_age(cursor: Any) -> str:
    """Say whether the last good backup or the last proven restore is too old."""
    cursor.execute(_LATE)
    late, unproven = cursor.fetchone() or (False, False)
    if late:
        return _("the last good backup is too old")
    return _("no restore was proven for too long") if unproven else ""


def look_at_archive(cursor: Any) -> str:
    """Say whether the journal is put away, where it is to be."""
    seen = archiving.asked(cursor)
    return seen.words if seen.is_alarm else ""


def look(now: dt.datetime) -> Iterator[Found]:
    """Find what would make a loss of data a lasting one."""
    plan, good = current_plan(now=now), last_good()
    if not plan.on:
        yield Found(Level.WARN, "off")
    recipients = Recipient.objects.active().count()
    if recipients < FEWEST:
        yield Found(Level.BAD, "recipients", recipients)
    if good is None:
        yield Found(Level.BAD, "never")
    elif late_since(plan, good, now):
        yield Found(Level.BAD, "late")
    proven = last_proven()
    if proven is None or drill_late_since(plan, proven, now):
        yield Found(Level.WARN, "unproven")

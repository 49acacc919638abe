"""What the pages show of a backup, a plan and the state as a whole."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.backups.models import FEWEST, Backup, Generation, Recipient
from servicedesk.backups.plan import (
    current_plan,
    drill_late_since,
    last_good,
    last_proven,
    late_since,
    next_slot,
)
from servicedesk.backups.words import TONES, error_of, progress_of, step_of


def row_of(backup: Backup) -> dict[str, Any]:
    """Return what lists and pages show of one backup."""
    return {
        "backup": backup,
        "url": reverse("backups:backup", args=[backup.pk]),
        "tone": TONES.get(backup.state, ""),
        "state": _("Stopping …") if backup.stopping else backup.get_state_display(),
        "step": step_of(backup),
        "progress": progress_of(backup),
        "error": error_of(backup.error, backup.detail),
        "by": _by(backup),
    }


def _by(backup: Backup) -> str:
    if backup.asked_by_id:
        return str(backup.asked_by)
    if backup.generation == Generation.MANUAL:
        return _("the command line")
    return _("the plan")


def state_of(now: dt.datetime) -> dict[str, Any]:
    """Return how backups stand: the last good one, the last proof, the next, what is wrong."""
    plan = current_plan(now=now)
    good, proven = last_good(), last_proven()
    recipients = list(Recipient.objects.order_by("-active", "pk"))
    late, drill_late = late_since(plan, good, now), drill_late_since(plan, proven, now)
    return {
        "plan": plan,
        "good": good,
        "late": late,
        "proven": proven,
        "drill_late": drill_late,
        "next": next_slot(plan, now) if plan.on else None,
        "recipients": recipients,
        "able": sum(each.active for each in recipients) >= FEWEST,
    }

"""Ask for a backup, by hand or by the plan."""

import datetime as dt

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.backups.actions.runs import write_down
from servicedesk.backups.models import FEWEST, Backup, Generation, Recipient
from servicedesk.backups.plan import current_plan, slot_due
from servicedesk.core.errors import RuleError


@transaction.atomic
def ask_for_backup(
    *,
    by: AbstractBaseUser | None,
    now: dt.datetime,
    destination: str = "",
    note: str = "",
) -> Backup:
    """Write down that a backup is wanted now; a worker finds it.

    Raises RuleError while another one waits or runs, and as long as fewer than two
    people could open it.
    """
    if Recipient.objects.active().count() < FEWEST:
        raise RuleError(
            _("Name at least two recipients first: with one key a lost key loses all.")
        )
    return write_down(
        Backup(
            generation=Generation.MANUAL,
            destination=destination or current_plan(now=now).destination,
            note=note,
            asked_at=now,
            asked_by_id=by.pk if by else None,
            due_at=now,
        )
    )


@transaction.atomic
def ask_by_plan(*, now: dt.datetime) -> Backup | None:
    """Write down the backup whose time has come; None if none has, or one is under way.

    A time that was missed is made up for once, however often it was missed.
    """
    plan = current_plan(now=now, lock=True)
    slot = slot_due(plan, now=now)
    enough = Recipient.objects.active().count() >= FEWEST
    if slot is None or not enough or Backup.objects.unfinished().exists():
        return None
    return write_down(
        Backup(
            generation=Generation.DAILY,
            destination=plan.destination,
            asked_at=now,
            due_at=slot,
        )
    )

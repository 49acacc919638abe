"""Change the plan, and who can open the backups."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.backups.actions.notices import tell_recipients
from servicedesk.backups.models import FEWEST, BackupPlan, Recipient
from servicedesk.backups.plan import current_plan
from servicedesk.backups.sealed import recipient_of
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


@transaction.atomic
def save_plan(*, values: dict[str, Any], by: User, now: dt.datetime) -> BackupPlan:
    """Change the plan. Times that were before the change are not made up for."""
    del by  # the audit log knows
    plan = current_plan(now=now, lock=True)
    for name, value in values.items():
        setattr(plan, name, value)
    plan.since = now
    plan.save()
    return plan


@transaction.atomic
def add_recipient(*, name: str, key: str, by: User, now: dt.datetime) -> Recipient:
    """Let one more key open the backups from now on; the others are told.

    Raises RuleError for what is no public key, and for one that is there already.
    """
    key = key.strip()
    try:
        recipient_of(key)
    except ValueError as error:
        raise RuleError(
            _("This is no public key of age: it begins with “age1” and has 62 letters.")
        ) from error
    made = Recipient(name=name.strip(), key=key, added_at=now, added_by=by)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise RuleError(_("This key is a recipient already.")) from error
    tell_recipients(made, by_id=by.pk, now=now)
    return made


@transaction.atomic
def switch_recipient(
    *, recipient: Recipient, active: bool, by: User, now: dt.datetime
) -> Recipient:
    """Switch a recipient on or off; what was sealed to it before stays so.

    Raises RuleError when fewer than two would be left.
    """
    rows = list(Recipient.objects.select_for_update().order_by("pk"))
    row = next(each for each in rows if each.pk == recipient.pk)
    if row.active == active:
        return row
    left = sum(each.active for each in rows) - 1
    if not active and left < FEWEST:
        raise RuleError(
            _("At least two recipients have to stay. Add another one first.")
        )
    row.active, row.ended_at = active, None if active else now
    row.save(update_fields=["active", "ended_at"])
    tell_recipients(row, by_id=by.pk, now=now)
    return row

"""Close the desk to all but administrators, and open it again."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.models import Maintenance


@dataclass(frozen=True)
class Closing:
    """Why the desk is closed, probably until when, and what people are told of it."""

    reason: str
    until: dt.datetime | None = None
    message_zh: str = ""
    message_en: str = ""


def begin_maintenance(
    *, closing: Closing, by: AbstractBaseUser | None, now: dt.datetime
) -> Maintenance:
    """Close the desk. Raises RuleError if it is closed already, or the end has passed.

    `by` is None for the command, of which only the machine's administrator knows more.
    """
    if not closing.reason.strip():
        raise RuleError(_("Say why: colleagues will ask."))
    if closing.until is not None and closing.until <= now:
        raise RuleError(_("The time given has passed already."))
    try:
        with transaction.atomic():
            return Maintenance.objects.create(
                begun_at=now,
                begun_by_id=by.pk if by else None,
                reason=closing.reason.strip(),
                until=closing.until,
                message_zh=closing.message_zh.strip(),
                message_en=closing.message_en.strip(),
            )
    except IntegrityError as error:
        raise RuleError(_("The desk is closed for maintenance already.")) from error


@transaction.atomic
def end_maintenance(*, by: AbstractBaseUser | None, now: dt.datetime) -> Maintenance:
    """Open the desk again. Raises RuleError if it is open."""
    open_row = Maintenance.objects.select_for_update().filter(ended_at__isnull=True)
    row = open_row.first()
    if row is None:
        raise RuleError(_("The desk is not closed."))
    # Another machine's clock may have begun it later than now.
    row.ended_at = max(now, row.begun_at)
    row.ended_by_id = by.pk if by else None
    row.save(update_fields=["ended_at", "ended_by"])
    return row

"""Write what the models' own signals cannot tell: that somebody looked."""

import datetime as dt
from typing import TYPE_CHECKING

from auditlog.models import LogEntry
from django.db import transaction
from django.db.models import Model

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@transaction.atomic
def record_access(
    *,
    instance: Model,
    by: "User",
    purpose: str,
    now: dt.datetime,
    fields: tuple[str, ...] = (),
) -> LogEntry:
    """Log that `by` read `fields` of `instance` for a purpose; never the values."""
    entry: LogEntry = LogEntry.objects.log_create(
        instance,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        actor=by,
        actor_email=by.email,
        timestamp=now,
        changes=None,
        additional_data={"purpose": str(purpose), "fields": list(fields)},
    )
    return entry

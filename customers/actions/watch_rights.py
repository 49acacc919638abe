"""The clocks of requests of the person: a warning before the limit, a word after it."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from customers.actions import rights_notices
from customers.models import OPEN_RIGHTS, RightsRequest


@transaction.atomic
def check_clock(*, pk: UUID, now: dt.datetime) -> bool:
    """Warn or tell of the limit, each once; tell whether this call did."""
    asked = (
        RightsRequest.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state__in=OPEN_RIGHTS)
        .first()
    )
    if asked is None:
        return False
    if asked.overdue_at is None and asked.due_at <= now:
        asked.overdue_at = now
        asked.warned_at = asked.warned_at or now
        rights_notices.tell_overdue(asked, now=now)
    elif asked.warned_at is None and asked.warn_at <= now:
        asked.warned_at = now
        rights_notices.tell_warned(asked, now=now)
    else:
        return False
    asked.save(update_fields=["overdue_at", "warned_at"])
    return True

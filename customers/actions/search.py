"""Keep what somebody searches for, so that no address carries it; forget it in time."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from customers.models import Customer, CustomerSearch
from servicedesk.audit.actions import record_lookup
from servicedesk.staff.models import User

KEPT = dt.timedelta(days=1)


@transaction.atomic
def keep_search(*, words: str, by: User, now: dt.datetime) -> CustomerSearch:
    """Keep the words, sealed, for the one who typed them."""
    return CustomerSearch.objects.create(user=by, words=words, created_at=now)


def forget_searches(*, now: dt.datetime) -> int:
    """Delete the searches of more than a day ago; return how many."""
    old = CustomerSearch.objects.filter(created_at__lt=now - KEPT)
    return old.delete()[0]


def note_search(
    *,
    ways: Sequence[str],
    found: int,
    hidden: Customer | None,
    by: User,
    now: dt.datetime,
) -> None:
    """Log that somebody looked for a customer: by what kind of thing, never the words.

    `hidden` is whom they found and may not see: that is logged of this record.
    """
    record_lookup(
        model=Customer, instance=hidden, ways=ways, found=found, by=by, now=now
    )

"""Keep what somebody searches for, so that no address carries it; forget it in time."""

import datetime as dt

from django.db import transaction

from servicedesk.staff.models import User
from tickets.models import Search

KEPT = dt.timedelta(days=1)


@transaction.atomic
def keep_search(*, words: str, by: User, now: dt.datetime) -> Search:
    """Keep the words, sealed, for the one who typed them."""
    return Search.objects.create(user=by, words=words, created_at=now)


def forget_searches(*, now: dt.datetime) -> int:
    """Delete the searches of more than a day ago; return how many."""
    return Search.objects.filter(created_at__lt=now - KEPT).delete()[0]

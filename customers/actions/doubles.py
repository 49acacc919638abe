"""Keep pairs of records that may be one person, of which who wrote the second knows nothing."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import PossibleDouble
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User


def keep_pairs(
    pairs: Iterable[tuple[UUID, UUID]], *, by: User, now: dt.datetime
) -> None:
    """Keep each pair once; one that was told apart before stays so."""
    PossibleDouble.objects.bulk_create(
        [
            PossibleDouble(one_id=one, other_id=other, found_by=by, found_at=now)
            for one, other in sorted({(min(pair), max(pair)) for pair in pairs})
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def tell_apart(*, double: PossibleDouble, by: User, now: dt.datetime) -> PossibleDouble:
    """Write down that these are two people. Raises RuleError if somebody did already."""
    rows = PossibleDouble.objects.select_for_update(of=("self",))
    held = rows.get(pk=double.pk)
    if held.dismissed_at is not None:
        raise RuleError(_("Somebody has told these two apart already."))
    held.dismissed_by, held.dismissed_at = by, now
    held.save(update_fields=["dismissed_by", "dismissed_at"])
    return held

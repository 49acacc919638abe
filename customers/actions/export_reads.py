"""Count what an export hands out in clear as what it is: so many people looked at."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from customers.actions import watch
from customers.models import (
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerUserObjectPermission,
    ExportRequest,
    ExportState,
    Reveal,
)
from customers.models.ways_in import work_of
from customers.permissions import EXPORT_ONE
from customers.queries.reveals import EXPORT
from servicedesk.staff.models import User


@transaction.atomic
def read_by_export(
    *, export: ExportRequest, customers: Collection[UUID], now: dt.datetime
) -> None:
    """Record a look at each of these customers by whoever asked, and count them.

    They count like reveals of the same number of people at one moment: alarms are
    raised, and past the hard limit the person is stopped. Raises StoppedError while
    the person is.
    """
    by = export.by
    before = watch.count(by=by, now=now)
    if not customers:
        return
    mine = Customer.objects.filter(work_of(by), pk__in=customers)
    work = set(mine.values_list("pk", flat=True))
    Reveal.objects.bulk_create(
        Reveal(
            customer_id=pk, field=EXPORT, purpose=export.purpose, by=by, at=now,
            in_work=pk in work,
        )
        for pk in customers
    )  # fmt: skip
    looked = {pk: pk in work for pk in customers}
    watch.watch(before, by=by, looked=looked, now=now)


def last_as_long_as_grants(
    *, export: ExportRequest, customers: Collection[UUID]
) -> None:
    """Have the file be there no longer than the first of the grants that opened it."""
    ends = CustomerUserObjectPermission.objects.filter(
        user=export.by, content_object__in=customers, permission__codename=EXPORT_ONE
    ).aggregate(first=Min("until"))
    if ends["first"] is not None and export.forget_at is not None:
        export.forget_at = min(export.forget_at, ends["first"])
        export.save(update_fields=["forget_at"])


def end_files_of(*, user: User, customer: Customer, now: dt.datetime) -> int:
    """End the files in which this customer stands in clear for this person, at once."""
    read = Reveal.objects.filter(by=user, customer=customer, field=EXPORT)
    told = CustomerEvent.objects.filter(
        customer=customer, kind=CustomerEventKind.EXPORTED, by=user
    )
    if not read.exists():
        return 0
    kept = ExportRequest.objects.filter(
        pk__in=told.values("about"), by=user, forget_at__gt=now,
        state__in=[ExportState.RUNNING, ExportState.READY],
    )  # fmt: skip
    return kept.update(forget_at=now)

"""After a restore: erase again whom the copy outside of the database names."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from customers.actions import erasure_copy
from customers.actions.erase import overwrite
from customers.models import Customer, ErasureLedger


@dataclass
class Replayed:
    """How many lines the copy has, how many people were erased again, what is wrong."""

    lines: int
    erased: int
    findings: list[str]


def replay(*, now: dt.datetime) -> Replayed:
    """Erase again everybody whom the copy names and the database still knows.

    One person a transaction, so that it can be broken off and begun again. Ledger rows
    that a restore took away are written anew.
    """
    held = erasure_copy.read()
    erased = sum(_again(row, now) for row in held.rows)
    return Replayed(len(held.rows), erased, held.findings)


@transaction.atomic
def _again(row: ErasureLedger, now: dt.datetime) -> bool:
    if not ErasureLedger.objects.filter(pk=row.pk).exists():
        row.save(force_insert=True)
    back = (
        Customer.objects.select_for_update()
        .filter(pk=row.customer_key, erased_at=None)
        .first()
    )
    if back is None:
        return False
    overwrite([back], by=None, now=now)
    return True

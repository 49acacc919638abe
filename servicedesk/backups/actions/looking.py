"""Look whether the good backups are still where they were put."""

import datetime as dt
import logging
from typing import Any

from django.db import transaction
from django.db.models import Q

from servicedesk.backups import errors
from servicedesk.backups.actions.notices import tell_failed
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.manifest import MANIFEST
from servicedesk.backups.models import Backup, BackupState, Destination
from servicedesk.backups.storages import storage_for

log = logging.getLogger(__name__)
_KNOWN = Q(state=BackupState.GOOD) | Q(state=BackupState.FAILED, error=errors.GONE)


def look_for_good_ones(*, now: dt.datetime) -> int:
    """Note which good backups are missing or shorter, and which are there again.

    How many changed. A place that does not answer says nothing; one that was not
    mounted for a while takes nothing from what it holds.
    """
    changed = 0
    for destination in Destination.values:
        rows = list(
            Backup.objects.filter(_KNOWN, destination=destination)
            .order_by("pk")
            .values_list("pk", "name", "state", "manifest__parts")
        )
        if rows:
            changed += _look(destination, rows, now)
    return changed


def _look(
    destination: str, rows: list[tuple[int, str, str, Any]], now: dt.datetime
) -> int:
    try:
        there = {one.name: one.size for one in storage_for(destination).list()}
    except BackupError as error:
        log.warning("The backups in %s cannot be looked at: %s", destination, error)
        return 0
    whole = {
        pk: f"{name}/{MANIFEST}" in there
        and all(there.get(f"{name}/{part['name']}") == part["size"] for part in parts)
        for pk, name, _state, parts in rows
    }
    good = {pk for pk, _name, state, _parts in rows if state == BackupState.GOOD}
    gone = sorted(pk for pk in good if not whole[pk])
    back = sorted(pk for pk in whole if whole[pk] and pk not in good)
    _note(gone, back, now)
    return len(gone) + len(back)


@transaction.atomic
def _note(gone: list[int], back: list[int], now: dt.datetime) -> None:
    """Change the rows; people are told once, of the newest that is missing."""
    for row in Backup.objects.select_for_update().filter(_KNOWN, pk__in=[*gone, *back]):
        row.state = BackupState.FAILED if row.pk in gone else BackupState.GOOD
        row.error = errors.GONE if row.pk in gone else ""
        # What is left of it is not ours to remove.
        row.swept = row.pk in gone
        row.save(update_fields=["state", "error", "swept"])
        tell(row)
        if gone and row.pk == gone[-1]:
            tell_failed(row, now=now)

"""Ask for a restore drill, take it, make it, and write down what came of it."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from servicedesk.backups import errors
from servicedesk.backups.actions.drill_notices import tell_drill_failed
from servicedesk.backups.actions.ending import lost
from servicedesk.backups.actions.runs import begin_anew, take, write_down
from servicedesk.backups.drill.run import Outcome, make_drill
from servicedesk.backups.errors import BackupError
from servicedesk.backups.live import tell
from servicedesk.backups.loading import identities_from
from servicedesk.backups.models import (
    Backup,
    BackupPlan,
    BackupState,
    Drill,
    DrillState,
)
from servicedesk.backups.plan import current_plan
from servicedesk.backups.pulse import LEASE, STOPPED, Clock, Pulse
from servicedesk.backups.storages import storage_for
from servicedesk.core.encryption.status import newest_backup
from servicedesk.core.errors import RuleError

log = logging.getLogger(__name__)
_DAY: Final = dt.timedelta(days=1)


@transaction.atomic
def ask_for_drill(
    *, by: AbstractBaseUser | None, now: dt.datetime, backup: Backup | None = None
) -> Drill:
    """Write down that a backup, by default the newest good one, shall be drilled now.

    Raises RuleError while another drill waits or runs, and where there is no backup.
    """
    if backup is not None and backup.state != BackupState.GOOD:
        raise RuleError(_("This backup is not there, so it cannot be put back."))
    if backup is None and not Backup.objects.good().exists():
        raise RuleError(_("There is no good backup yet that could be put back."))
    return write_down(
        Drill(
            backup=backup,
            asked_at=now,
            asked_by_id=by.pk if by else None,
            due_at=now,
        )
    )


@transaction.atomic
def ask_drill_by_plan(*, now: dt.datetime) -> Drill | None:
    """Write down the drill whose time has come; None if none has, or one is under way."""
    plan = current_plan(now=now, lock=True)
    slot = drill_slot(plan, now)
    if not plan.drill_on or slot < plan.since or not Backup.objects.good().exists():
        return None
    unfinished = Drill.objects.unfinished().exists()
    if unfinished or Drill.objects.filter(due_at=slot).exists():
        return None
    return write_down(Drill(asked_at=now, due_at=slot))


def drill_slot(plan: BackupPlan, now: dt.datetime) -> dt.datetime:
    """Return the newest time of the plan for drills that is not in the future."""
    zone = get_default_timezone()
    today = now.astimezone(zone).date()
    day = today - _DAY * ((today.weekday() - plan.drill_weekday) % 7)
    slot = dt.datetime.combine(day, plan.drill_at, tzinfo=zone).astimezone(dt.UTC)
    return slot if slot <= now else slot - 7 * _DAY


@transaction.atomic
def take_drill(*, holder: uuid.UUID, now: dt.datetime) -> Drill | None:
    """Take the drill that waits, and choose its backup; None if none waits."""
    found = take(Drill.objects.all(), holder=holder, now=now)
    if found is None:
        return None
    if found.backup_id is None:
        found.backup = Backup.objects.good().first()
    found.save()
    tell(found)
    return found


def run_drill(
    *,
    drill: Drill,
    holder: uuid.UUID,
    clock: Clock,
    identity: str = "",
    ending: Callable[[], bool] = lambda: False,
) -> None:
    """Make a drill that was taken. Whatever happens, its row says so afterwards.

    `ending` tells that this process has to go: then the next one begins it anew.
    """
    try:
        out = _make(drill, clock, identity, ending)
    except BackupError as error:
        out = Outcome(error=error.code, detail=error.detail)
    except Exception as error:
        log.exception("Drill %s failed", drill.pk)
        out = Outcome(error=errors.UNEXPECTED, detail=type(error).__name__)
    except BaseException:
        _end(drill.pk, holder, Outcome(error=errors.LOST), clock())
        raise
    _end(drill.pk, holder, out, clock())


def find_lost_drills(*, now: dt.datetime) -> int:
    """Give up the drill whose process has fallen silent; how many that were."""
    silent = Drill.objects.filter(state=DrillState.RUNNING, beat_at__lt=now - LEASE)
    found = list(silent.values_list("pk", "holder"))
    for pk, holder in found:
        _end(pk, holder, Outcome(error=errors.LOST), now)
    return len(found)


def _make(
    drill: Drill, clock: Clock, identity: str, ending: Callable[[], bool]
) -> Outcome:
    backup = drill.backup
    if backup is None:
        raise BackupError(errors.NOT_FOUND)
    with Pulse(run=drill, clock=clock, ending=ending) as pulse:
        return make_drill(
            storage=storage_for(backup.destination),
            name=backup.name,
            identities=identities_from(identity),
            now=clock(),
            digest=backup.digest,
            key_backup=newest_backup(),
            progress=pulse,
        )


@transaction.atomic
def _end(pk: int, holder: uuid.UUID | None, out: Outcome, now: dt.datetime) -> None:
    """Note what came of it, if the row is still this process's, and tell people."""
    row = Drill.objects.select_for_update().get(pk=pk)
    if row.holder != holder or row.state != DrillState.RUNNING:
        return
    if out.error == STOPPED and begin_anew(row):
        return
    if out.error in {STOPPED, errors.LOST}:
        out.error = lost(row).code
    row.state = DrillState.PROVEN if out.proven else DrillState.FAILED
    row.verdict, row.error, row.detail = out.verdict, out.error, out.detail[:300]
    row.findings = [{"code": each.code, **each.data} for each in out.findings]
    row.seconds, row.report = out.seconds, report_of(out)
    row.ended_at, row.holder, row.step = now, None, ""
    row.save()
    tell(row)
    if not out.proven and out.error != errors.CANCELLED:
        tell_drill_failed(row, now=now)


def report_of(out: Outcome) -> dict[str, Any]:
    """Return what is kept for inspectors: numbers and names of tables, no value."""
    said: dict[str, Any] = {
        "saved": out.saved.value,
        "recovery_seconds": out.total,
        "numbers": out.numbers,
    }
    manifest = out.manifest
    if manifest is None:
        return said
    return said | {
        "backup": manifest.name,
        "made_at": manifest.made_at.isoformat(),
        "app": manifest.app,
        "postgres": manifest.postgres,
        "size": manifest.size,
        "tables": len(manifest.tables),
        "rows": sum(each["rows"] for each in manifest.tables.values()),
        "files": manifest.files.count,
        "keys": [dict(key) for key in manifest.keys],
    }

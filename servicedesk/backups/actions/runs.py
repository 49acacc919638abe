"""What is done with a backup as with a drill: written down, taken, stopped."""

import datetime as dt
import uuid
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.backups import errors
from servicedesk.backups.live import tell
from servicedesk.backups.models import DUE, FAILED, RUNNING, Backup
from servicedesk.backups.models.run import R, Run, RunQuerySet
from servicedesk.core.errors import RuleError

MOST_TRIES: Final = 3


def write_down(run: R) -> R:
    """Write down that it is wanted. Raises RuleError while another one waits or runs."""
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        if f"{run._meta.model_name}_alone" not in str(error):
            raise
        if isinstance(run, Backup):
            said = _("A backup is under way already. Wait for it, or stop it.")
        else:
            said = _("A drill is under way already. Wait for it, or stop it.")
        raise RuleError(said) from error
    tell(run)
    return run


def begin_anew(run: Run) -> bool:
    """Let another process begin a run again whose own one has to go; tell whether it may.

    The row is locked. Not for ever, and not one that was asked to stop.
    """
    if run.tries >= MOST_TRIES or run.cancel_asked_at:
        return False
    run.state, run.holder, run.beat_at, run.step = DUE, None, None, ""
    run.save()
    tell(run)
    return True


def take(runs: RunQuerySet[R], *, holder: uuid.UUID, now: dt.datetime) -> R | None:
    """Lock the one that waits and note who is at it; the caller saves. None if none waits."""
    found = runs.select_for_update(skip_locked=True).filter(state=DUE).first()
    if found is None:
        return None
    found.state = RUNNING
    found.holder, found.beat_at, found.started_at = holder, now, now
    found.tries += 1
    found.step, found.done, found.total = "", 0, None
    return found


@transaction.atomic
def stop(*, run: R, by: AbstractBaseUser | None, now: dt.datetime) -> R:
    """Stop a run; nothing of it stays. Raises RuleError if it is over already.

    One that waits is over at once; whoever is at one that runs hears of it in seconds.
    """
    del by  # the audit log knows
    rows = type(run)._default_manager  # noqa: SLF001 - Django documents it
    locked = rows.select_for_update().get(pk=run.pk)
    if not locked.unfinished:
        if isinstance(run, Backup):
            raise RuleError(_("This backup is over already."))
        raise RuleError(_("This drill is over already."))
    locked.cancel_asked_at = locked.cancel_asked_at or now
    if locked.state == DUE:
        locked.state, locked.error = FAILED, errors.CANCELLED
        locked.ended_at = now
    locked.save(update_fields=["cancel_asked_at", "state", "error", "ended_at"])
    tell(locked)
    return locked

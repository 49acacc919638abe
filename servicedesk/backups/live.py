"""Tell open browsers about backups and drills, and who may listen."""

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser

from servicedesk.backups.models import Run
from servicedesk.core.access import may
from servicedesk.core.live.publish import publish

EVERY: Final = "backup:all"


def tell(run: Run, *, progress: bool = False) -> None:
    """Publish that a run changed; mere progress only to those who look at it."""
    kind = run._meta.model_name
    own = f"{kind}:{run.pk}"
    publish(
        channels=[own] if progress else [own, EVERY],
        kind=f"{kind}_changed",
        ref=str(run.pk),
    )


def readable_drills(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels of drills that the user may listen to: all or none."""
    return wanted if may(user, "backups.view_drill") else []


def readable_backups(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels that the user may listen to: all or none."""
    return wanted if may(user, "backups.view_backup") else []

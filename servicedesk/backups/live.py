"""Tell open browsers about backups, and who may listen."""

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser

from servicedesk.core.access import may
from servicedesk.core.live.publish import publish

EVERY: Final = "backup:all"


def tell(pk: int, *, progress: bool = False) -> None:
    """Publish that a backup changed; mere progress only to those who look at it."""
    channels = [f"backup:{pk}"] if progress else [f"backup:{pk}", EVERY]
    publish(channels=channels, kind="backup_changed", ref=str(pk))


def tell_drill(pk: int) -> None:
    """Publish that a drill changed."""
    publish(channels=[f"drill:{pk}", EVERY], kind="drill_changed", ref=str(pk))


def readable_drills(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels of drills that the user may listen to: all or none."""
    return wanted if may(user, "backups.view_drill") else []


def readable_backups(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels that the user may listen to: all or none."""
    return wanted if may(user, "backups.view_backup") else []

"""What people hear of backups: failed, too old, never proven, and who can open them."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.backups.models import Backup, Drill, Recipient
from servicedesk.backups.queries import holders
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind

FAILED: Final = "backups.failed"
LATE: Final = "backups.late"
DRILL_LATE: Final = "backups.drill_late"
RECIPIENTS: Final = "backups.recipients"
VIEW: Final = "backups.view_backup"
SYSTEM: Final = "system"


def register() -> None:
    """Register the kinds; from `ready()`. They cannot be switched off."""
    for key, title, sentence, url in (
        (FAILED, gettext_lazy("A backup has failed"), _failed, _backup),
        (LATE, gettext_lazy("The last good backup is too old"), _late, _page),
        (
            DRILL_LATE,
            gettext_lazy("The last proven restore is too old"),
            _drill_late,
            _page,
        ),
        (
            RECIPIENTS,
            gettext_lazy("Who can open the backups has changed"),
            _recipients,
            _page,
        ),
    ):
        register_kind(
            NotificationKind(
                key,
                title=title,
                sentence=sentence,
                url=url,
                way=Way.MAIL,
                fixed=True,
                permission=VIEW,
            )
        )


def tell_failed(backup: Backup, *, now: dt.datetime) -> None:
    """Tell of a backup that failed; inside its transaction."""
    notify(
        users=holders(VIEW),
        kind=FAILED,
        ref=str(backup.pk),
        key=f"{FAILED}:{backup.pk}",
        now=now,
    )


@transaction.atomic
def tell_late(last: Backup | None, *, now: dt.datetime) -> None:
    """Tell that the last good backup is too old: once for each last one."""
    number = last.pk if last is not None else 0
    notify(
        users=holders(VIEW),
        kind=LATE,
        ref=str(number) if number else SYSTEM,
        key=f"{LATE}:{number}",
        now=now,
    )


@transaction.atomic
def tell_drill_late(last: Drill | None, *, now: dt.datetime) -> None:
    """Tell that the last proven restore is too old: once for each last one."""
    number = last.pk if last is not None else 0
    notify(
        users=holders(VIEW),
        kind=DRILL_LATE,
        ref=str(number) if number else SYSTEM,
        key=f"{DRILL_LATE}:{number}",
        now=now,
    )


def tell_recipients(recipient: Recipient, *, by_id: int, now: dt.datetime) -> None:
    """Tell everybody else who sees backups that somebody can, or cannot, open them."""
    notify(
        users=set(holders(VIEW)) - {by_id},
        kind=RECIPIENTS,
        ref=str(recipient.pk),
        data={"by": by_id},
        key=f"{RECIPIENTS}:{recipient.pk}:{int(now.timestamp() * 1000)}",
        now=now,
    )


def _failed(row: Notification) -> str:
    return _("Backup %(number)s has failed.") % {"number": row.ref}


def _late(row: Notification) -> str:
    if row.ref == SYSTEM:
        return _("No backup has ever been made here.")
    return _("The last good backup, number %(number)s, is too old.") % {
        "number": row.ref
    }


def _drill_late(row: Notification) -> str:
    if row.ref == SYSTEM:
        return _("No restore of a backup has ever been proven.")
    return _("The last proven restore is too long ago.")


def _recipients(_row: Notification) -> str:
    return _("Who can open the backups has changed. Look whether that is right.")


def _backup(row: Notification) -> str:
    return reverse("backups:backup", args=[int(row.ref)])


def _page(_row: Notification) -> str:
    return reverse("backups:page")

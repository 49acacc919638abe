"""What people hear of drills: that one failed."""

import datetime as dt
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.backups.models import Drill
from servicedesk.backups.queries import holders
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind

DRILL_FAILED: Final = "backups.drill_failed"
VIEW_DRILL: Final = "backups.view_drill"


def register() -> None:
    """Register the kind; from `ready()`. It cannot be switched off."""
    register_kind(
        NotificationKind(
            DRILL_FAILED,
            title=gettext_lazy("A restore drill has failed"),
            sentence=_sentence,
            url=lambda row: reverse("backups:drill", args=[int(row.ref)]),
            way=Way.MAIL,
            fixed=True,
            permission=VIEW_DRILL,
        )
    )


def tell_drill_failed(drill: Drill, *, now: dt.datetime) -> None:
    """Tell of a drill that failed; inside its transaction."""
    notify(
        users=holders(VIEW_DRILL),
        kind=DRILL_FAILED,
        ref=str(drill.pk),
        key=f"{DRILL_FAILED}:{drill.pk}",
        now=now,
    )


def _sentence(row: Notification) -> str:
    return _(
        "Restore drill %(number)s has failed: look whether the backup would help."
    ) % {"number": row.ref}

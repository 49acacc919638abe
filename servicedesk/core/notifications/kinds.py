"""What the foundation itself notifies of: the end of long work, keys without a backup."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.jobs.registry import find_kind
from servicedesk.core.models import Job, JobState, Notification, Way
from servicedesk.core.notifications import mail
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.core.restoring import Restored, register_restore_step

DONE, FAILED = "core.job_done", "core.job_failed"
UNSAVED, UNSAVED_FOR = "core.key_unsaved", "core.view_keyrun"


def register() -> None:
    """Register them; from `ready()`."""
    register_kind(
        NotificationKind(
            DONE,
            title=gettext_lazy("Long work of mine is done"),
            sentence=_done,
            url=_address,
        )
    )
    register_kind(
        NotificationKind(
            FAILED,
            title=gettext_lazy("Long work of mine has failed"),
            sentence=_failed,
            url=_address,
            way=Way.MAIL,
        )
    )
    register_restore_step("core.notifications", hold_mail)
    register_kind(
        NotificationKind(
            UNSAVED,
            title=gettext_lazy("A key is in no backup of keys"),
            sentence=_unsaved,
            url=_keys,
            way=Way.MAIL,
            fixed=True,
            permission=UNSAVED_FOR,
        )
    )


def _done(row: Notification) -> str:
    return _("Done: %(title)s") % {"title": _title(row)}


def _failed(row: Notification) -> str:
    return _("Failed: %(title)s") % {"title": _title(row)}


def _unsaved(row: Notification) -> str:
    return _(
        "%(kind)s-%(version)s.key is in no backup of keys. If this machine is lost, "
        "so is what it seals."
    ) % {"kind": row.data.get("kind", ""), "version": row.data.get("version", "")}


def _keys(_row: Notification) -> str:
    return reverse("keys:page")


def hold_mail(restored: Restored) -> Mapping[str, int]:
    """After a restore: send no e-mail that may have been sent since the backup."""
    return {"held": mail.hold(why=restored.held_because)}


def tell_end(job: Job) -> None:
    """Let whoever started it hear that it is over; not of their own cancelling."""
    kind = {JobState.DONE: DONE, JobState.FAILED: FAILED}.get(JobState(job.state))
    if kind is None or job.by_id is None or job.ended_at is None:
        return
    notify(
        users=[job.by_id],
        kind=kind,
        ref=str(job.pk),
        data={"job": job.kind},
        key=f"{kind}:{job.pk}:{int(job.ended_at.timestamp())}",
        now=job.ended_at,
    )


def _title(row: Notification) -> str:
    name = str(row.data.get("job", ""))
    kind = find_kind(name)
    return str(kind.title) if kind else name


def _address(row: Notification) -> str:
    return reverse("jobs:job", args=[row.ref])

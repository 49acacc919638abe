"""Note down backups of keys and who opened them; tell of keys that none holds."""

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.escrow import Bundle
from servicedesk.core.encryption.keyfiles import key_files
from servicedesk.core.encryption.people import Person
from servicedesk.core.encryption.status import newest_backup, unsaved
from servicedesk.core.models import KeyBackup
from servicedesk.core.notifications.kinds import UNSAVED, UNSAVED_FOR
from servicedesk.core.notifications.notify import notify


@transaction.atomic
def record_key_backup(
    *,
    bundle: Bundle,
    name: str,
    digest: str,
    groups: tuple[Sequence[Person], Sequence[Person]],
    now: dt.datetime,
) -> KeyBackup:
    """Note down which keys a backup holds and for whom it is."""
    one, two = groups
    return KeyBackup.objects.create(
        made_at=now,
        name=name,
        digest=digest,
        marks=bundle.marks,
        group_one=[person.shown for person in one],
        group_two=[person.shown for person in two],
    )


@transaction.atomic
def record_key_proof(*, digest: str, now: dt.datetime) -> KeyBackup | None:
    """Note down that one of each group opened a backup; None if it is not known here."""
    found = KeyBackup.objects.select_for_update().filter(digest=digest).first()
    if found is not None:
        found.proved_at = now
        found.save(update_fields=["proved_at"])
    return found


@transaction.atomic
def tell_unsaved(*, now: dt.datetime) -> int:
    """Tell administrators, once for each key, that no backup of keys holds it."""
    try:
        missing = unsaved(key_files(), newest_backup())
    except (KeyMissing, OSError):
        return 0
    people = _administrators() if missing else []
    for file in missing:
        notify(
            users=people,
            kind=UNSAVED,
            ref=f"{file.kind}-{file.version}",
            data={"kind": file.kind, "version": file.version},
            key=f"{UNSAVED}:{file.kind}-{file.version}:{file.mark}",
            now=now,
        )
    return len(missing)


def _administrators() -> list[int]:
    """Return the ids of the active people who may see how the keys stand."""
    label, codename = UNSAVED_FOR.split(".")
    held = {"codename": codename, "content_type__app_label": label}
    allowed = Permission.objects.filter(**held)
    people = get_user_model().objects.filter(
        Q(groups__permissions__in=allowed) | Q(user_permissions__in=allowed),
        is_active=True,
    )
    return list(people.distinct().values_list("pk", flat=True))

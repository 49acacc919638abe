"""Write what the models' own signals cannot tell: that somebody looked."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from auditlog.cid import get_cid
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import transaction
from django.db.models import Model

from servicedesk.audit.batch import together
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.models import KeyRun

if TYPE_CHECKING:
    from servicedesk.staff.models import User

SAME_LOOK_SECONDS: Final = 600
_OPEN_SECONDS: Final = 12 * 3600  # as long as a session lasts


@transaction.atomic
def record_access(
    *,
    instance: Model,
    by: "User",
    purpose: str,
    now: dt.datetime,
    fields: tuple[str, ...] = (),
) -> LogEntry:
    """Log that `by` read `fields` of `instance` for a purpose; never the values."""
    entry: LogEntry = LogEntry.objects.log_create(
        instance,
        force_log=True,
        action=Kind.REVEAL,
        actor=by,
        actor_email=by.email,
        timestamp=now,
        changes=None,
        additional_data={"purpose": str(purpose), "fields": list(fields)},
    )
    return entry


def record_view(
    *,
    instance: Model,
    by: "User",
    now: dt.datetime,
    fields: tuple[str, ...] = (),
    refresh: bool = False,
) -> bool:
    """Log that `by` opened the page of `instance`; whether that is a new entry.

    Looking again within ten minutes is the same look, and so is a `refresh` of a page
    that was opened today: who says so of a page that was not is logged all the same.
    One insert and no query: who looked when is remembered by the cache, and while that
    is away each look is logged.
    """
    key = f"audit:look:{by.pk}:{instance._meta.label_lower}:{instance.pk}"
    if refresh and not cache.add(f"{key}:open", 1, _OPEN_SECONDS):
        return False
    if not refresh:
        if not cache.add(key, 1, SAME_LOOK_SECONDS):
            return False
        cache.set(f"{key}:open", 1, _OPEN_SECONDS)
    _look(instance, by, now, fields)
    return True


def record_found(
    *, search: Model, shown: Sequence[Model], by: "User", now: dt.datetime
) -> int:
    """Log a search and of what a stretch was shown in its results; how many entries.

    Never the words: they may be a customer's name. Seeing it again in results within
    ten minutes is the same look, and no look at the page of the thing itself. One
    insert, whatever the number.
    """
    seen = [(search, ("words",)), *((each, ("search result",)) for each in shown)]
    keys = [
        f"audit:found:{by.pk}:{each._meta.label_lower}:{each.pk}" for each, _ in seen
    ]
    known = cache.get_many(keys)
    new = [one for key, one in zip(keys, seen, strict=True) if key not in known]
    if new:
        with together():
            for instance, fields in new:
                _look(instance, by, now, fields)
        cache.set_many(dict.fromkeys(keys, 1), SAME_LOOK_SECONDS)
    return len(new)


def record_download(*, instance: Model, by: "User", now: dt.datetime) -> None:
    """Log that `by` downloaded a file; each time."""
    _look(instance, by, now, ("file",))


def _look(
    instance: Model, by: "User", now: dt.datetime, fields: tuple[str, ...]
) -> None:
    LogEntry.objects.log_create(
        instance,
        force_log=True,
        action=Kind.ACCESS,
        actor=by,
        timestamp=now,
        additional_data={"fields": list(fields)} if fields else None,
    )


def record_export(
    *,
    model: type[Model],
    count: int,
    purpose: str,
    by: "User",
    now: dt.datetime,
    filters: Mapping[str, str] | None = None,
) -> LogEntry:
    """Log that `by` took `count` rows of a model out of the system, and what for.

    `filters` says which, in terms that name no customer.
    """
    entry: LogEntry = LogEntry.objects.create(
        action=Kind.EXPORT,
        content_type=ContentType.objects.get_for_model(model),
        actor=by,
        actor_email=by.email,
        timestamp=now,
        cid=get_cid(),
        additional_data={
            "count": count,
            "purpose": str(purpose),
            "filters": dict(filters or {}),
        },
    )
    return entry


def record_import(*, batch: Model, count: int, by: "User", now: dt.datetime) -> None:
    """Log that `by` brought `count` rows in with an import; each has its history row."""
    LogEntry.objects.log_create(
        batch,
        force_log=True,
        action=Kind.UPDATE,
        actor=by,
        timestamp=now,
        additional_data={"imported": count},
    )


def record_import_check(
    *, batch: Model, known: int, by: "User", now: dt.datetime
) -> None:
    """Log that `by` had a file compared with the records, and how many it met there."""
    LogEntry.objects.create(
        action=Kind.ACCESS,
        content_type=ContentType.objects.get(app_label="customers", model="customer"),
        actor=by,
        timestamp=now,
        cid=get_cid(),
        additional_data={"compared with": str(batch.pk), "known": known},
    )


def record_search(
    *, asked: Mapping[str, str], by: "User", now: dt.datetime
) -> LogEntry:
    """Log that `by` looked at the audit log, and what for."""
    entry: LogEntry = LogEntry.objects.create(
        action=Kind.AUDIT,
        content_type=ContentType.objects.get_for_model(LogEntry),
        actor=by,
        timestamp=now,
        cid=get_cid(),
        additional_data={"asked": dict(asked)},
    )
    return entry


def record_lookup(
    *,
    model: type[Model],
    instance: Model | None,
    ways: Sequence[str],
    found: int,
    by: "User",
    now: dt.datetime,
) -> None:
    """Log that `by` looked for a row of a model: in which ways, never the words.

    `instance` is a row that was found and may not be seen.
    """
    about: dict[str, Any] = {"action": Kind.ACCESS, "actor": by, "timestamp": now}
    about["additional_data"] = {"searched by": list(ways), "found": found}
    if instance is not None:
        LogEntry.objects.log_create(instance, force_log=True, **about)
        return
    about["content_type"] = ContentType.objects.get_for_model(model)
    LogEntry.objects.create(**about, cid=get_cid())


def record_refusal(
    *,
    page: str,
    status: int,
    named: Mapping[str, str],
    now: dt.datetime,
    instance: Model | None = None,
) -> None:
    """Log that somebody was refused: which page by name, which object; never a path."""
    about: dict[str, Any] = {"action": Kind.REFUSAL, "timestamp": now}
    about["additional_data"] = {"page": page, "status": status, **named}
    if instance is not None:
        LogEntry.objects.log_create(instance, force_log=True, **about)
    else:
        LogEntry.objects.create(**about, cid=get_cid())


def record_account(
    *,
    kind: Kind,
    account: "User | None",
    now: dt.datetime,
    by: "User | None" = None,
    typed: str = "",
    details: Mapping[str, str] | None = None,
) -> None:
    """Log what happened to an account: signing in and out, its factors, its password.

    `typed` is what a stranger gave for a name. Where it is nobody's, only a keyed hash
    is kept: people type their passwords there.
    """
    about: dict[str, Any] = {"action": kind, "timestamp": now, "actor": by}
    about["additional_data"] = dict(details) if details else None
    if account is not None:
        LogEntry.objects.log_create(account, force_log=True, **about)
        return
    mark = keyring().mac(max(keyring().index_versions), "audit.typed", typed.encode())
    about["additional_data"] = {"typed": mark[:8].hex()}
    LogEntry.objects.create(**about, cid=get_cid())


def record_change(
    *,
    instance: Model,
    changes: Mapping[str, tuple[str, str]],
    words: str,
    now: dt.datetime,
) -> None:
    """Log a change of a model that is not followed by itself, under these words."""
    LogEntry.objects.log_create(
        instance,
        action=Kind.UPDATE,
        changes=dict(changes),
        object_repr=words,
        timestamp=now,
    )


def record_key(*, name: str, change: str, given_up: int, now: dt.datetime) -> None:
    """Log what was done to a key file, and how many values were given up with it."""
    LogEntry.objects.create(
        action=Kind.UPDATE,
        content_type=ContentType.objects.get_for_model(KeyRun),
        object_repr=name,
        timestamp=now,
        cid=get_cid(),
        additional_data={"change": change, "given_up": given_up},
    )


def record_rollback_accepted(*, now: dt.datetime) -> LogEntry:
    """Log that somebody took it upon them that the database was set back."""
    entry: LogEntry = LogEntry.objects.create(
        action=Kind.AUDIT,
        timestamp=now,
        cid=get_cid(),
        object_repr="rollback accepted",
    )
    return entry


def record_restored(*, backup: str, made_at: dt.datetime, now: dt.datetime) -> LogEntry:
    """Log that this database was put back from a backup: what came after it is not here."""
    entry: LogEntry = LogEntry.objects.create(
        action=Kind.AUDIT,
        timestamp=now,
        cid=get_cid(),
        object_repr="restored from a backup",
        additional_data={"backup": backup, "made_at": made_at.isoformat()},
    )
    return entry

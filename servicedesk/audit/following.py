"""Write down what a followed model's signals tell: created, changed field by field, deleted."""

import datetime as dt
import json
from functools import cache
from typing import Any, Final, NamedTuple

from auditlog.context import auditlog_disabled
from auditlog.registry import auditlog
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_save

from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.encryption.sealed import MARK

NOTHING: Final = "None"
_BEFORE: Final = "_audit_before"
Changes = dict[str, tuple[str, str]]


class _Followed(NamedTuple):
    field: "models.Field[Any, Any]"
    masked: bool


def connect() -> None:
    """Have the registry connect these receivers in place of the library's.

    Those look at reverse relations too, which costs queries and says nothing.
    """
    auditlog._signals.update(  # noqa: SLF001 - its `custom` argument does the same
        {post_save: created, pre_save: changed, post_delete: deleted}
    )


def remember(instance: models.Model) -> None:
    """Spare the next save its look at the row as it was.

    Only for a row that this transaction has locked and just read: what the object
    holds now is written down as what was before.
    """
    # Only what is in the object: a copy made by the model's own way would seal anew.
    copy = object.__new__(type(instance))
    copy.__dict__.update(instance.__dict__)
    copy.__dict__.pop(_BEFORE, None)
    setattr(instance, _BEFORE, copy)


def created(
    sender: type[models.Model],
    instance: models.Model,
    created: bool,  # noqa: FBT001 - the signal's
    **_kwargs: Any,
) -> None:
    """Log a row that was made."""
    if hasattr(instance, _BEFORE):
        remember(instance)
    if created and not auditlog_disabled.get():
        _log(Kind.CREATE, instance, _changes(sender, None, instance))


def changed(
    sender: type[models.Model],
    instance: models.Model,
    update_fields: frozenset[str] | None = None,
    **_kwargs: Any,
) -> None:
    """Log what a save is about to change, unless nothing that is followed changes."""
    if instance._state.adding or instance.pk is None or auditlog_disabled.get():  # noqa: SLF001 - Django documents it
        return
    if update_fields is not None and not _wanted(sender, update_fields):
        return
    old = getattr(instance, _BEFORE, None)
    if old is None:
        rows = sender._base_manager  # noqa: SLF001 - Django documents it
        old = rows.filter(pk=instance.pk).order_by().first()
    _log(Kind.UPDATE, instance, _changes(sender, old, instance, update_fields))


def deleted(sender: type[models.Model], instance: models.Model, **_kwargs: Any) -> None:
    """Log a row that was deleted, with what it held."""
    if instance.pk is not None and not auditlog_disabled.get():
        _log(Kind.DELETE, instance, _changes(sender, instance, None))


def _log(kind: Kind, instance: models.Model, changes: Changes) -> None:
    if changes:
        LogEntry.objects.log_create(instance, action=kind, changes=changes)


def _changes(
    model: type[models.Model],
    old: models.Model | None,
    new: models.Model | None,
    update_fields: frozenset[str] | None = None,
) -> Changes:
    found: Changes = {}
    for field, masked in _wanted(model, update_fields):
        before, after = _text(field, old), _text(field, new)
        if before != after:
            found[field.name] = (MARK, MARK) if masked else (before, after)
    return found


def _wanted(
    model: type[models.Model], names: frozenset[str] | None
) -> tuple[_Followed, ...]:
    fields = _followed(model)
    if names is None:
        return fields
    return tuple(
        each
        for each in fields
        if each.field.name in names or each.field.attname in names
    )


@cache
def _followed(model: type[models.Model]) -> tuple[_Followed, ...]:
    options = auditlog.get_model_fields(model)
    return tuple(
        _Followed(field, field.name in options["mask_fields"])
        for field in model._meta.concrete_fields
        if field.name not in options["exclude_fields"]
    )


def _text(field: "models.Field[Any, Any]", instance: models.Model | None) -> str:
    if instance is None:
        return NOTHING
    value = getattr(instance, field.attname)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    elif isinstance(field, models.JSONField) and value is not None:
        return json.dumps(value, sort_keys=True, cls=field.encoder)
    return str(value)

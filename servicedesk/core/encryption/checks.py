"""System checks against sealed fields that would lose, leak or not find their data."""

import stat
from collections.abc import Iterator, Sequence
from typing import Any

from auditlog.registry import auditlog
from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import models

from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.keys import keys_folder, read_ring
from servicedesk.core.encryption.normalise import NORMALISERS

Model = type[models.Model]
AnySealed = SealedTextField[Any, Any]
AnyIndex = BlindIndexField[Any, Any]
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def sealed_fields(model: Model) -> list[AnySealed]:
    """Return the sealed fields that the model itself declares."""
    return [f for f in model._meta.local_fields if isinstance(f, SealedTextField)]


def blind_index_fields(model: Model) -> list[AnyIndex]:
    """Return the blind indexes that the model itself declares."""
    return [f for f in model._meta.local_fields if isinstance(f, BlindIndexField)]


def _models(app_configs: Sequence[AppConfig] | None) -> Iterator[Model]:
    for config in app_configs if app_configs is not None else apps.get_app_configs():
        yield from (m for m in config.get_models() if not m._meta.proxy)


@register(Tags.models)
def check_labels(
    app_configs: Sequence[AppConfig] | None, **_kwargs: object
) -> list[CheckMessage]:
    """Let a label belong to one field: else values could be swapped unnoticed."""
    found: list[CheckMessage] = []
    owner: dict[str, AnySealed] = {}
    for model in _models(app_configs):
        for field in sealed_fields(model):
            if not field.label:
                found.append(
                    Error("The label is empty.", obj=field, id="encryption.E001")
                )
            elif field.label in owner:
                message = f"The label {field.label} belongs to {owner[field.label]}."
                found.append(Error(message, obj=field, id="encryption.E002"))
            owner.setdefault(field.label, field)
    return found


@register(Tags.models)
def check_models(
    app_configs: Sequence[AppConfig] | None, **_kwargs: object
) -> list[CheckMessage]:
    """Ask for row keys before the insert, and no order or index over ciphertext."""
    found: list[CheckMessage] = []
    for model in _models(app_configs):
        if sealed_fields(model):
            found += _check_key(model)
            found += _check_use(model)
        for index in blind_index_fields(model):
            found += _check_index(model, index)
    return found


def _check_key(model: Model) -> list[CheckMessage]:
    pk = model._meta.pk
    made_in_python = isinstance(pk, models.UUIDField) and pk.has_default()
    found: list[CheckMessage] = []
    if not made_in_python and not pk.is_relation:
        found.append(
            Error(
                "A model with sealed fields needs a primary key that is known before "
                "the insert: UUIDField(primary_key=True, default=uuid7).",
                obj=model,
                id="encryption.E003",
            )
        )
    names = [field.attname for field in model._meta.concrete_fields]
    first = min(names.index(field.attname) for field in sealed_fields(model))
    if not pk.is_relation and names.index(pk.attname) > first:
        found.append(
            Error(
                "The primary key must be declared before the sealed fields, "
                "which are bound to it while the object is built.",
                obj=model,
                id="encryption.E004",
            )
        )
    return found


def _names_in(model: Model) -> set[str]:
    """Return the fields by which the model is ordered, indexed or held unique."""
    meta = model._meta
    names = [o.lstrip("-") for o in meta.ordering or () if isinstance(o, str)]
    for index in meta.indexes:
        names += [n.lstrip("-") for n in index.fields] + list(index.include)
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            names += [*constraint.fields, *getattr(constraint, "include", ())]
    for together in meta.unique_together:
        names += together
    return set(names)


def _check_use(model: Model) -> list[CheckMessage]:
    used = _names_in(model)
    return [
        Error(
            f"{field.name} is encrypted: the database cannot order, index or compare it.",
            hint="Use a BlindIndexField beside it.",
            obj=model,
            id="encryption.E005",
        )
        for field in sealed_fields(model)
        if field.name in used or field.unique or getattr(field, "db_index", False)
    ]


def _check_index(model: Model, index: AnyIndex) -> list[CheckMessage]:
    names = {field.name for field in model._meta.get_fields()}
    found: list[CheckMessage] = []
    if index.sealed_source is None:
        message = f"The source {index.source} is not a sealed field of this model."
        found.append(Error(message, obj=index, id="encryption.E006"))
    if index.normalise_with and index.normalise_with not in names:
        message = f"normalise_with: there is no field {index.normalise_with}."
        found.append(Error(message, obj=index, id="encryption.E007"))
    if isinstance(index.normalise, str) and index.normalise not in NORMALISERS:
        message = f"There is no normaliser {index.normalise}."
        found.append(Error(message, obj=index, id="encryption.E007"))
    return found


@register(Tags.models)
def check_audit(
    app_configs: Sequence[AppConfig] | None, **_kwargs: object
) -> list[CheckMessage]:
    """Keep out of the audit log what the columns hide."""
    found: list[CheckMessage] = []
    for model in _models(app_configs):
        if not auditlog.contains(model):
            continue
        options = auditlog.get_model_fields(model)
        hidden = {*options["mask_fields"], *options["exclude_fields"]}
        found += [
            Error(
                f"{field.name} would stand in clear in the audit log: mask it.",
                obj=model,
                id="encryption.E008",
            )
            for field in model._meta.concrete_fields
            if isinstance(field, (SealedTextField, BlindIndexField))
            and field.name not in hidden
        ]
    return found


@register(Tags.security, deploy=True)
def check_keys(**_kwargs: object) -> list[CheckMessage]:
    """Ask that keys are there, whole, and nobody else's to read."""
    try:
        folder = keys_folder()
        read_ring(folder)
    except KeyMissing as error:
        return [Error(str(error), id="encryption.E009")]
    except OSError as error:
        return [Error(f"The keys cannot be read: {error}", id="encryption.E009")]
    return [
        Error(f"Others may open {path}: chmod go-rwx.", id="encryption.E010")
        for path in (folder, *sorted(folder.glob("*.key")))
        if path.stat().st_mode & _OTHERS
    ]


@register(Tags.security)
def check_key_folder(**_kwargs: object) -> list[CheckMessage]:
    """Warn early, on a desk too, when everybody may read the keys."""
    try:
        folder = keys_folder()
        open_to_all = [
            path
            for path in (folder, *sorted(folder.glob("*.key")))
            if path.stat().st_mode & stat.S_IRWXO
        ]
    except (KeyMissing, OSError):
        return []
    return [
        Warning(f"Everybody may open {path}: chmod go-rwx.", id="encryption.W001")
        for path in open_to_all
    ]

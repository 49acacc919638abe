"""Which models the audit log follows, and what it must not write down."""

from auditlog.registry import auditlog
from django.apps import apps
from django.db import models

from servicedesk.audit import following
from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.sealed import MARK

LABELS = frozenset(
    {
        "core",
        "staff",
        "backups",
        "customers",
        "tickets",
        "knowledge",
        "equipment",
        "training",
        "complaints",
        "quality",
    }
)
# A hash is a secret, and a login is logged as a login.
NEVER_LOGGED = ("password", "last_login")


def mask(_value: str) -> str:
    """Return the fixed mark; neither length nor part of the value shows."""
    return MARK


def register_all() -> None:
    """Register every concrete model of ours that does not say why it is left out.

    A model opts out by a class attribute: `audit_skip = "is itself a history row"`.
    """
    following.connect()
    for model in apps.get_models():
        if model._meta.app_label in LABELS:
            register_model(model)
    # Django's own: what a role may do is what all of its people may do.
    register_model(apps.get_model("auth", "Group"))


def register_model(model: type[models.Model]) -> None:
    """Register one model, with all its sealed fields and indexes masked."""
    meta = model._meta
    # A proxy's signals have the proxy for sender, so it is registered like the rest.
    if not meta.managed or hasattr(model, "audit_skip") or auditlog.contains(model):
        return
    auditlog.register(
        model,
        exclude_fields=[f.name for f in meta.fields if _left_out(f)],
        mask_fields=[f.name for f in meta.fields if _masked(model, f)],
        mask_callable=f"{__name__}.{mask.__name__}",
        m2m_fields={f.name for f in meta.many_to_many},
    )


def _left_out(field: "models.Field[object, object]") -> bool:
    # A blind index follows from the sealed value beside it, whose change is logged.
    return field.name in NEVER_LOGGED or isinstance(field, BlindIndexField)


def _masked(model: type[models.Model], field: "models.Field[object, object]") -> bool:
    # `audit_mask` names what is not sealed, but carries customers' own words.
    said = field.name in getattr(model, "audit_mask", ())
    return said or isinstance(field, SealedTextField)

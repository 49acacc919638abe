"""Bring a row's values under the present keys."""

from django.db.models import Model

from servicedesk.core.encryption.envelope import key_version
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.sealed import Sealed


def reseal(row: Model) -> list[str]:
    """Seal anew, in memory, what an older key sealed; return the names of the fields.

    The caller saves them: `row.save(update_fields=reseal(row))`, on a locked row. What
    is not loaded, or cannot be read, stays as it is.
    """
    changed = []
    primary = keyring().primary
    for field in row._meta.concrete_fields:
        if not isinstance(field, SealedTextField) or field.attname not in row.__dict__:
            continue
        readable = not isinstance(getattr(row, field.attname), Unreadable)
        held = row.__dict__[field.attname]
        if not readable or not isinstance(held, Sealed) or held.pk is None:
            continue
        if key_version(held.envelope) != primary:
            row.__dict__[field.attname] = held.moved(held.pk)
            changed.append(field.name)
    return changed

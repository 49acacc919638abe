"""The mask matrix: every role by every field, and the state that somebody looked at."""

from collections.abc import Iterable
from hashlib import sha256

from customers.models import Field, MaskRule, Mode
from servicedesk.staff.models import Role


def rules() -> dict[tuple[int, str], MaskRule]:
    """Return all rules by role and field."""
    return {(rule.role_id, rule.field): rule for rule in MaskRule.objects.all()}


def roles() -> list[Role]:
    """Return the roles, as they were made."""
    return list(Role.objects.order_by("pk"))


def state_of(rows: Iterable[MaskRule]) -> str:
    """Return a mark of the whole matrix: another one after every change."""
    cells = sorted(
        (rule.role_id, rule.field, rule.mode)
        for rule in rows
        if rule.mode != Mode.HIDDEN
    )
    return sha256(repr(cells).encode()).hexdigest()


def offered(field: Field) -> list[Mode]:
    """Return what may be chosen for a field: payment accounts are masked at most."""
    return [mode for mode in Mode if field != Field.ACCOUNT or mode <= Mode.MASKED]

"""Save the mask matrix: what shows less at once, what shows more by two people."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import notices
from customers.actions.by_two import decide
from customers.models import ChangeState, Field, MaskChange, MaskRule, Mode
from customers.queries.mask_matrix import state_of
from servicedesk.audit.batch import together
from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.by_two import waiting
from servicedesk.staff.models import Role, User

Cell = tuple[int, str]
"""The id of a role, and a field."""
_Rules = dict[Cell, MaskRule]


@dataclass(frozen=True)
class Saved:
    """What came of saving: how many rules hold now, and how many wait for another."""

    changed: int
    waiting: int


@transaction.atomic
@together()
def save_matrix(
    *, modes: Mapping[Cell, Mode], seen: str, by: User, now: dt.datetime
) -> Saved:
    """Set what roles see; `seen` is the state that the person looked at.

    What shows less holds at once. What shows more waits until another person confirms
    it; whatever waited for one of these rules before waits no longer. Raises RuleError
    if somebody changed the matrix meanwhile, or an account would be readable by role.
    """
    rules = _locked()
    if state_of(rules.values()) != seen:
        raise RuleError(
            _("Somebody has changed the matrix meanwhile. Look at it once more.")
        )
    changed = {cell: mode for cell, mode in modes.items() if mode != _mode(rules, cell)}
    more = {cell for cell, mode in changed.items() if mode > _mode(rules, cell)}
    _refuse(changed, more, by)
    keys = dict(Role.objects.values_list("pk", "key"))
    _supersede({_name(keys, cell) for cell in changed}, by, now)
    for cells in (changed.keys() - more, more):
        if cells:
            _write(rules, keys, {each: changed[each] for each in cells}, by, now)
    return Saved(len(changed) - len(more), len(more))


@transaction.atomic
@together()
def confirm_masks(*, change: MaskChange, by: User, now: dt.datetime) -> MaskChange:
    """Put in force what another asked for.

    Raises RuleError for one's own, and where a rule is no longer what it was then.
    """
    rules = _locked()
    held = waiting(change, now=now)
    if held.by_id == by.pk:
        raise RuleError(_("Another person has to confirm what shows more."))
    roles = dict(Role.objects.values_list("key", "pk"))
    wanted: dict[Cell, Mode] = {}
    for name, mode in held.values.items():
        key, _colon, field = name.partition(":")
        cell = (roles.get(key, 0), field)
        if not cell[0] or _mode(rules, cell) != held.before[name]:
            raise RuleError(_("The matrix has changed since. Decline this, ask anew."))
        wanted[cell] = Mode(mode)
    _apply(rules, wanted)
    decide(held, ChangeState.IN_FORCE, by=by, now=now)
    return held


@transaction.atomic
@together()
def drop_masks(*, change: MaskChange, by: User, now: dt.datetime) -> MaskChange:
    """Decline what waits, or withdraw one's own; the matrix stays as it is."""
    _locked()
    held = waiting(change, now=now)
    decide(held, ChangeState.DROPPED, by=by, now=now)
    return held


def _locked() -> _Rules:
    rows = MaskRule.objects.select_for_update().order_by("pk")
    return {(rule.role_id, rule.field): rule for rule in rows}


def _mode(rules: _Rules, cell: Cell) -> int:
    return rules[cell].mode if cell in rules else Mode.HIDDEN


def _name(keys: Mapping[int, str], cell: Cell) -> str:
    return f"{keys[cell[0]]}:{cell[1]}"


def _refuse(changed: Mapping[Cell, Mode], more: set[Cell], by: User) -> None:
    if any(
        field == Field.ACCOUNT and mode > Mode.MASKED
        for (_role, field), mode in changed.items()
    ):
        raise RuleError(_("Payment accounts open by an access grant only."))
    own = set(Role.objects.filter(group__user=by).values_list("pk", flat=True))
    if own & {role for role, _field in more}:
        raise RuleError(
            _("You cannot let your own role see more. Somebody else has to do it.")
        )


def _supersede(names: set[str], by: User, now: dt.datetime) -> None:
    rows = MaskChange.objects.select_for_update(of=("self",))
    for held in rows.filter(state=ChangeState.WAITING).order_by("pk"):
        if names & set(held.values):
            decide(held, ChangeState.DROPPED, by=by, now=now)


def _write(
    rules: _Rules,
    keys: Mapping[int, str],
    cells: Mapping[Cell, Mode],
    by: User,
    now: dt.datetime,
) -> None:
    """Write one change down; put it in force where it shows less."""
    raises = any(mode > _mode(rules, cell) for cell, mode in cells.items())
    ordered = sorted(cells)
    change = MaskChange.objects.create(
        before={_name(keys, cell): int(_mode(rules, cell)) for cell in ordered},
        values={_name(keys, cell): int(cells[cell]) for cell in ordered},
        raises=raises,
        state=ChangeState.WAITING if raises else ChangeState.IN_FORCE,
        by=by,
        at=now,
    )
    if not raises:
        _apply(rules, cells)
    notices.tell_change(change, now=now)


def _apply(rules: _Rules, cells: Mapping[Cell, Mode]) -> None:
    for (role, field), mode in cells.items():
        blank = MaskRule(role_id=role, field=field)
        rule = rules.get((role, field)) or blank
        rule.mode = mode
        rule.save()

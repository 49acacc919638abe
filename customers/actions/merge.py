"""Make two records of one customer one, and undo it."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from customers.actions import merged_duties
from customers.actions.history import write_for
from customers.actions.hold import hold_both, refuse_what_is_over
from customers.actions.moving_rows import BACK, OVER
from customers.models import Customer, CustomerEventKind, CustomerMerge
from customers.signals import customers_merged, customers_unmerged
from servicedesk.audit.batch import together
from servicedesk.core.encryption.errors import KeyMissing, Unreadable, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from servicedesk.staff.queries import team_ids

CHOSEN = (
    "name", "kind", "language", "channel", "city", "address", "id_number", "notes",
)  # fmt: skip
"""The fields of which one chooses from which record they stay."""
BESIDE = {"name": "name_index", "id_number": "id_number_index"}


@transaction.atomic
@together()
def merge_customers(
    *,
    kept: Customer,
    gone: Customer,
    take: Mapping[str, str],
    by: User,
    now: dt.datetime,
) -> CustomerMerge:
    """Move all that is `gone`'s to `kept`, and have `gone` lead there from now on.

    `take` says for a field "gone" or (for notes) "both"; the others stay as `kept` has
    them. What came from where is kept. Raises RuleError if one of them was merged or
    erased meanwhile, where a value cannot be read, or while keys are missing.
    """
    kept, gone = _both(kept, gone)
    for each in (kept, gone):
        refuse_what_is_over(each)
    if not {kept.team_id, gone.team_id} <= team_ids(by):
        # Else an hour's sight of another team's customer could be made one for ever.
        raise RuleError(
            _("Both records have to belong to your teams. Ask the other team to do it.")
        )
    replaced = _taken(kept, gone, take)
    moved = _move(OVER, kept, gone)
    moved |= merged_duties.follow(kept=kept, gone=gone, by=by, now=now)
    for _receiver, answer in customers_merged.send(
        CustomerMerge, kept=kept, gone=gone, by=by, now=now
    ):
        if answer is not None:
            name, keys = cast("tuple[str, Iterable[object]]", answer)
            moved[name] = [str(key) for key in keys]
    try:
        merge = _write_down(kept, gone, moved, replaced, by=by, now=now)
    except KeyMissing as error:
        raise RuleError(cannot_seal()) from error
    write_for(
        (kept, gone), CustomerEventKind.MERGED, by=by, now=now,
        fields=replaced, about=merge.pk,
    )  # fmt: skip
    return merge


@transaction.atomic
@together()
def undo_merge(*, merge: CustomerMerge, by: User, now: dt.datetime) -> Customer:
    """Give each row back to where it came from; return the record that is back.

    What was removed or moved on since stays as it is, and so does a field that was
    changed since. Raises RuleError if it was undone already, if one of the two was
    erased, while the record that stayed is itself merged into another, or for a guest.
    """
    kept, gone = _both(merge.kept, merge.gone)
    held = CustomerMerge.objects.select_for_update().get(pk=merge.pk)
    if held.undone_at is not None:
        raise RuleError(_("This merge was undone already."))
    refuse_what_is_over(kept)
    if not {kept.team_id, gone.team_id} <= team_ids(by):
        raise RuleError(
            _("Both records have to belong to your teams. Ask the other team to do it.")
        )
    if gone.erased_at is not None:
        raise RuleError(_("One of the two records was erased. It cannot come back."))
    gone.merged_into = None
    gone.save(update_fields=["merged_into"])
    _move(BACK, kept, gone, held.moved)
    merged_duties.go_back(kept=kept, gone=gone, moved=held.moved)
    customers_unmerged.send(
        CustomerMerge, kept=kept, gone=gone, moved=held.moved, by=by, now=now
    )
    fields = _give_back(kept, held)
    held.undone_at, held.undone_by = now, by
    # What the record had before is with it again, or no longer wanted.
    held.replaced = None
    held.save(update_fields=["undone_at", "undone_by", "replaced"])
    write_for(
        (kept, gone), CustomerEventKind.UNMERGED, by=by, now=now,
        fields=fields, about=held.pk,
    )  # fmt: skip
    return gone


def _both(kept: Customer, gone: Customer) -> tuple[Customer, Customer]:
    """Lock both records, which must be two."""
    if kept.pk == gone.pk:
        raise RuleError(_("These are not two records, but one."))
    return hold_both(kept, gone)


def _taken(
    kept: Customer, gone: Customer, take: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Set what `kept` gets from `gone`; return before and after of each such field."""
    replaced = {}
    for field, how in take.items():
        before, other = getattr(kept, field), getattr(gone, field)
        if isinstance(before, Unreadable) or isinstance(other, Unreadable):
            raise RuleError(
                _("A value that cannot be read can neither be taken nor replaced.")
            )
        after = other
        if how == "both" and before and other:
            after = f"{before}\n{other}"
        if after != before:
            setattr(kept, field, after)
            replaced[field] = {"before": before, "after": after}
    return replaced


def _write_down(
    kept: Customer,
    gone: Customer,
    moved: dict[str, list[str]],
    replaced: dict[str, dict[str, Any]],
    *,
    by: User,
    now: dt.datetime,
) -> CustomerMerge:
    if replaced:
        kept.save(update_fields=_with_indexes(replaced))
    gone.merged_into = kept
    gone.save(update_fields=["merged_into"])
    try:
        return CustomerMerge.objects.create(
            kept=kept,
            gone=gone,
            by=by,
            at=now,
            moved=moved,
            replaced=json.dumps(replaced, ensure_ascii=False) if replaced else None,
        )
    except IntegrityError:
        raise RuleError(_("This record was merged already.")) from None


def _with_indexes(fields: Mapping[str, Any]) -> list[str]:
    return sorted({*fields, *(BESIDE[each] for each in fields if each in BESIDE)})


def _give_back(kept: Customer, merge: CustomerMerge) -> list[str]:
    """Restore what was replaced, unless it was changed since; return these fields."""
    if not isinstance(merge.replaced, str):
        return []
    restored = []
    for field, value in json.loads(merge.replaced).items():
        if getattr(kept, field) == value["after"]:
            setattr(kept, field, value["before"])
            restored.append(field)
    if restored:
        kept.save(update_fields=_with_indexes(dict.fromkeys(restored)))
    return restored


def _move(
    statement: str,
    kept: Customer,
    gone: Customer,
    moved: Mapping[str, list[str]] | None = None,
) -> dict[str, list[str]]:
    """Move the rows in one statement; return the keys of those that went."""
    values: dict[str, Any] = {
        # A merge from before these were told apart has none.
        **{key: [] for key in ("second_contacts", "second_purchases")},
        **(moved or {}),
        "kept": str(kept.pk),
        "gone": str(gone.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()[0]
    return json.loads(found) if isinstance(found, str) else found  # type: ignore[no-any-return]

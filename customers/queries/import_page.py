"""What the page of an import shows: columns, a masked look at the rows, what is wrong."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import ImportBatch, ImportPart, ImportProblem
from customers.queries.import_fields import BY_KEY
from customers.queries.masks import shown
from servicedesk.staff.models import User

LOOKED_AT = 8
SHOWN_PROBLEMS = 50
FAULTS: dict[str, str | Promise] = {
    "no_name": _("There is no name."),
    "no_contact": _("There is no way to reach this customer."),
    "too_long": _("The value is too long."),
    "bad_phone": _("This is no telephone number."),
    "bad_email": _("This is no e-mail address."),
    "bad_kind": _("This is no kind of customer."),
    "bad_language": _("This language is not offered."),
    "bad_amount": _("This is no amount."),
    "bad_currency": _("This is no currency code, such as CNY."),
    "bad_bought_at": _("This is no date, or one that is still to come."),
    "two_customers": _("The contacts belong to two different customers."),
    "order_exists": _("The order belongs to another customer."),
    "known": _("This customer is on record already."),
    "twice": _("This customer stands in the file twice."),
    "erased": _("This customer asked to be forgotten."),
}
FILE_FAULTS: dict[str, str | Promise] = {
    "too_large": _("The file is too large, or becomes too large when unpacked."),
    "too_many_rows": _("The file has more than 500,000 rows. Split it."),
    "too_wide": _("The file has more than 60 columns."),
    "cell_too_long": _("A cell holds more than 4,000 characters."),
    "guesses": _(
        "Very many numbers in this file differ in their middle digits only. That is no "
        "list of customers, so it was not compared with them."
    ),
    "no_table": _("The file is neither CSV nor XLSX, or it is damaged."),
    "no_rows": _("The file has no rows below its first one."),
    "unknown_encoding": _("The text cannot be read. Save it as UTF-8."),
}


def heads_of(batch: ImportBatch) -> list[str]:
    """Return the first row of the file."""
    if not isinstance(batch.heads, str):
        return []
    found: list[str] = json.loads(batch.heads)
    return found


def first_rows(batch: ImportBatch, user: User) -> list[list[str]]:
    """Return the first rows, each cell masked as its column says; the rest as stars."""
    part = ImportPart.objects.filter(batch=batch, raw=False, place=0).first()
    if part is None or not isinstance(part.content, str):
        return []
    rows = json.loads(part.content)[:LOOKED_AT]
    width = len(heads_of(batch))
    return [[_cell(batch, row, place, user) for place in range(width)] for row in rows]


def _cell(batch: ImportBatch, row: list[str], place: int, user: User) -> str:
    text = row[place] if place < len(row) else ""
    column = BY_KEY.get(batch.mapping.get(str(place), ""))
    if column is None:
        return "***" if text else ""
    if column.mask is None:
        return text
    return shown(column.mask, text, user).text or ("***" if text else "")


def faults_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """Return how often each fault was found, the most frequent first."""
    found = batch.problems.values("code").annotate(rows=Count("row", distinct=True))
    return [
        {"text": FAULTS.get(each["code"], each["code"]), "rows": each["rows"]}
        for each in found.order_by("-rows", "code")
    ]


def first_problems(batch: ImportBatch) -> list[dict[str, Any]]:
    """Return the first rejected rows: number, column and why."""
    heads = heads_of(batch)
    return [
        {
            "row": each.row,
            "column": _head(heads, each.column),
            "text": FAULTS.get(each.code, each.code),
        }
        for each in batch.problems.order_by("row", "pk")[:SHOWN_PROBLEMS]
    ]


def _head(heads: list[str], place: int | None) -> str:
    return heads[place] if place is not None and place < len(heads) else ""


def rejected_rows(
    batch: ImportBatch, rows: Iterator[tuple[int, list[str]]]
) -> Iterator[list[str]]:
    """Yield the file of rejected rows: the head, then each row and why; to mend and upload."""
    heads = heads_of(batch)
    yield [*heads, str(_("Why it was rejected"))]
    problems = ImportProblem.objects.filter(batch=batch).order_by("row", "pk")
    bad = problems.values_list("row", "column", "code").iterator()
    fault = next(bad, None)
    for number, cells in rows:
        said: list[str] = []
        while fault is not None and fault[0] == number:
            column = _head(heads, fault[1])
            text = str(FAULTS.get(fault[2], fault[2]))
            said.append(f"{column}: {text}" if column else text)
            fault = next(bad, None)
        if said:
            yield [*cells, *[""] * (len(heads) - len(cells)), " ".join(said)]
        if fault is None:
            return

"""Read the rows of an import: what each says, and what is wrong with it."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from customers.actions.identify import Contact, parse_contact
from customers.models import ContactKind, CustomerKind
from customers.queries.import_fields import BY_KEY, Column
from servicedesk.core.errors import RuleError

_KINDS = {
    "个人": CustomerKind.INDIVIDUAL, "individual": CustomerKind.INDIVIDUAL,
    "person": CustomerKind.INDIVIDUAL, "企业": CustomerKind.ENTERPRISE,
    "公司": CustomerKind.ENTERPRISE, "enterprise": CustomerKind.ENTERPRISE,
    "company": CustomerKind.ENTERPRISE, "合作伙伴": CustomerKind.PARTNER,
    "伙伴": CustomerKind.PARTNER, "partner": CustomerKind.PARTNER,
}  # fmt: skip
_LANGUAGES = {
    "中文": "zh-hans", "简体中文": "zh-hans", "zh": "zh-hans", "chinese": "zh-hans",
    "英文": "en", "英语": "en", "english": "en",
}  # fmt: skip
_MOST = Decimal("999999999999.99")
_LATER = dt.timedelta(days=2)


@dataclass
class Row:
    """One row: its number in the file, what it says, and the faults found so far.

    A fault is the place of a column (None for the row as a whole) and a word.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    faults: list[tuple[int | None, str]] = field(default_factory=list)

    def refuse(self, code: str, column: int | None = None) -> None:
        self.faults.append((column, code))


def read_row(
    number: int, cells: Sequence[str], mapping: Mapping[str, str], now: dt.datetime
) -> Row:
    """Return what the cells say under the mapping, with every fault of the row."""
    row = Row(number)
    for place, key in mapping.items():
        text = cells[int(place)] if int(place) < len(cells) else ""
        if text:
            _take(row, BY_KEY[key], text, int(place), now)
    if not row.values.get("name"):
        row.refuse("no_name")
    if not row.contacts and not any(
        code.startswith("bad_") for _at, code in row.faults
    ):
        row.refuse("no_contact")
    if row.values.get("order_number") and not row.values.get("product"):
        row.values["product"] = "–"
    return row


def _take(row: Row, column: Column, text: str, place: int, now: dt.datetime) -> None:
    if len(text) > column.longest:
        row.refuse("too_long", place)
        return
    if column.contact is not None:
        contact = _contact(column.contact, text)
        if contact is None:
            row.refuse(f"bad_{column.contact.value}", place)
        elif contact not in row.contacts:
            row.contacts.append(contact)
        return
    value = _value(column.key, text, now)
    if value is None:
        row.refuse(f"bad_{column.key}", place)
    else:
        row.values[column.key] = value


def _contact(kind: ContactKind, text: str) -> Contact | None:
    if kind == ContactKind.WECHAT:
        return Contact(kind, text)
    try:
        contact = parse_contact(text)
    except RuleError:
        return None
    return contact if contact.kind == kind else None


def _value(key: str, text: str, now: dt.datetime) -> Any:
    """Return the value in its own type; None if it is none."""
    if key == "bought_at":
        return _moment(text, now)
    read = _READERS.get(key)
    return read(text) if read else text


def _language(text: str) -> str | None:
    known = text.casefold()
    return known if known in dict(settings.LANGUAGES) else _LANGUAGES.get(known)


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.replace("，", ",").split(",") if tag.strip()]


def _currency(text: str) -> str | None:
    return text.upper() if re.fullmatch(r"[A-Za-z]{3}", text) else None


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").lstrip("¥￥$ "))
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 <= found <= _MOST:
        return None
    return found.quantize(Decimal("0.01"))


def _moment(text: str, now: dt.datetime) -> dt.datetime | None:
    text = (
        text.replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
    )
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = dt.datetime.combine(day, dt.time())
    except ValueError:
        return None
    if found is None:
        return None
    if timezone.is_naive(found):
        found = timezone.make_aware(found)
    return found if found <= now + _LATER else None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "kind": lambda text: _KINDS.get(text.casefold()),
    "language": _language,
    "tags": _tags,
    "amount": _amount,
    "currency": _currency,
}

"""What a person wants corrected, beside what is on record: for who decides, and for them."""

from typing import Any

from customers.models import (
    ContactKind,
    Correction,
    CorrectionState,
    Customer,
    Field,
    Mode,
    RightsRequest,
)
from customers.queries.masks import modes_of, text_of
from servicedesk.staff.models import User


def corrections_of(asked: RightsRequest, user: User) -> list[dict[str, Any]]:
    """Return the corrections of a request: the old value masked, the new one in clear.

    What the person wrote is theirs to be read by who handles it, until it is decided;
    then it is on record, or was refused, and shows as what is on record does.
    """
    return [
        {
            "correction": each,
            "label": each.get_field_display(),
            "old": _on_record(asked.customer, Field(each.field), user),
            "proposed": each.proposed
            if _waits(each, asked)
            else text_of(Field(each.field), each.proposed, user),
            "open": _waits(each, asked),
            "another": takes_another(each, asked, user),
            "tone": {"accepted": "ok", "declined": "bad"}.get(each.state, "warn"),
        }
        for each in asked.corrections.select_related("decided_by").order_by("pk")
    ]


def takes_another(held: Correction, asked: RightsRequest, by: User) -> bool:
    """Tell whether another person has to carry a correction out.

    Whoever may not read a field could else write down a guess, say that the person
    asked for it, and overwrite the record: alone they are where nobody else wrote the
    words, or where only they checked who wrote them on the page.
    """
    if modes_of(by)[Field(held.field)] >= Mode.READ:
        return False
    if held.written_by_id is None:
        return asked.checked_by_id == by.pk
    return held.written_by_id == by.pk


def told_to_person(asked: RightsRequest, *, over: bool) -> list[Correction]:
    """Return the corrections for the person's own page; with reasons once it is over."""
    found = asked.corrections.order_by("pk")
    return list(found.exclude(state=CorrectionState.OPEN) if over else found)


def _waits(correction: Correction, asked: RightsRequest) -> bool:
    return correction.state == CorrectionState.OPEN and asked.open


def _on_record(customer: Customer, field: Field, user: User) -> str:
    if field in {Field.PHONE, Field.EMAIL}:
        held = customer.contact_points.filter(
            kind=ContactKind(field.value), dead_at=None
        )
        shown = (
            text_of(field, each.value, user) for each in held.order_by("created_at")
        )
        return " · ".join(text for text in shown if text)
    return text_of(field, getattr(customer, field.value), user)

"""What a person may see of a customer: the one place that masks, for every surface.

Pages, lists, search, exports, letters, notifications and titles ask here. What comes
out is safe to show to this reader; the clear value is only in what `READ` allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customers.models import ContactPoint, Customer, Field, Mode, PaymentRecord
from customers.models.ways_in import granted
from customers.permissions import REVEAL, SEE_PAYMENT
from customers.queries.honey import is_poisoned, poison_read
from servicedesk.core.access import may
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.masks import Shown, mask_any
from servicedesk.staff.models import User
from servicedesk.staff.queries import fact_of, register_fact

_FACT = "masks"
_RULES = """ARRAY(
  SELECT rule.field || ':' || max(rule.mode) FROM customers_maskrule rule
  JOIN staff_role role ON role.id = rule.role_id
  JOIN staff_user_groups own ON own.group_id = role.group_id
  WHERE own.user_id = staff_user.id GROUP BY rule.field)"""


def connect() -> None:
    """Have the rules of the reader's roles come with the reader, in the same query."""
    register_fact(_FACT, _RULES)


@dataclass(frozen=True)
class Seen:
    """One value as a reader sees it: its text, and what may be done about it.

    `mode` HIDDEN has no text at all. `revealable` says that the reader may ask to read
    it, for a purpose, on the record.
    """

    field: Field
    mode: Mode
    text: str
    revealable: bool

    def __str__(self) -> str:
        return self.text


def modes_of(user: User) -> Mapping[Field, Mode]:
    """Return what the person's roles see of each field; no query of its own.

    Of several roles the one that sees most holds; without a rule it is hidden.
    """
    kept: dict[Field, Mode] | None = getattr(user, "_mask_modes", None)
    if kept is None:
        kept = dict.fromkeys(Field, Mode.HIDDEN)
        for each in fact_of(user, _FACT):
            field, _colon, mode = each.partition(":")
            kept[Field(field)] = Mode(int(mode))
        user._mask_modes = kept  # type: ignore[attr-defined]  # noqa: SLF001  # as long as the request
    return kept


def text_of(field: Field, value: Shown, user: User) -> str:
    """Return a value as the user may see it, for long lists; "" where it is hidden."""
    mode = modes_of(user)[field]
    if mode == Mode.HIDDEN or not value:
        return ""
    if mode >= Mode.READ or isinstance(value, Unreadable):
        if field == Field.NOTES and is_poisoned(str(value)):
            poison_read.send(sender=Customer, user=user)
        return str(value)
    return mask_any(field, value)


def looks(field: Field, value: str) -> str:
    """Return what a mask leaves of a typed value: guesses at one value look alike."""
    return mask_any(field, value)


def shown(field: Field, value: Shown, user: User) -> Seen:
    """Return a value of a customer, whom the user sees, as the user may see it."""
    mode = modes_of(user)[field]
    text = text_of(field, value, user)
    masked = mode == Mode.MASKED and bool(text) and not isinstance(value, Unreadable)
    return Seen(field, mode, text, revealable=masked and may(user, REVEAL))


def name_of(customer: Customer, user: User) -> str:
    """Return the name as the user may see it; the number where the name is hidden.

    A list that asks for some columns only asks for `name` and `number`.
    """
    return text_of(Field.NAME, customer.name, user) or customer.code


def contact_of(contact: ContactPoint, user: User) -> Seen:
    """Return a contact point as the user may see it."""
    return shown(Field(contact.kind), contact.value, user)


def opened_by_grant(user: User, codename: str = SEE_PAYMENT) -> Any:
    """Return the condition's value: the customers opened to the user in this scope."""
    return granted(user, codename)


def payments_of(customer: Customer, user: User) -> "list[PaymentRecord] | None":
    """Return the payment records, newest first; None without a grant, whatever the role."""
    held = Customer.objects.visible_to(user).filter(pk=customer.pk)
    if not held.filter(pk__in=opened_by_grant(user)).exists():
        return None
    return list(customer.payments.select_related("purchase").order_by("-paid_at")[:200])

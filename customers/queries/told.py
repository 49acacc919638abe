"""What the records themselves tell on a timeline: changes, purchases, consents, reveals."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from customers import permissions
from customers.models import (
    CareContact,
    CareKind,
    CareOutcome,
    CareState,
    Consent,
    ConsentPurpose,
    ConsentWay,
    CustomerEvent,
    CustomerEventKind,
    Field,
    Purchase,
    PurchaseStatus,
    Reveal,
    RevealPurpose,
)
from customers.queries.timeline import Row, Words, register_source
from servicedesk.core.access import may
from servicedesk.staff.models import User

Keys = Sequence[uuid.UUID]
# Other sources tell these with more to say.
_TOLD_ELSEWHERE = (
    CustomerEventKind.PURCHASE,
    CustomerEventKind.CONSENT,
    CustomerEventKind.WITHDRAWN,
    CustomerEventKind.CARE,
)
_FIELDS = {
    "kind": gettext_lazy("Kind"),
    "city": gettext_lazy("City"),
    "language": gettext_lazy("Language"),
    "channel": gettext_lazy("Preferred channel"),
    "team": gettext_lazy("Team"),
    "tags": gettext_lazy("Tags"),
    "note": gettext_lazy("Use"),
    "status": gettext_lazy("Status"),
    "verified": gettext_lazy("Verified"),
    "added": gettext_lazy("Added"),
    "removed": gettext_lazy("Removed"),
    "dead": gettext_lazy("No longer in use"),
    "alive": gettext_lazy("In use again"),
    "code": pgettext_lazy("way of verifying", "By a code by e-mail"),
    "called": pgettext_lazy("way of verifying", "By calling back"),
    "answered": pgettext_lazy("way of verifying", "By an answer from there"),
    "document": pgettext_lazy("way of verifying", "By a document"),
    "export": pgettext_lazy("what was revealed", "a row of an export"),
    "present": pgettext_lazy("way of verifying", "In person"),
}


def connect() -> None:
    """Register what this app tells; from `ready()`."""
    register_source(
        "changes",
        gettext_lazy("Changes"),
        "note",
        _events,
        at="at",
        columns=("kind", "fields", "by__display_name"),
        tell=_event,
    )
    register_source(
        "purchases",
        gettext_lazy("Purchases"),
        "store",
        _purchases,
        at="bought_at",
        columns=("order_number", "product", "amount", "currency", "status"),
        tell=_purchase,
    )
    _connect_consents()
    _connect_staff()


def _connect_consents() -> None:
    """Register what the person agreed to, and took back."""
    register_source(
        "consents",
        gettext_lazy("Consents given"),
        "check-circle",
        _consents,
        at="given_at",
        columns=("purpose", "way", "recorded_by__display_name"),
        tell=_given,
    )
    register_source(
        "withdrawals",
        gettext_lazy("Consents withdrawn"),
        "ban",
        _withdrawals,
        at="withdrawn_at",
        columns=("purpose", "withdrawn_way", "withdrawn_by__display_name"),
        tell=_withdrawn,
    )


def _connect_staff() -> None:
    """Register what our people did: called on the person, looked behind masks."""
    register_source(
        "care",
        gettext_lazy("Care"),
        "phone",
        _care,
        at="done_at",
        columns=("plan__kind", "outcome", "done_by__display_name"),
        tell=_called_on,
    )
    register_source(
        "reveals",
        gettext_lazy("Reveals"),
        "eye",
        _reveals,
        at="at",
        columns=("field", "purpose", "by__display_name"),
        tell=_reveal,
    )


def field_label(name: str) -> str:
    """Return what people call a field that a history row names."""
    if name in Field.values:
        return str(Field(name).label)
    return str(_FIELDS.get(name, name))


def _events(keys: Keys, _user: User) -> QuerySet[Any]:
    found = CustomerEvent.objects.filter(customer__in=keys)
    return found.exclude(kind__in=_TOLD_ELSEWHERE)


def _event(row: Row, _user: User) -> Words:
    fields = ", ".join(field_label(name) for name in row.data["fields"] or [])
    kind = str(CustomerEventKind(row.data["kind"]).label)
    return Words(kind, text=fields, mark=row.data["by__display_name"] or "")


def _purchases(keys: Keys, user: User) -> "QuerySet[Any] | None":
    if not may(user, permissions.VIEW_PURCHASES):
        return None
    return Purchase.objects.filter(customer__in=keys)


def _purchase(row: Row, _user: User) -> Words:
    data = row.data
    return Words(
        f"{data['product']} · {data['amount']:.2f} {data['currency']}",
        text=data["order_number"],
        mark=str(PurchaseStatus(data["status"]).label),
    )


def _consents(keys: Keys, _user: User) -> QuerySet[Any]:
    return Consent.objects.filter(customer__in=keys)


def _given(row: Row, _user: User) -> Words:
    return Words(
        _("Consent: %(purpose)s")
        % {"purpose": ConsentPurpose(row.data["purpose"]).label},
        text=str(ConsentWay(row.data["way"]).label),
        mark=row.data["recorded_by__display_name"] or "",
    )


def _withdrawals(keys: Keys, _user: User) -> QuerySet[Any]:
    return Consent.objects.filter(customer__in=keys, withdrawn_at__isnull=False)


def _withdrawn(row: Row, _user: User) -> Words:
    way = row.data["withdrawn_way"]
    return Words(
        _("Withdrawn: %(purpose)s")
        % {"purpose": ConsentPurpose(row.data["purpose"]).label},
        text=str(ConsentWay(way).label) if way else "",
        mark=row.data["withdrawn_by__display_name"] or "",
    )


def _care(keys: Keys, _user: User) -> QuerySet[Any]:
    return CareContact.objects.filter(customer__in=keys, state=CareState.DONE)


def _called_on(row: Row, user: User) -> Words:
    outcome = CareOutcome(row.data["outcome"])
    return Words(
        _("Care contact: %(what)s") % {"what": CareKind(row.data["plan__kind"]).label},
        text=str(outcome.label),
        mark=row.data["done_by__display_name"] or "",
        url=reverse("customers:care-contact", args=[row.key])
        if may(user, permissions.CARE)
        else "",
    )


def _reveals(keys: Keys, _user: User) -> QuerySet[Any]:
    return Reveal.objects.filter(customer__in=keys)


def _reveal(row: Row, _user: User) -> Words:
    field = row.data["field"]
    what = (
        pgettext("what was revealed", "a contact")
        if field.startswith("contact:")
        else field_label(field)
    )
    return Words(
        _("Read in clear: %(what)s") % {"what": what},
        text=str(RevealPurpose(row.data["purpose"]).label),
        mark=row.data["by__display_name"] or "",
    )

"""What came by the public form: written at once, looked into by a sweep."""

import datetime as dt
from contextlib import suppress
from uuid import UUID

from django.db import transaction

from customers.actions.corrections import ask_correction
from customers.actions.identify import Contact, find_contact_point
from customers.actions.rights import receive
from customers.models import (
    ContactKind,
    RightsKind,
    RightsRequest,
    RightsWay,
    RightsWish,
)
from customers.queries.proof import proves_somebody
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.errors import RuleError


def write_wish(  # all that the form asks
    *,
    contact: Contact,
    kind: RightsKind,
    words: str,
    now: dt.datetime,
    field: str = "",
    proposed: str = "",
) -> RightsWish:
    """Write the wish down, whoever it is from: that is all the form does."""
    return RightsWish.objects.create(
        contact_kind=contact.kind,
        contact=contact.value,
        kind=kind,
        words=words or None,
        field=field if proposed else "",
        proposed=proposed or None,
        created_at=now,
    )


@transaction.atomic
def look_into(*, pk: UUID) -> bool:
    """Make a request of the wish if its contact is known; of others keep nothing."""
    wish = RightsWish.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if wish is None:
        return False
    wish.delete()
    if isinstance(wish.contact, Unreadable):
        return False
    found = find_contact_point(Contact(ContactKind(wish.contact_kind), wish.contact))
    if found is None or found.customer.erased_at is not None:
        return False
    asked = receive(
        customer=found.customer,
        kind=RightsKind(wish.kind),
        way=RightsWay.PAGE,
        words=str(wish.words or ""),
        by=None,
        now=wish.created_at,
        contact=found if proves_somebody(found, now=wish.created_at) else None,
    )
    # Only to a request that this wish has begun: nothing of a stranger's joins one.
    if wish.field and asked.received_at == wish.created_at:
        _correct(asked, wish)
    return True


def _correct(asked: RightsRequest, wish: RightsWish) -> None:
    if isinstance(wish.proposed, Unreadable) or not wish.proposed:
        return
    with suppress(RuleError):
        ask_correction(
            asked=asked, field=wish.field, proposed=wish.proposed, now=wish.created_at
        )

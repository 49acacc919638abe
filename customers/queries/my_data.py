"""What the signed page of a request shows to the person."""

import datetime as dt
from typing import Any

from customers.models import (
    PackageState,
    RightsKind,
    RightsLink,
    RightsLinkPurpose,
    RightsState,
)
from customers.queries.corrections import told_to_person

DOWNLOADS = 5


def page_of(link: RightsLink, *, now: dt.datetime) -> dict[str, Any]:
    """Return what this link opens of its request, and nothing else.

    Before the click that says "it was me" that is what was asked, to be confirmed.
    """
    asked = link.request
    identity = link.purpose == RightsLinkPurpose.IDENTITY
    confirmed = asked.checked_at is not None
    page: dict[str, Any] = {
        "asked": asked,
        "purpose": link.purpose,
        "to_confirm": identity and asked.state == RightsState.RECEIVED,
        # What the click makes one's own: a stranger may have typed it.
        "words": asked.words if identity else None,
        "may_take_back": identity and confirmed and asked.open,
        "consents": [],
        "answer": "",
        "corrections": [],
        "package": None,
    }
    if identity and confirmed and asked.kind == RightsKind.WITHDRAW:
        held = asked.customer.consents.filter(basis="consent").order_by("given_at")
        page["consents"] = list(held)
    if identity:
        page["corrections"] = told_to_person(asked, over=False)
    if link.purpose == RightsLinkPurpose.ANSWER and not asked.open:
        page["answer"] = asked.answer
        page["corrections"] = told_to_person(asked, over=True)
    if link.purpose == RightsLinkPurpose.PACKAGE:
        package = asked.packages.filter(
            state=PackageState.READY, expires_at__gt=now, downloads__lt=DOWNLOADS
        ).first()
        page["package"] = package
        page["left"] = DOWNLOADS - package.downloads if package else 0
    return page

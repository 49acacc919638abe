"""The customer's link: issue it, read it, revoke it."""

import base64
import datetime as dt
import uuid

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from servicedesk.audit.batch import together
from servicedesk.audit.following import remember
from tickets.models import Ticket, TicketLink

VALID_FOR = dt.timedelta(days=90)
_SIGNER = signing.Signer(salt="tickets.link")


def issue_link(*, ticket: Ticket, now: dt.datetime) -> TicketLink:
    """Return the ticket's valid link, or make one that lasts 90 days."""
    found = (
        ticket.links.filter(revoked_at__isnull=True, expires_at__gt=now)
        .order_by("-created_at")
        .first()
    )
    if found is not None:
        return found
    return new_link(ticket=ticket, now=now)


def new_link(*, ticket: Ticket, now: dt.datetime) -> TicketLink:
    """Make a link that lasts 90 days, for a ticket that has none."""
    return TicketLink.objects.create(
        ticket=ticket, created_at=now, expires_at=now + VALID_FOR
    )


@transaction.atomic
@together()
def revoke_links(*, ticket: Ticket, now: dt.datetime) -> int:
    """Make every link of the ticket useless; return how many were not so already.

    Row by row, so that each is in the audit log: there are very few.
    """
    valid = ticket.links.select_for_update().filter(revoked_at__isnull=True)
    found = list(valid.order_by("pk"))
    for link in found:
        remember(link)
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
    return len(found)


def token_of(link: TicketLink) -> str:
    """Return the secret part of the link's address."""
    return _SIGNER.sign(base64.urlsafe_b64encode(link.pk.bytes).rstrip(b"=").decode())


def address_of(link: TicketLink) -> str:
    """Return the whole address, for a letter."""
    return settings.BASE_URL + reverse("tickets:link", args=[token_of(link)])


def read_token(token: str, *, now: dt.datetime) -> TicketLink | None:
    """Return the valid link of a token; None if forged, expired or revoked."""
    try:
        packed = _SIGNER.unsign(token)
        pk = uuid.UUID(bytes=base64.urlsafe_b64decode(packed + "=="))
    except (signing.BadSignature, ValueError):
        return None
    return (
        TicketLink.objects.filter(pk=pk, revoked_at__isnull=True, expires_at__gt=now)
        .select_related("ticket__customer", "ticket__team", "ticket__category")
        .first()
    )

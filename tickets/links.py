"""The customer's link: issue it, read it, revoke it."""

import base64
import datetime as dt
import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

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
    return TicketLink.objects.create(
        ticket=ticket, created_at=now, expires_at=now + VALID_FOR
    )


def revoke_links(*, ticket: Ticket, now: dt.datetime) -> int:
    """Make every link of the ticket useless; return how many were valid."""
    return ticket.links.filter(revoked_at__isnull=True).update(revoked_at=now)


def token_of(link: TicketLink) -> str:
    """Return the secret part of the link's address."""
    return _SIGNER.sign(base64.urlsafe_b64encode(link.pk.bytes).rstrip(b"=").decode())


def address_of(link: TicketLink) -> str:
    """Return the whole address, for a letter."""
    return settings.BASE_URL + reverse("tickets:progress", args=[token_of(link)])


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

"""The person's link to a page of a request: issue it, read it, revoke it."""

import base64
import datetime as dt
import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from customers.models import RightsLink, RightsLinkPurpose, RightsRequest

VALID_FOR = {
    RightsLinkPurpose.IDENTITY: dt.timedelta(days=3),
    RightsLinkPurpose.PACKAGE: dt.timedelta(days=7),
    RightsLinkPurpose.ANSWER: dt.timedelta(days=30),
}
_SIGNER = signing.Signer(salt="customers.rights.link")


def new_link(
    *, request: RightsRequest, purpose: RightsLinkPurpose, now: dt.datetime
) -> RightsLink:
    """Make a link; how long it is good for hangs on what it opens."""
    return RightsLink.objects.create(
        request=request,
        purpose=purpose,
        created_at=now,
        expires_at=now + VALID_FOR[purpose],
    )


def revoke_links(*, request: RightsRequest, now: dt.datetime) -> int:
    """Make every link of the request useless; return how many were not."""
    return request.links.filter(revoked_at__isnull=True).update(revoked_at=now)


def token_of(link: RightsLink) -> str:
    """Return the secret part of the link's address."""
    return _SIGNER.sign(base64.urlsafe_b64encode(link.pk.bytes).rstrip(b"=").decode())


def address_of(link: RightsLink) -> str:
    """Return the whole address, for a letter."""
    return settings.BASE_URL + reverse("customers:my-data-link", args=[token_of(link)])


def read_token(token: str, *, now: dt.datetime) -> RightsLink | None:
    """Return the valid link of a token; None if forged, expired or revoked."""
    try:
        packed = _SIGNER.unsign(token)
        pk = uuid.UUID(bytes=base64.urlsafe_b64decode(packed + "=="))
    except (signing.BadSignature, ValueError):
        return None
    return (
        RightsLink.objects.filter(pk=pk, revoked_at__isnull=True, expires_at__gt=now)
        .select_related("request__customer")
        .first()
    )

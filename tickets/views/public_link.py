"""The link that letters carry, changed for a cookie; what the cookie opens."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from servicedesk.core.link_cookies import LinkCookie
from tickets import links
from tickets.models import TicketLink
from tickets.views.public_guard import guarded

COOKIE = LinkCookie("LINKS_COOKIE_NAME", "tickets.link.cookie", links.VALID_FOR)


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def link_page(request: HttpRequest, token: str, rest: str = "") -> HttpResponse:
    """Give the browser what opens the page, and lead on to it.

    The browser keeps that as long as a link is good: who left a telephone number only
    has no letter to go back to.
    """
    link = links.read_token(token, now=now())
    if link is None:
        return gone(request)
    return COOKIE.exchange(
        request,
        link=link.pk,
        token=token,
        page=reverse("tickets:progress", args=[link.pk]),
        rest=rest,
    )


def opened(request: HttpRequest, pk: uuid.UUID) -> TicketLink | None:
    """Return the link if this browser has opened it, and it is still good."""
    link = links.read_token(COOKIE.token(request, pk), now=now())
    return link if link is not None and link.pk == pk else None


def gone(request: HttpRequest) -> HttpResponse:
    """Answer that the page is not open, in the same words whatever the reason."""
    response = render(request, "tickets/public/gone.html", status=404)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

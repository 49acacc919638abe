"""The link of a letter about a person's own data, changed for a cookie."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from customers.links import read_token
from customers.models import RightsLink
from servicedesk.core.link_cookies import LinkCookie
from servicedesk.core.public_guard import Guard

guard = Guard("customers/public/too_many.html")
_COOKIE = LinkCookie("DATA_LINKS_COOKIE_NAME", "customers.rights.link.cookie")


@guard.guarded
@require_http_methods(["GET", "HEAD", "POST"])
def link_page(request: HttpRequest, token: str, rest: str = "") -> HttpResponse:
    """Give the browser what opens the page, and lead on to it.

    The browser forgets it when it is closed: the letter is there to go back to.
    """
    link = read_token(token, now=now())
    if link is None:
        return gone(request)
    page = reverse("customers:my-data", args=[link.pk])
    return _COOKIE.exchange(request, link=link.pk, token=token, page=page, rest=rest)


def opened(request: HttpRequest, pk: uuid.UUID) -> RightsLink | None:
    """Return the link if this browser has opened it, and it is still good."""
    link = read_token(_COOKIE.token(request, pk), now=now())
    return link if link is not None and link.pk == pk else None


def gone(request: HttpRequest) -> HttpResponse:
    """Answer that the page is not open, in the same words whatever the reason."""
    response = render(request, "customers/public/gone.html", status=404)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

"""Pages of the login library that this desk does not offer."""

from allauth.account.views import password_reset
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse


def closed(_request: HttpRequest, **_rest: str) -> HttpResponse:
    """Answer that there is no such page."""
    raise Http404


def closed_without_mail(request: HttpRequest) -> HttpResponse:
    """Let people reset a password by letter only where letters are really sent."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        raise Http404
    response: HttpResponse = password_reset(request)
    return response

"""A cookie by which a browser shows that it has signed in to an account before."""

from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

LIFETIME: Final = 180 * 24 * 60 * 60
# People share a machine; who signed in longest ago is forgotten first.
ACCOUNTS: Final = 8
_SALT: Final = "servicedesk.staff.adapters.known_devices"


def is_known(request: HttpRequest, user_pk: object) -> bool:
    """Tell whether this browser has signed in to the account in the last half year."""
    return user_pk in _accounts(request)


def remember(request: HttpRequest, response: HttpResponse, user_pk: object) -> None:
    """Let the browser show from now on that it has signed in to the account."""
    others = [each for each in _accounts(request) if each != user_pk]
    response.set_cookie(
        settings.KNOWN_DEVICE_COOKIE_NAME,
        signing.dumps([user_pk, *others][:ACCOUNTS], salt=_SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _accounts(request: HttpRequest) -> list[Any]:
    cookie = request.COOKIES.get(settings.KNOWN_DEVICE_COOKIE_NAME, "")
    try:
        return list(signing.loads(cookie, salt=_SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return []

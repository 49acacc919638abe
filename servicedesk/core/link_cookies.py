"""Links that are secrets are changed for a cookie, so that no page's address is one.

A letter can only carry an address. Whoever opens it gets a cookie, for the one page that
it opens, and is led on to an address that opens nothing by itself: what stands in the
history, on a photograph of the screen or in somebody's log is no key.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


@dataclass(frozen=True)
class LinkCookie:
    """The cookie of one kind of link; `salt` keeps the kinds apart.

    The token stays what proves: each request reads it anew, so that a link that has
    expired or was revoked opens nothing, whatever the browser still holds.
    """

    salt: str

    def token(self, request: HttpRequest, link: uuid.UUID) -> str:
        """Return the token that this browser was given for the link; "" if none."""
        found = request.get_signed_cookie(self.name(link), default="", salt=self.salt)
        return found or ""

    def exchange(
        self,
        request: HttpRequest,
        *,
        link: uuid.UUID,
        token: str,
        page: str,
        rest: str = "",
        expires: dt.datetime | None = None,
    ) -> HttpResponse:
        """Lead on to the `page` of the link, or to what lies under it, with the cookie.

        A form of a page that was open since before is sent on as it is. Without
        `expires` the browser forgets the cookie when it is closed.
        """
        posted = request.method == "POST"
        response = HttpResponseRedirect(page + rest, preserve_request=posted)
        response.set_signed_cookie(
            self.name(link),
            token,
            salt=self.salt,
            expires=expires,
            path=page,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def name(self, link: uuid.UUID) -> str:
        """Return the cookie's name: several links of one person live side by side."""
        return f"{settings.LINK_COOKIE_PREFIX}{link.hex}"

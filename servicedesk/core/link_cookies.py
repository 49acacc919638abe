"""Links that are secrets are changed for a cookie, so that no page's address is one.

A letter can only carry an address. Whoever opens it gets a cookie and is led on to an
address that opens nothing by itself: what stands in the history, on a photograph of the
screen or in somebody's log is no key.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

MOST: Final = 10
"""Links that one browser holds at a time; the one opened longest ago goes."""


@dataclass(frozen=True)
class LinkCookie:
    """The cookie of one kind of link; the setting `setting` names it.

    The tokens in it stay what proves: each is read anew at every request, so that a link
    that has expired or was revoked opens nothing, whatever the browser still holds.
    Without `lives` the browser forgets them when it is closed.
    """

    setting: str
    salt: str
    lives: dt.timedelta | None = None

    def token(self, request: HttpRequest, link: uuid.UUID) -> str:
        """Return the token that this browser was given for the link; "" if none."""
        return self._held(request).get(link.hex, "")

    def exchange(
        self,
        request: HttpRequest,
        *,
        link: uuid.UUID,
        token: str,
        page: str,
        rest: str = "",
    ) -> HttpResponse:
        """Lead on to the `page` of the link, or to what lies under it, with the cookie.

        A form of a page that was open since before is sent on as it is.
        """
        posted = request.method == "POST"
        response = HttpResponseRedirect(page + rest, preserve_request=posted)
        others = self._held(request)
        others.pop(link.hex, None)
        held = [(link.hex, token), *others.items()][:MOST]
        response.set_cookie(
            self.name,
            signing.dumps(held, salt=self.salt, compress=True),
            max_age=self.lives,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    @property
    def name(self) -> str:
        return str(getattr(settings, self.setting))

    def _held(self, request: HttpRequest) -> dict[str, str]:
        try:
            return dict(
                signing.loads(request.COOKIES.get(self.name, ""), salt=self.salt)
            )
        except signing.BadSignature:
            return {}

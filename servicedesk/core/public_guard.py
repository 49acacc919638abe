"""What all pages without login share: a limit on their use, and careful headers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from servicedesk.core.limits import allowed

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
MINUTE, HOUR = 60, 3600


def limit(name: str, otherwise: int) -> int:
    """Return how often something may be done: a setting such as PUBLIC_REQUESTS."""
    return int(getattr(settings, name, otherwise))


@dataclass(frozen=True)
class Guard:
    """The guard of one app's public pages; `template` tells of too many requests."""

    template: str

    def guarded(self, view: View[P]) -> View[P]:
        """Limit how often an address may look, and keep the answer out of caches.

        The address of a customer's page is a secret. `same-origin` keeps it from every
        other site; `no-referrer` would make browsers send `Origin: null` with our own
        forms, which are then refused.
        """

        @wraps(view)
        def watched(
            request: HttpRequest, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            views = limit("PUBLIC_VIEWS_PER_MINUTE", 240)
            if allowed(request, "public-view", limit=views, seconds=MINUTE):
                response: HttpResponseBase = view(request, *args, **kwargs)
            else:
                response = self.too_many(request, seconds=MINUTE)
            response.headers["Cache-Control"] = "no-store, private"
            response.headers.setdefault("Referrer-Policy", "same-origin")
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return cast("View[P]", watched)

    def too_many(self, request: HttpRequest, *, seconds: int) -> HttpResponse:
        """Answer 429, and say when it is worth coming back."""
        context = {"minutes": max(1, seconds // MINUTE)}
        response = render(request, self.template, context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response

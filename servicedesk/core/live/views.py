"""Hand out tokens for the event stream to people who are logged in."""

import datetime as dt
import json
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from servicedesk.core.live import tokens
from servicedesk.core.live.channels import readable_channels


@never_cache
@require_GET
def live_token(request: HttpRequest) -> HttpResponse:
    """Answer `{token, expires_in}` for those `?channel=`s that the user may read.

    401 without a login: a script asks, and a login page would not help it.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"error": "login"}, status=401)
    wanted = request.GET.getlist("channel")
    if len(wanted) >= tokens.MAX_CHANNELS:
        return JsonResponse({"error": "channels"}, status=400)
    token = _token(request, wanted, now())
    seconds = int(tokens.LIFETIME.total_seconds())
    return JsonResponse({"token": token, "expires_in": seconds})


def live_page(
    request: HttpRequest, channels: Sequence[str], *, granted: Sequence[str] = ()
) -> dict[str, str]:
    """Return the `data-live-*` values of a page that listens to `channels`.

    Only those that the user may read get into its first token; `granted` are known
    to be readable, because the page was fetched with access. Empty for a visitor
    without a login: such a page opens no stream.
    """
    if not request.user.is_authenticated or not request.session.session_key:
        return {}
    moment = now()
    return {
        "token": _token(request, channels, moment, granted),
        "channels": json.dumps(sorted({*channels, *granted})),
        "session": tokens.session_ref(request.session.session_key),
        "since": str(int(moment.timestamp())),
    }


def _token(
    request: HttpRequest,
    wanted: Sequence[str],
    moment: dt.datetime,
    granted: Sequence[str] = (),
) -> str:
    assert request.user.is_authenticated
    return tokens.stream_token(
        user_id=request.user.pk,
        session_key=request.session.session_key or "",
        channels=[*readable_channels(request.user, wanted), *granted],
        now=moment,
    )

"""Where one is signed in, and how to end it; ending asks for a proof first."""

from typing import Any, Final

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.staff.actions.security import end_other_sessions
from servicedesk.staff.adapters.proofs import FACTOR_CHANGED

# The first that stands in what a browser says of itself; most say "Safari" as well.
BROWSERS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_named(agent: str) -> str:
    """Say browser and system in words people know; what nobody knows as it came."""
    both = [
        next((name for mark, name in kinds if mark in agent), "")
        for kinds in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, both)) or agent


@method_decorator(reauthentication_required(allow_get=True), name="dispatch")
class SessionsView(ListUserSessionsView):  # type: ignore[misc]
    """The library's page; one session can be ended, or all but the one that asks."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Stop offering what this page is for."""
        request.session.pop(FACTOR_CHANGED, None)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the device of each session in words."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.device = device_named(session.user_agent)
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """End what was asked for, and say how many that were."""
        del form
        request = self.request
        one = str(request.POST.get("session", ""))
        count = end_other_sessions(
            user=request.user,
            current=request.session.session_key or "",
            only=int(one) if one.isascii() and one.isdecimal() else None,
        )
        if count:
            words = ngettext(
                "Signed out in %(count)d place.",
                "Signed out in %(count)d places.",
                count,
            )
            messages.success(request, words % {"count": count})
        else:
            messages.info(request, _("Nobody was signed in there any more."))
        return super(ListUserSessionsView, self).form_valid(None)  # type: ignore[no-any-return]

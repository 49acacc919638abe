"""Where one is signed in, and how to end it; ending asks for a proof first."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.staff.actions.security import end_other_sessions
from servicedesk.staff.adapters.proofs import FACTOR_CHANGED


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

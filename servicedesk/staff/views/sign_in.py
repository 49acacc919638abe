"""The login page, with an honest status when the desk is too busy to check."""

from typing import Any

from allauth.account.views import LoginView
from django.http import HttpResponse

from servicedesk.staff.adapters.account import BUSY

_AGAIN_AFTER_SECONDS = "2"


class SignInView(LoginView):  # type: ignore[misc]
    """The library's page; 503 where a password could not be looked at in time."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again; who was turned away for the crowd may come again."""
        response: HttpResponse = super().form_invalid(form)
        if form.has_error("__all__", BUSY):
            response.status_code = 503
            response["Retry-After"] = _AGAIN_AFTER_SECONDS
        return response

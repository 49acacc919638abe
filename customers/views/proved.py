"""Who takes customer data out of the desk proves anew who they are, as for a reveal."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from servicedesk.staff.middleware import BEGAN


def too_long_ago(request: HttpRequest) -> bool:
    """Tell whether the person last proved who they are longer ago than is allowed."""
    session = request.session
    records = session.get("account_authentication_methods", [])
    proofs = [session.get(BEGAN, 0), *(each.get("at", 0) for each in records)]
    return bool(now().timestamp() - max(proofs) > settings.REVEAL_REAUTH_SECONDS)


def to_proof(request: HttpRequest, back_to: str) -> HttpResponse:
    """Lead to the page where one proves it, and from there to `back_to`."""
    to = f"{reverse('account_reauthenticate')}?{urlencode({'next': back_to})}"
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(to)
    return redirect(to)


def proof_first(request: HttpRequest, back_to: str) -> HttpResponse | None:
    """Return the way to the proof where the last is too long ago; else None.

    What was posted is not done and not kept: the person comes back to the page and
    does it again.
    """
    if not too_long_ago(request):
        return None
    if request.method == "POST":
        messages.info(request, _("Prove who you are; then do it once more."))
    return to_proof(request, back_to)

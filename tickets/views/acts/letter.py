"""Send a letter again that failed or may not have arrived."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import permissions
from tickets.actions.letters import send_again
from tickets.tasks import nudge_letters
from tickets.views.acts.dialogs import page
from tickets.views.compose import back
from tickets.views.workspace import one_ticket


@login_required
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, number: str, pk: str) -> HttpResponse:
    """Send a letter again that failed or may not have arrived."""
    ticket = one_ticket(request, number, permissions.REPLY)
    found = ticket.letters.filter(pk=pk).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        send_again(letter=found, now=now())
        nudge_letters()
        messages.success(request, _("The letter will be sent again."))
        return back(request, number)
    return page(
        request, ticket, forms.Form(), title=_("Send the letter again"),
        submit=_("Send again"),
        address=reverse("tickets:letter", args=[number, pk]),
        why=_("It may have arrived already: ask the customer if you are not sure."),
    )  # fmt: skip

"""Write down a request that came by phone or in person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.views.probing import contact_typed, refuse_probing
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.queries import team_ids
from tickets import permissions
from tickets.actions.create import Request, create_ticket
from tickets.forms.new import NewTicketForm
from tickets.models import Ticket
from tickets.queries.page import new_key
from tickets.tasks import nudge_letters
from tickets.views.compose import UNPROCESSABLE
from tickets.views.workspace import staff


@login_required
@require_http_methods(["GET", "POST"])
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Ask for what intake needs (H3), and make it a ticket of the customer."""
    user = staff(request)
    require(user, permissions.CREATE)
    begin = {"client_key": new_key(), "language": user.language}
    form = NewTicketForm(request.POST or None, request.FILES or None, initial=begin)
    # A ticket joins the customer who has the contact: it answers a guess as a search does.
    refuse_probing(request, form, user, contact_typed(form, "contact"))
    if form.is_valid():
        try:
            ticket = create_ticket(
                request=Request(**form.wanted()),
                by=user,
                now=now(),
                client_key=form.cleaned_data["client_key"],
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_letters()
            return _received(request, ticket)
    context = {
        "title": _("New ticket"),
        "explanation": _("The category decides which team gets it."),
        "form": form,
        "submit_label": _("Create ticket"),
        "action_url": reverse("tickets:new"),
        "cancel_url": reverse("tickets:inbox"),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "tickets/action.html", context, status=status)


def _received(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    messages.success(request, _("Received as %(number)s.") % {"number": ticket.number})
    user = staff(request)
    # What came in just now was granted to nobody: its team sees it.
    if ticket.team_id in team_ids(user) and may(user, permissions.VIEW):
        return redirect("tickets:ticket", ticket.number)
    return redirect("tickets:inbox")

"""Give a ticket to a colleague, to another team, or up to the second level."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import permissions
from tickets.actions.escalate import escalate
from tickets.actions.take import assign
from tickets.actions.transfer import transfer
from tickets.forms import acts
from tickets.models import EventKind
from tickets.views.acts.dialogs import ask
from tickets.views.compose import back
from tickets.views.workspace import one_ticket, staff


@login_required
@require_http_methods(["GET", "POST"])
def assign_it(request: HttpRequest, number: str) -> HttpResponse:
    """Give the ticket to a colleague."""
    ticket = one_ticket(request, number, permissions.ASSIGN)
    form = acts.AssignForm(
        request.POST or None, ticket=ticket, initial={"to": ticket.assignee_id}
    )
    return ask(
        request, ticket, form, assign, name="assign", title=_("Assign"),
        submit=_("Assign"), undo=True,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def transfer_it(request: HttpRequest, number: str) -> HttpResponse:
    """Hand the ticket to another team, explained to the customer."""
    try:
        ticket = one_ticket(request, number, permissions.TRANSFER)
    except PermissionDenied:
        if request.method != "POST" or not _handed_over(request, number):
            raise
        messages.info(request, _("You have transferred this ticket already."))
        return back(request, number)
    form = acts.TransferForm(request.POST or None, ticket=ticket)
    return ask(
        request, ticket, form, transfer, name="transfer", title=_("Transfer"),
        submit=_("Transfer and tell the customer"),
        why=_("The customer is told who will help now; the new team gets your note."),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def escalate_it(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket up to the second level."""
    ticket = one_ticket(request, number, permissions.ESCALATE)
    form = acts.EscalateForm(request.POST or None)
    return ask(
        request, ticket, form, escalate, name="escalate", title=_("Escalate"),
        submit=_("Escalate to the second level"),
        why=_("The ticket goes to the lead of the team."),
    )  # fmt: skip


def _handed_over(request: HttpRequest, number: str) -> bool:
    """Tell whether this person's form was posted before: it is another team's now."""
    ticket = one_ticket(request, number)
    last = ticket.events.filter(kind=EventKind.TRANSFERRED).order_by("-id").first()
    mine = last is not None and last.by_id == staff(request).pk
    return mine and not ticket.worked_by(staff(request))

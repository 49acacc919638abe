"""Take a ticket, take the next one, and undo what was just done."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from tickets import permissions
from tickets.actions.resolve import undo_resolve
from tickets.actions.take import take, take_next, undo_assign
from tickets.forms.compose import TakeNextForm
from tickets.views.acts.dialogs import offer_undo
from tickets.views.compose import back
from tickets.views.workspace import one_ticket, staff


@login_required
@require_POST
def take_it(request: HttpRequest, number: str) -> HttpResponse:
    """Make the ticket one's own, at once, with a moment to undo it."""
    ticket = one_ticket(request, number, permissions.TAKE)
    try:
        take(ticket=ticket, by=staff(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        offer_undo(request, ticket, _("%(number)s is yours."))
    return back(request, number)


@login_required
@require_POST
def take_the_next(request: HttpRequest) -> HttpResponse:
    """Take the most pressing unassigned ticket of one's teams."""
    require(staff(request), permissions.TAKE)
    form = TakeNextForm(request.POST)
    key = form.cleaned_data["client_key"] if form.is_valid() else None
    ticket = take_next(by=staff(request), now=now(), client_key=key)
    if ticket is None:
        messages.info(request, _("Nothing waits in your teams. Well done."))
        return redirect("tickets:inbox")
    offer_undo(request, ticket, _("%(number)s is yours."))
    return redirect("tickets:ticket", ticket.number)


@login_required
@require_POST
def undo(request: HttpRequest, number: str) -> HttpResponse:
    """Take back what was just done: a resolution, or having taken the ticket."""
    ticket = one_ticket(request, number)
    try:
        if not ticket.active:
            undo_resolve(ticket=ticket, by=staff(request), now=now())
        else:
            undo_assign(ticket=ticket, by=staff(request), now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, _("Undone."))
    return back(request, number)

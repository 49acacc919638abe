"""Say whom a ticket waits for, what it is about, and that it is solved or not."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tickets import permissions
from tickets.actions.classify import classify
from tickets.actions.resolve import reopen, resolve
from tickets.actions.wait import wait
from tickets.forms import acts
from tickets.views.acts.dialogs import ask
from tickets.views.workspace import one_ticket


@login_required
@require_http_methods(["GET", "POST"])
def wait_for(request: HttpRequest, number: str) -> HttpResponse:
    """Say whom the ticket waits for."""
    ticket = one_ticket(request, number, permissions.REPLY)
    form = acts.WaitForm(request.POST or None, initial={"status": "waiting_customer"})
    return ask(
        request, ticket, form, wait, name="wait", title=_("Waiting"), submit=_("Save")
    )


@login_required
@require_http_methods(["GET", "POST"])
def resolve_it(request: HttpRequest, number: str) -> HttpResponse:
    """Resolve the ticket: cause, solution, and the word to the customer."""
    ticket = one_ticket(request, number, permissions.RESOLVE)
    form = acts.ResolveForm(request.POST or None, ticket=ticket)
    return ask(
        request, ticket, form, resolve, name="resolve", title=_("Resolve"),
        submit=_("Resolve"), undo=True,
        why=_("The customer is asked within minutes whether it is solved, and is "
              "followed up within 48 hours."),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def reopen_it(request: HttpRequest, number: str) -> HttpResponse:
    """Open the ticket again."""
    ticket = one_ticket(request, number, permissions.RESOLVE)
    form = acts.ReopenForm(request.POST or None)
    return ask(
        request, ticket, form, reopen, name="reopen", title=_("Reopen"),
        submit=_("Reopen"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def classify_it(request: HttpRequest, number: str) -> HttpResponse:
    """Say what it is about, how grave and how pressing."""
    ticket = one_ticket(request, number, permissions.CLASSIFY)
    form = acts.ClassifyForm(request.POST or None, ticket=ticket)
    return ask(
        request, ticket, form, classify, name="classify", title=_("Classify"),
        submit=_("Save"),
        why=_("The priority follows from severity and urgency."),
    )  # fmt: skip

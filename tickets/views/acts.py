"""Take, assign, transfer, escalate, wait, resolve, reopen, classify: one act a view."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions.reveal import reveal_contact, reveal_name
from servicedesk.core.access import require
from servicedesk.core.errors import RuleError
from tickets import permissions
from tickets.actions.classify import classify
from tickets.actions.escalate import escalate
from tickets.actions.letters import send_again
from tickets.actions.messages import NewerMessageError
from tickets.actions.resolve import reopen, resolve, undo_resolve
from tickets.actions.take import assign, take, take_next, undo_assign
from tickets.actions.transfer import transfer
from tickets.actions.wait import wait
from tickets.forms import acts
from tickets.models import Ticket
from tickets.tasks import nudge_letters
from tickets.views.compose import UNPROCESSABLE, back
from tickets.views.workspace import kept_query, one_ticket, staff

Act = Callable[..., object]


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
        _offer_undo(request, ticket, _("%(number)s is yours."))
    return back(request, number)


@login_required
@require_POST
def take_the_next(request: HttpRequest) -> HttpResponse:
    """Take the most pressing unassigned ticket of one's teams."""
    require(staff(request), permissions.TAKE)
    ticket = take_next(by=staff(request), now=now())
    if ticket is None:
        messages.info(request, _("Nothing waits in your teams. Well done."))
        return redirect("tickets:inbox")
    _offer_undo(request, ticket, _("%(number)s is yours."))
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


@login_required
@require_http_methods(["GET", "POST"])
def assign_it(request: HttpRequest, number: str) -> HttpResponse:
    """Give the ticket to a colleague."""
    ticket = one_ticket(request, number, permissions.ASSIGN)
    form = acts.AssignForm(
        request.POST or None, ticket=ticket, initial={"to": ticket.assignee_id}
    )
    return _ask(
        request, ticket, form, assign, name="assign", title=_("Assign"),
        submit=_("Assign"), undo=True,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def transfer_it(request: HttpRequest, number: str) -> HttpResponse:
    """Hand the ticket to another team, explained to the customer."""
    ticket = one_ticket(request, number, permissions.TRANSFER)
    form = acts.TransferForm(request.POST or None, ticket=ticket)
    return _ask(
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
    return _ask(
        request, ticket, form, escalate, name="escalate", title=_("Escalate"),
        submit=_("Escalate to the second level"),
        why=_("The ticket goes to the lead of the team."),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def wait_for(request: HttpRequest, number: str) -> HttpResponse:
    """Say whom the ticket waits for."""
    ticket = one_ticket(request, number, permissions.REPLY)
    form = acts.WaitForm(request.POST or None, initial={"status": "waiting_customer"})
    return _ask(
        request, ticket, form, wait, name="wait", title=_("Waiting"), submit=_("Save")
    )


@login_required
@require_http_methods(["GET", "POST"])
def resolve_it(request: HttpRequest, number: str) -> HttpResponse:
    """Resolve the ticket: cause, solution, and the word to the customer."""
    ticket = one_ticket(request, number, permissions.RESOLVE)
    form = acts.ResolveForm(request.POST or None, ticket=ticket)
    return _ask(
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
    return _ask(
        request, ticket, form, reopen, name="reopen", title=_("Reopen"),
        submit=_("Reopen"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def classify_it(request: HttpRequest, number: str) -> HttpResponse:
    """Say what it is about, how grave and how pressing."""
    ticket = one_ticket(request, number, permissions.CLASSIFY)
    form = acts.ClassifyForm(request.POST or None, ticket=ticket)
    return _ask(
        request, ticket, form, classify, name="classify", title=_("Classify"),
        submit=_("Save"),
        why=_("The priority follows from severity and urgency."),
    )  # fmt: skip


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
    return _page(
        request, ticket, forms.Form(), title=_("Send the letter again"),
        submit=_("Send again"),
        address=reverse("tickets:letter", args=[number, pk]),
        why=_("It may have arrived already: ask the customer if you are not sure."),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str, pk: str) -> HttpResponse:
    """Show one contact in clear, for a purpose, on the record."""
    ticket = one_ticket(request, number, permissions.REVEAL)
    contact = ticket.customer.contact_points.filter(pk=pk).first()
    if contact is None:
        raise Http404
    return _reveal(
        request, contact.get_kind_display(), contact.masked,
        partial(reveal_contact, contact=contact),
        reverse("tickets:reveal", args=[number, pk]),
        reverse("tickets:ticket", args=[number]),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def reveal_the_name(request: HttpRequest, number: str) -> HttpResponse:
    """Show the customer's name in clear, for a purpose, on the record."""
    customer = one_ticket(request, number, permissions.REVEAL).customer
    return _reveal(
        request, _("Name"), customer.masked_name,
        partial(reveal_name, customer=customer),
        reverse("tickets:reveal-name", args=[number]),
        reverse("tickets:ticket", args=[number]),
    )  # fmt: skip


def _reveal(  # what one look needs
    request: HttpRequest,
    what: str,
    masked: str,
    look: Callable[..., str],
    address: str,
    back_to: str,
) -> HttpResponse:
    form = acts.RevealForm(request.POST or None, initial={"purpose": "service"})
    context: dict[str, Any] = {
        "what": what,
        "masked": masked,
        "form": form,
        "action_url": address,
        "cancel_url": back_to,
        "plain": not request.htmx,  # type: ignore[attr-defined]
    }
    if form.is_valid():
        try:
            context["value"] = look(
                purpose=form.cleaned_data["purpose"], by=staff(request), now=now()
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
    part = "_reveal" if request.htmx else "reveal"  # type: ignore[attr-defined]
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"tickets/{part}.html", context, status=status)


def _ask(  # noqa: PLR0913  # the words of one dialog
    request: HttpRequest,
    ticket: Ticket,
    form: forms.Form,
    act: Act,
    *,
    name: str,
    title: str,
    submit: str,
    why: str = "",
    undo: bool = False,
) -> HttpResponse:
    """Ask what an act needs, do it, and show the ticket; or the form again with 422."""
    if form.is_bound and form.is_valid():
        try:
            act(ticket=ticket, by=staff(request), now=now(), **form.cleaned_data)
        except NewerMessageError as refusal:
            form.add_error(None, str(refusal))
            cast("acts.AnsweringForm", form).show_again(
                one_ticket(request, ticket.number)
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_letters()
            return _done(request, ticket, title, undo=undo)
    address = reverse(f"tickets:{name}", args=[ticket.number]) + kept_query(request)
    return _page(
        request, ticket, form, title=title, submit=submit, address=address, why=why
    )


def _page(  # the words of one dialog
    request: HttpRequest,
    ticket: Ticket,
    form: forms.Form,
    *,
    title: str,
    submit: str,
    address: str,
    why: str = "",
) -> HttpResponse:
    context = {
        "title": title,
        "explanation": why,
        "form": form,
        "submit_label": submit,
        "danger": False,
        "action_url": address,
        "cancel_url": reverse("tickets:ticket", args=[ticket.number])
        + kept_query(request),
    }
    part = "tickets/_action.html" if request.htmx else "tickets/action.html"  # type: ignore[attr-defined]
    status = UNPROCESSABLE if form.is_bound else 200
    response = render(request, part, context, status=status)
    if request.htmx and form.is_bound:  # type: ignore[attr-defined]
        # The form goes back where it came from: into the dialog, not the page.
        response["HX-Retarget"] = "#action"
        response["HX-Reselect"] = "#action"
        response["HX-Reswap"] = "outerHTML"
    return response


def _done(
    request: HttpRequest, ticket: Ticket, title: str, *, undo: bool
) -> HttpResponse:
    """Show the ticket, or the inbox if it has just left one's sight."""
    if undo:
        _offer_undo(request, ticket, title + ": %(number)s")
    else:
        messages.success(request, f"{title}: {ticket.number}")
    seen = Ticket.objects.visible_to(staff(request)).filter(pk=ticket.pk).exists()
    if seen:
        return back(request, ticket.number)
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("tickets:inbox")
        return response
    return redirect("tickets:inbox")


def _offer_undo(request: HttpRequest, ticket: Ticket, words: str) -> None:
    messages.success(
        request,
        words % {"number": ticket.number},
        extra_tags=f"undo:{reverse('tickets:undo', args=[ticket.number])}",
    )

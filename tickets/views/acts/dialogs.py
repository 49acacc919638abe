"""What every act asks and answers with: a dialog, the ticket again, a way to undo it."""

from collections.abc import Callable
from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now

from servicedesk.core.errors import RuleError
from tickets.actions.messages import NewerMessageError
from tickets.forms import acts
from tickets.models import Ticket
from tickets.tasks import nudge_letters
from tickets.views.compose import UNPROCESSABLE, back
from tickets.views.workspace import kept_query, one_ticket, staff

Act = Callable[..., object]


def ask(  # noqa: PLR0913  # the words of one dialog
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
    return page(
        request, ticket, form, title=title, submit=submit, address=address, why=why
    )


def page(  # the words of one dialog
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
    """Lead back to the ticket; nobody loses sight of it by an act of their own."""
    if undo:
        offer_undo(request, ticket, title + ": %(number)s")
    else:
        messages.success(request, f"{title}: {ticket.number}")
    return back(request, ticket.number)


def offer_undo(request: HttpRequest, ticket: Ticket, words: str) -> None:
    messages.success(
        request,
        words % {"number": ticket.number},
        extra_tags=f"undo:{reverse('tickets:undo', args=[ticket.number])}",
    )

"""Show a contact or a name in clear, for a purpose, on the record."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from customers.queries.reveals import of_contact, of_field
from customers.views import reveals
from tickets import permissions
from tickets.views.workspace import one_ticket


@login_required
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str, pk: str) -> HttpResponse:
    """Show one contact in clear, for a purpose, on the record."""
    ticket = one_ticket(request, number, permissions.REVEAL)
    contacts = ticket.customer.contact_points.select_related("customer")
    contact = contacts.filter(pk=pk).first()
    if contact is None:
        raise Http404
    return reveals.ask(
        request, of_contact(contact),
        address=reverse("tickets:reveal", args=[number, pk]),
        back_to=reverse("tickets:ticket", args=[number]), ticket=number,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def reveal_the_name(request: HttpRequest, number: str) -> HttpResponse:
    """Show the customer's name in clear, for a purpose, on the record."""
    target = of_field(one_ticket(request, number, permissions.REVEAL).customer, "name")
    if target is None:
        raise Http404
    return reveals.ask(
        request, target,
        address=reverse("tickets:reveal-name", args=[number]),
        back_to=reverse("tickets:ticket", args=[number]), ticket=number,
    )  # fmt: skip

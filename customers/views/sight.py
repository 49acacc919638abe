"""Who can see a customer and why; whom a person can see and why."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.models import Customer
from customers.permissions import APPROVE_GRANT
from customers.queries import sight
from customers.views.one import staff
from servicedesk.core.access import Unseen, require
from servicedesk.staff.models import Membership, User


@login_required
@require_safe
def access_to(request: HttpRequest, number: int) -> HttpResponse:
    """Show who can see the customer: a panel of its page, or a page alone."""
    user = staff(request)
    require(user, APPROVE_GRANT)
    found = Customer.objects.select_related("team").filter(number=number).first()
    if found is None or not sight.may_ask(user, found):
        raise Unseen(found)
    context = {
        "title": _("Who can see %(customer)s") % {"customer": found.code},
        "people": sight.people_of(found),
        "reveals": sight.reveals_of(user, customer=found),
        "of_person": False,
    }
    part = "_access" if request.htmx else "access"  # type: ignore[attr-defined]
    return render(request, f"customers/{part}.html", context)


@login_required
@require_safe
def access_of(request: HttpRequest, user: int) -> HttpResponse:
    """Show whom a person can see."""
    reader = staff(request)
    require(reader, APPROVE_GRANT)
    person = User.objects.filter(pk=user).first()
    if person is None or not sight.may_ask_of(reader, person):
        raise Http404
    teams = Membership.objects.filter(user=person, team__active=True)
    context = {
        "title": _("Whom %(person)s can see") % {"person": person},
        "teams": [each.team for each in teams.select_related("team")],
        "people": sight.customers_of(person, reader),
        "reveals": sight.reveals_of(reader, person=person),
        "of_person": True,
    }
    return render(request, "customers/access.html", context)

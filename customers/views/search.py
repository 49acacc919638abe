"""Search for a customer: posted, kept sealed, and answered at an address without words."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers import permissions
from customers.actions.honey import touched
from customers.actions.identify import parse_contact
from customers.actions.search import KEPT, keep_search, note_search
from customers.forms.search import CustomerSearchForm
from customers.models import (
    AlarmHow,
    ContactKind,
    ContactPoint,
    Customer,
    CustomerSearch,
)
from customers.queries import listing, masks, pairs
from customers.queries import search as queries
from customers.views.ask import UNPROCESSABLE
from customers.views.one import staff
from customers.views.probing import may_look
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

TOO_MANY = 429
_CALL_SALT = "customers.call"
_CALL_SECONDS = 600


@login_required
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Show how to search; or look, and go to the one who was found, or to the list."""
    user = staff(request)
    require(user, permissions.VIEW)
    if request.method == "GET":
        return _page(request, {"begin": True})
    form = CustomerSearchForm(request.POST)
    right = form.is_valid()
    if not may_look(request, user, form.typed if right else ()):
        return _page(request, {"too_many": True}, TOO_MANY)
    if not right:
        context = {"begin": True, "search_errors": form["words"].errors}
        return _page(request, context, UNPROCESSABLE)
    found = queries.find(form.asked, user)
    hidden = None if found else queries.hidden(form.asked, user)
    note_search(
        ways=form.asked.ways, found=len(found), hidden=hidden, by=user, now=now()
    )
    if len(found) == 1:
        return redirect("customers:customer", found[0].number)
    kept = keep_search(words=form.cleaned_data["words"], by=user, now=now())
    return redirect("customers:search-results", kept.pk)


@login_required
@require_GET
def results(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who was found. Somebody else's search is as good as forgotten."""
    user, moment = staff(request), now()
    require(user, permissions.VIEW)
    kept = CustomerSearch.objects.filter(
        pk=pk, user=user, created_at__gt=moment - KEPT
    ).first()
    form = CustomerSearchForm({"words": kept.words} if kept else {})
    if kept is None or not form.is_valid():
        messages.info(request, _("That search is no longer kept. Type it again."))
        return redirect("customers:search")
    found = queries.find(form.asked, user)
    hidden = None if found else queries.hidden(form.asked, user)
    lines = listing.lines_of(found[: queries.MOST], user, now=moment)
    context: dict[str, Any] = {
        "lines": lines,
        "more": len(found) > queries.MOST,
        "nothing": not found,
    }
    if hidden is not None:
        context["hidden"] = {"code": hidden.code, "url": _ask_url(hidden, user)}
    return _page(request, context)


@login_required
@require_http_methods(["GET", "POST"])
def pop(request: HttpRequest) -> HttpResponse:
    """Tell who is calling: by a number that is posted, or by a signed word for a call."""
    user = staff(request)
    require(user, permissions.VIEW)
    if request.method == "GET":
        found = _by_call(request.GET.get("call", ""), user)
    else:
        number = _number(request.POST.get("number", ""))
        if not may_look(request, user, [("phone", number)] if number else ()):
            return _page(request, {"too_many": True}, TOO_MANY)
        found = queries.by_phone(number, user) if number else None
        note_search(
            ways=["phone"], found=int(found is not None), hidden=None, by=user,
            now=now(),
        )  # fmt: skip
    if found is not None:
        touched([found.pk], how=AlarmHow.VIEW, by=user, now=now())
    if not request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        if found is None:
            messages.info(request, _("Nobody that you may see has this number."))
            return redirect("customers:search")
        return redirect("customers:customer", found.number)
    return render(request, "customers/_pop.html", {"caller": _caller(found, user)})


def call_token(contact: ContactPoint) -> str:
    """Return a word that stands for a caller for ten minutes; no number is in it."""
    return signing.dumps(str(contact.pk), salt=_CALL_SALT, compress=False)


def _by_call(token: str, user: User) -> Customer | None:
    try:
        key = signing.loads(token, salt=_CALL_SALT, max_age=_CALL_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    seen = Customer.objects.visible_to(user).present()
    return seen.filter(contact_points=key).select_related("team").first()


def _number(text: str) -> str:
    """Return the telephone number that was typed; "" where it is none."""
    try:
        contact = parse_contact(text)
    except RuleError:
        return ""
    return contact.value if contact.kind == ContactKind.PHONE else ""


def _caller(found: Customer | None, user: User) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "name": masks.name_of(found, user),
        "code": found.code,
        "kind_label": found.get_kind_display(),
        "team": str(found.team),
        "language": found.get_language_display(),
        "url": reverse("customers:customer", args=[found.number]),
    }


def _ask_url(customer: Customer, user: User) -> str:
    """Return where access to this customer is asked for, for those who may ask."""
    if not may(user, permissions.ASK_GRANT):
        return ""
    try:
        return f"{reverse('customers:ask')}?customer={customer.code}"
    except NoReverseMatch:
        return ""


def _page(
    request: HttpRequest, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    shown = {
        **context,
        "pairs": bool(context.get("begin")) and pairs.wanted(),
        "new_url": reverse("customers:new")
        if may(staff(request), permissions.ADD)
        else "",
    }
    return render(request, "customers/search.html", shown, status=status)

"""The pages that anybody may open: help, the request form, and the number after it."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.core.errors import RuleError
from servicedesk.core.limits import allowed
from servicedesk.core.public_forms import TRAP
from tickets import links
from tickets.actions.create import Request, create_ticket
from tickets.forms.request import RequestForm
from tickets.models import Channel, Ticket, TicketLink
from tickets.tasks import nudge_letters
from tickets.views.public_guard import HOUR, guarded, limit, too_many

SENT = "sent_request"
"""What keeps the cookie with the link of the request that was sent last apart."""


@guarded
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say what can be done here, and what happens then."""
    return render(request, "tickets/public/help.html")


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def request_page(request: HttpRequest) -> HttpResponse:
    """Take a request; a refused form comes back with everything that was typed."""
    if request.method != "POST":
        return _form_page(request, RequestForm(now=now()))
    if not allowed(request, "public-try", limit=_tries(), seconds=HOUR):
        return too_many(request, seconds=HOUR)
    form = RequestForm(request.POST, request.FILES, now=now())
    if not form.is_valid():
        form.once_more()
        return _form_page(request, form, status=422)
    if not allowed(request, "public-request", limit=_requests(), seconds=HOUR):
        form.add_error(
            None,
            _(
                "So many requests came from you that we take no more for now. Please come back in an hour."
            ),
        )
        response = _form_page(request, form, status=429)
        response.headers["Retry-After"] = str(HOUR)
        return response
    try:
        link = _link_of(form, now())
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form, status=503)
    nudge_letters()
    return _to_sent(links.token_of(link))


@transaction.atomic
def _link_of(form: RequestForm, moment: dt.datetime) -> TicketLink:
    """Take the request in, and its link with it: the same form at once finds both."""
    ticket = _receive(form, moment)
    # What came in just now has no link yet; the same form once more has one.
    new = ticket.created_at == moment
    return (links.new_link if new else links.issue_link)(ticket=ticket, now=moment)


@guarded
@require_safe
def sent_page(request: HttpRequest) -> HttpResponse:
    """Show the number and the way to the customer's own page, in this browser only."""
    name = settings.SENT_COOKIE_NAME
    token = request.get_signed_cookie(name, default="", salt=SENT) or ""
    link = links.read_token(token, now=now())
    if link is None:
        return redirect("tickets:help")
    context = {
        "number": link.ticket.number,
        "url": reverse("tickets:link", args=[links.token_of(link)]),
    }
    return render(request, "tickets/public/sent.html", context)


def _to_sent(token: str) -> HttpResponse:
    """Lead to the number; the browser keeps the link until it is closed."""
    response = redirect("tickets:sent")
    response.set_signed_cookie(
        settings.SENT_COOKIE_NAME,
        token,
        salt=SENT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _receive(form: RequestForm, moment: dt.datetime) -> Ticket:
    said = form.cleaned_data
    asked = Request(
        name=said["name"],
        contact=said["contact"],
        category=said["category"],
        subject=said["subject"],
        body=said["body"],
        channel=Channel.WEB,
        language=get_language() or settings.LANGUAGE_CODE,
        files=said["attachments"],
    )
    return create_ticket(request=asked, by=None, now=moment, client_key=form.key())


def _form_page(
    request: HttpRequest, form: RequestForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "trap": TRAP,
        "files_lost": form.is_bound and bool(form.files),
    }
    return render(request, "tickets/public/request.html", context, status=status)


def _tries() -> int:
    return limit("PUBLIC_TRIES_PER_HOUR", 60)


def _requests() -> int:
    return limit("PUBLIC_REQUESTS_PER_HOUR", 10)

"""The pages on which a person asks about their own data, without login.

The form answers the same whether a record exists or not. Looking changes nothing: mail
scanners open links. Only a post of the page's own forms counts.
"""

import uuid
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.actions import rights
from customers.actions.package import hand_out
from customers.actions.wishes import write_wish
from customers.actions.withdraw_by_page import withdraw_by_page
from customers.forms.my_data import MyDataForm
from customers.models import RightsKind, RightsLink, RightsLinkPurpose
from customers.queries.my_data import page_of
from customers.tasks import nudge_rights_letters
from customers.views.my_data_link import gone, guard, opened
from servicedesk.core.encryption.errors import KeyMissing, cannot_seal
from servicedesk.core.errors import RuleError
from servicedesk.core.limits import allowed
from servicedesk.core.public_forms import TRAP
from servicedesk.core.public_guard import HOUR, limit

ACTS = ("confirm", "withdraw", "take-back")


@guard.guarded
@require_http_methods(["GET", "HEAD", "POST"])
def form_page(request: HttpRequest) -> HttpResponse:
    """Take a wish; whoever sent it is led to the same page, whoever they are."""
    if request.method != "POST":
        return _form_page(request, MyDataForm(now=now()))
    tries = limit("PUBLIC_TRIES_PER_HOUR", 60)
    wishes = limit("PUBLIC_REQUESTS_PER_HOUR", 10)
    if not allowed(request, "my-data-try", limit=tries, seconds=HOUR):
        return guard.too_many(request, seconds=HOUR)
    form = MyDataForm(request.POST, now=now())
    if not form.is_valid():
        form.once_more()
        return _form_page(request, form, status=422)
    if not allowed(request, "my-data", limit=wishes, seconds=HOUR):
        return guard.too_many(request, seconds=HOUR)
    try:
        write_wish(
            contact=form.cleaned_data["contact"],
            kind=RightsKind(form.cleaned_data["kind"]),
            words=form.cleaned_data["words"],
            field=form.cleaned_data["field"],
            proposed=form.cleaned_data["proposed"],
            now=now(),
        )
    except KeyMissing:
        form.add_error(None, cannot_seal())
        return _form_page(request, form, status=503)
    nudge_rights_letters()
    return redirect("customers:my-data-sent")


@guard.guarded
@require_safe
def sent_page(request: HttpRequest) -> HttpResponse:
    """Say what happens now, in words that fit everybody."""
    return render(request, "customers/public/sent.html")


@guard.guarded
@require_safe
def one_page(request: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """Show what the link opens."""
    found = opened(request, link)
    return gone(request) if found is None else _page(request, found)


@guard.guarded
@require_http_methods(["GET", "HEAD", "POST"])
def act_page(request: HttpRequest, link: uuid.UUID, act: str) -> HttpResponse:
    """Confirm, withdraw a consent, or take the request back: one click each."""
    found = opened(request, link)
    if found is None or found.purpose != RightsLinkPurpose.IDENTITY:
        return gone(request)
    if request.method != "POST" or act not in ACTS:
        return redirect("customers:my-data", link)
    if not allowed(request, "my-data-act", limit=60, seconds=HOUR):
        return guard.too_many(request, seconds=HOUR)
    try:
        _act(found, act, request.POST.get("purpose", ""))
    except RuleError as refusal:
        return _page(request, found, refused=str(refusal), status=409)
    if act == "take-back":
        return render(request, "customers/public/taken_back.html")
    return redirect("customers:my-data", link)


@guard.guarded
@require_http_methods(["GET", "HEAD", "POST"])
def package_page(request: HttpRequest, link: uuid.UUID) -> HttpResponseBase:
    """Hand the package over, to whoever presses the button of its page."""
    found = opened(request, link)
    if found is None or found.purpose != RightsLinkPurpose.PACKAGE:
        return gone(request)
    if request.method != "POST":
        return redirect("customers:my-data", link)
    path = hand_out(request=found.request, now=now())
    if path is None:
        words = _("The package is no longer there. Ask us for a new one.")
        return _page(request, found, refused=words, status=410)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{found.request.code}.zip",
        content_type="application/zip",
        headers={"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"},
    )


def _act(link: RightsLink, act: str, purpose: str) -> None:
    if act == "confirm":
        rights.check_by_link(link=link, now=now())
    elif act == "withdraw":
        withdraw_by_page(link=link, purpose=purpose, now=now())
    else:
        rights.take_back(asked=link.request, by=None, now=now())


def _form_page(
    request: HttpRequest, form: MyDataForm, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "trap": TRAP}
    return render(request, "customers/public/my_data.html", context, status=status)


def _page(
    request: HttpRequest, link: RightsLink, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    """Show the page as the request stands now."""
    found = opened(request, link.pk)
    if found is None:
        return gone(request)
    context: dict[str, Any] = page_of(found, now=now())
    context |= {"link": found.pk, "refused": refused}
    return render(request, "customers/public/request.html", context, status=status)

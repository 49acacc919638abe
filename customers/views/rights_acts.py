"""What is done about one request of a person: each act a form, or one button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions import package, rights
from customers.actions.erase import approve_erasure, propose_erasure
from customers.forms.rights import AnswerForm, CheckForm, RefuseForm
from customers.models import IdentityFact, RightsPackage, RightsRequest, RightsWay
from customers.permissions import APPROVE_ERASURE, HANDLE_RIGHTS
from customers.tasks import nudge_erasures, nudge_rights_letters
from customers.views.one import staff
from customers.views.proved import proof_first
from customers.views.rights import UNPROCESSABLE, one_request
from servicedesk.core.access import may
from servicedesk.core.errors import RuleError
from servicedesk.core.tasks import nudge_jobs
from servicedesk.staff.models import User


@login_required
@require_POST
def take(request: HttpRequest, number: int) -> HttpResponse:
    """Make it one's own work."""
    asked, user = handled(request, number)
    return do(request, asked, lambda: rights.take_on(asked=asked, by=user))


@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, number: int) -> HttpResponse:
    """Write down how the identity was checked."""
    asked, user = handled(request, number)
    form = CheckForm(request.POST or None)
    said = form.cleaned_data if form.is_valid() else {}

    def act() -> object:
        return rights.check_by_staff(
            asked=asked,
            way=RightsWay(said["way"]),
            facts=[IdentityFact(each) for each in said["facts"]],
            by=user,
            now=now(),
        )

    words = _("Check the identity"), _("Identity checked")
    return ask(request, asked, form, act, words)


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer; a letter leads the person to the words."""
    asked, user = handled(request, number)
    form = AnswerForm(request.POST or None)

    def act() -> object:
        return rights.answer(
            asked=asked, words=form.cleaned_data["words"], by=user, now=now()
        )

    return ask(request, asked, form, act, (_("Answer the person"), _("Answer")))


@login_required
@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, number: int) -> HttpResponse:
    """Refuse with a reason."""
    asked, user = handled(request, number)
    form = RefuseForm(request.POST or None)

    def act() -> object:
        return rights.refuse(
            asked=asked, reason=form.cleaned_data["words"], by=user, now=now()
        )

    return ask(
        request, asked, form, act, (_("Refuse the request"), _("Refuse")), danger=True
    )


@login_required
@require_POST
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    """Note that the person does not want it any more."""
    asked, user = handled(request, number)
    return do(request, asked, lambda: rights.take_back(asked=asked, by=user, now=now()))


@login_required
@require_POST
def make_package(request: HttpRequest, number: int) -> HttpResponse:
    """Have the package of all data made."""
    asked, user = handled(request, number)
    if first := proof_first(request, _page_of(asked)):
        return first

    def act() -> object:
        made = package.ask_package(asked=asked, by=user, now=now())
        nudge_jobs()
        return made

    return do(request, asked, act)


@login_required
@require_POST
def password(request: HttpRequest, number: int) -> HttpResponse:
    """Show the password of the package once, to be told at the telephone."""
    asked, user = handled(request, number)
    if first := proof_first(request, _page_of(asked)):
        return first
    try:
        clear = package.tell_password(package=_newest(asked), by=user, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return back_to(asked)
    context = {"asked": asked, "password": clear}
    response = render(request, "customers/rights_password.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@login_required
@require_POST
def mail_password(request: HttpRequest, number: int) -> HttpResponse:
    """Send the password to a second verified address of the person."""
    asked, _user = handled(request, number)
    if first := proof_first(request, _page_of(asked)):
        return first
    return do(
        request,
        asked,
        lambda: package.mail_password(package=_newest(asked), now=now()),
    )


@login_required
@require_POST
def propose(request: HttpRequest, number: int) -> HttpResponse:
    """Propose the erasure; another person decides."""
    asked, user = handled(request, number)
    return do(request, asked, lambda: propose_erasure(asked=asked, by=user, now=now()))


@login_required
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """Erase the person: asked once more, because nothing brings them back."""
    asked, user = one_request(request, number), staff(request)
    if not may(user, APPROVE_ERASURE):
        raise PermissionDenied
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> object:
        done = approve_erasure(asked=asked, by=user, now=now())
        nudge_erasures()
        return done

    return ask(
        request,
        asked,
        form,
        act,
        (_("Erase this person?"), _("Erase for good")),
        danger=True,
        why=_(
            "Name, contacts, addresses, notes and everything that was said go for good. Cases, dates and figures stay. This cannot be undone."
        ),
    )


def handled(request: HttpRequest, number: int) -> tuple[RightsRequest, User]:
    """Return the request and the reader, who has to be one who handles requests."""
    asked, user = one_request(request, number), staff(request)
    if not may(user, HANDLE_RIGHTS):
        raise PermissionDenied
    return asked, user


def _newest(asked: RightsRequest) -> RightsPackage:
    found = asked.packages.order_by("-asked_at").first()
    if found is None:
        raise RuleError(_("There is no package yet."))
    return found


def do(
    request: HttpRequest, asked: RightsRequest, act: Callable[[], object]
) -> HttpResponse:
    """Do the act and go back; a refusal is said there."""
    try:
        act()
    except RuleError as refusal:
        messages.error(request, str(refusal))
    nudge_rights_letters()
    return back_to(asked)


def ask(  # what one act needs
    request: HttpRequest,
    asked: RightsRequest,
    form: forms.Form,
    act: Callable[[], object],
    words: tuple[str, str],
    **more: Any,
) -> HttpResponse:
    """Show the form, or do the act and go back; a refusal comes back with the words."""
    if form.is_valid():
        try:
            act()
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_rights_letters()
            return back_to(asked)
    context = {
        "title": words[0],
        "explanation": more.get("why") or f"{asked.code} · {asked.customer.code}",
        "form": form,
        "submit_label": words[1],
        "action_url": request.path,
        "cancel_url": reverse("customers:rights-request", args=[asked.number]),
        "danger": more.get("danger", False),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)


def _page_of(asked: RightsRequest) -> str:
    return reverse("customers:rights-request", args=[asked.number])


def back_to(asked: RightsRequest) -> HttpResponse:
    """Lead to the page of the request."""
    return redirect(_page_of(asked))

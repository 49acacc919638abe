"""What a person wants corrected: taken down, corrected by one button, or declined."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions import corrections
from customers.actions.records import TakenError
from customers.forms.rights import CorrectionForm, DeclineForm
from customers.models import Correction, Field, RightsRequest
from customers.views.probing import may_look, note_taken, too_many_looks
from customers.views.rights_acts import ask, do, handled
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User

# Where such a value is taken, that is told: the same question as a search.
_CONTACTS = (Field.PHONE, Field.EMAIL)


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Take down which field is wrong and how it should read."""
    asked, user = handled(request, number)
    form = CorrectionForm(request.POST or None)

    def act() -> object:
        return corrections.ask_correction(
            asked=asked, by=user, now=now(), **form.cleaned_data
        )

    words = _("What should be corrected?"), _("Take it down")
    return ask(request, asked, form, act, words)


@login_required
@require_POST
def accept(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Correct the record as the person asked."""
    asked, user, correction = _one(request, number, pk)

    def act() -> object:
        typed = [(correction.field, str(correction.proposed))]
        if correction.field in _CONTACTS and not may_look(request, user, typed):
            raise RuleError(too_many_looks())
        try:
            done = corrections.accept_correction(
                correction=correction, by=user, now=now()
            )
        except TakenError as refusal:
            note_taken(refusal, user)
            raise
        messages.success(request, _("The record is corrected."))
        return done

    return do(request, asked, act)


@login_required
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Leave the record as it is, with a reason."""
    asked, user, correction = _one(request, number, pk)
    form = DeclineForm(request.POST or None)

    def act() -> object:
        return corrections.decline_correction(
            correction=correction, reason=form.cleaned_data["words"], by=user, now=now()
        )

    words = _("Why is this not corrected?"), _("Decline")
    return ask(request, asked, form, act, words, danger=True)


def _one(
    request: HttpRequest, number: int, pk: UUID
) -> tuple[RightsRequest, User, Correction]:
    asked, user = handled(request, number)
    found = get_object_or_404(asked.corrections.select_related("request"), pk=pk)
    return asked, user, found

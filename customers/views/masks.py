"""The mask matrix: what each role sees of each field."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions.mask_rules import Saved, confirm_masks, drop_masks, save_matrix
from customers.forms.masks import MatrixForm
from customers.models import Field, MaskChange, Mode
from customers.permissions import MASKS, SET_LIMITS
from customers.views import by_two
from customers.views.one import staff
from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError

UNPROCESSABLE = 422


@login_required
@require_http_methods(["GET", "POST"])
def matrix(request: HttpRequest) -> HttpResponse:
    """Show the matrix, and save it as one whole."""
    user = staff(request)
    require(user, MASKS)
    form = MatrixForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            saved = save_matrix(modes=form.modes(), seen=seen, by=user, now=now())
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            _say(request, saved)
            return redirect("customers:masks")
    changes = by_two.lines(
        MaskChange, user, page="customers:masks", naming=_naming(form), at=now()
    )
    context = {
        "form": form,
        "fields": list(Field),
        "modes": _modes(),
        "waiting": [each for each in changes if each["waits"]],
        "changes": [each for each in changes if not each["waits"]],
        "limits_url": reverse("customers:limits") if may(user, SET_LIMITS) else "",
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "customers/masks.html", context, status=status)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let roles see more, as another person asked."""
    change = by_two.found(request, MaskChange, pk, MASKS)
    return by_two.decide(request, change, confirm_masks, back="customers:masks")


@login_required
@require_POST
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decline what waits, or withdraw one's own."""
    change = by_two.found(request, MaskChange, pk, MASKS)
    return by_two.decide(request, change, drop_masks, back="customers:masks")


def _say(request: HttpRequest, saved: Saved) -> None:
    if saved.changed or not saved.waiting:
        text = ngettext("%d rule changed.", "%d rules changed.", saved.changed)
        messages.success(request, text % saved.changed)
    if saved.waiting:
        text = ngettext(
            "%d rule shows more: it waits for another person.",
            "%d rules show more: they wait for another person.",
            saved.waiting,
        )
        messages.info(request, text % saved.waiting)


def _naming(form: MatrixForm) -> by_two.Naming:
    roles = {role.key: role for role in form.roles}
    fields = dict(Field.choices)
    modes = dict(Mode.choices)

    def named(key: str, mode: Any) -> tuple[str, Any]:
        role, _colon, field = key.partition(":")
        words = {"role": roles.get(role, role), "field": fields.get(field, field)}
        return _("%(role)s: %(field)s") % words, modes.get(mode, mode)

    return named


def _modes() -> list[dict[str, Any]]:
    words = {
        Mode.HIDDEN: _("Nothing shows, and it cannot be revealed. A name becomes the "
                       "customer number."),
        Mode.MASKED: _("A part shows, such as 138****5678. The whole is revealed for a "
                       "purpose, on the record."),
        Mode.READ: _("The whole value shows, everywhere, without a question."),
        Mode.EDIT: _("The whole value shows and can be changed."),
    }  # fmt: skip
    return [{"label": mode.label, "words": words[mode]} for mode in Mode]

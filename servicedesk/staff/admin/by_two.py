"""Say in the administration what waits for a second person, and for whom."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.tasks import nudge_notifications
from servicedesk.staff.models import AccessKind, AccessProposal, User
from servicedesk.staff.queries.access import Seconds, seconds, takes_two


def why_field() -> forms.CharField:
    """Return the field for the reason, which a second person reads."""
    return forms.CharField(
        label=gettext_lazy("why"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Needed for whatever opens customer data to somebody, or lets into an "
            "account that does: it waits for a second person, who reads this."
        ),
    )


def say_why() -> str:
    """Return what is said where the reason is missing."""
    return _("This waits for a second person: say why.")


def hold_back(user: User, form: Any, *, by: User) -> dict[AccessKind, str]:
    """Undo in a filled-in account what takes two people, and return what it was.

    For another e-mail address the address comes along.
    """
    held: dict[AccessKind, str] = {}
    if not takes_two(user, by=by):
        return held
    if "email" in form.changed_data:
        held[AccessKind.EMAIL] = user.email
        user.email = form.initial["email"]
        form.changed_data.remove("email")
    if "is_active" in form.changed_data and user.is_active:
        held[AccessKind.ACTIVE] = ""
        user.is_active = False
        form.changed_data.remove("is_active")
    return held


def ways_to_ask(people: Iterable[User], kind: AccessKind) -> SafeString:
    """Return for each person the way to ask for what takes two."""
    words = _("%(name)s opens customer data: ask a second person.")
    rows = [
        (reverse("staff:power-ask", args=[each.pk, kind]), words % {"name": each})
        for each in people
    ]
    return format_html_join(" ", '<a href="{}">{}</a>', rows)


def tell_waiting(request: HttpRequest, asked: Iterable[AccessProposal]) -> None:
    """Say for whom it waits, and lead to the page."""
    found = list(asked)
    if found:
        nudge_notifications()
        messages.warning(request, waiting_words(found))


def waiting_words(asked: Iterable[AccessProposal]) -> str:
    """Return what waits and who may confirm it, each as a link; "–" if nothing does."""
    found = list(asked)
    if not found:
        return "–"
    those = seconds()
    address = reverse("staff:powers")
    rows = [(address, _words(each, those)) for each in found]
    return format_html_join(" ", '<a href="{}">{}</a>', rows)


def _words(proposal: AccessProposal, those: Seconds) -> str:
    names = ", ".join(str(each) for each in those.of(proposal))
    if not names:
        return _(
            "%(what)s: waits, and nobody here may confirm it. A superuser makes "
            "somebody who may."
        ) % {"what": proposal.label}
    words = {"what": proposal.label, "names": names}
    return _("%(what)s: waits for confirmation by %(names)s.") % words

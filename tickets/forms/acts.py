"""What is asked when somebody assigns, transfers, escalates, waits, resolves."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.db.models import Model, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import User
from tickets.models import Category, Phase, Severity, Ticket, TicketStatus, Urgency
from tickets.queries.people import able_in, places


def _text(
    label: Any, *, required: bool = True, rows: int = 3, help_text: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class AnsweringForm(forms.Form):
    """A form whose words answer the customer: it knows the last message that was seen."""

    seen_seq = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"seen_seq": ticket.message_count})
        super().__init__(*args, **kwargs)

    def show_again(self, ticket: Ticket) -> None:
        """Come back with what was typed, now that the newest message is in sight."""
        typed = cast("QueryDict", self.data).copy()
        typed["seen_seq"] = str(ticket.message_count)
        self.data = typed


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Colleague"),
        required=False,
        empty_label=_("Back to the queue"),
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = able_in([ticket.team_id])  # type: ignore[attr-defined]


class OneOfField(forms.ChoiceField):
    """One of some rows that are at hand already; what is chosen is the row."""

    rows: Mapping[str, Any]

    def offer(self, rows: Iterable[Model], empty: Any) -> None:
        """Set what can be chosen, each once, in this order."""
        self.rows = {str(row.pk): row for row in rows}
        labels = [(key, str(row)) for key, row in self.rows.items()]
        self.choices = [("", empty), *labels]

    def clean(self, value: Any) -> Any:
        return self.rows.get(super().clean(value))


class TransferForm(AnsweringForm):
    team = OneOfField(label=_("To the team"))
    to = OneOfField(label=_("To a person of that team"), required=False)
    words = _text(
        _("Explanation to the customer"),
        help_text=_("The customer gets this at once: who will help now, and why."),
    )
    hand_over = _text(
        _("Hand-over note"),
        help_text=_("For the colleagues: what is known, what is left to do."),
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, ticket=ticket, **kwargs)
        there = list(places().exclude(team=ticket.team_id))
        teams = sorted({each.team for each in there}, key=lambda team: team.slug)
        people = sorted(
            {each.user for each in there}, key=lambda user: (user.display_name, user.pk)
        )
        cast("OneOfField", self.fields["team"]).offer(teams, _("Please choose"))
        cast("OneOfField", self.fields["to"]).offer(people, _("Nobody in particular"))


class EscalateForm(forms.Form):
    reason = _text(_("Why it goes up"))


class WaitForm(forms.Form):
    status = forms.ChoiceField(
        label=_("Waiting for whom"),
        widget=forms.RadioSelect,
        choices=[
            (TicketStatus.WAITING_CUSTOMER, _("The customer (the clocks pause)")),
            (TicketStatus.WAITING_COLLEAGUES, _("Colleagues (the clocks run on)")),
            (TicketStatus.OPEN, _("Nobody: it is our turn")),
        ],
    )
    reason = _text(_("What we wait for"), required=False, rows=2)

    def clean_status(self) -> TicketStatus:
        return TicketStatus(self.cleaned_data["status"])


class ResolveForm(AnsweringForm):
    words = _text(
        _("Message to the customer"),
        rows=4,
        help_text=_("The customer reads this, and is asked whether it is solved."),
    )
    root_cause = _text(
        _("Root cause"), rows=2, help_text=_("For the records: why it happened.")
    )
    solution = _text(
        _("Solution"), rows=3, help_text=_("For the next time: what helped.")
    )


class ReopenForm(forms.Form):
    reason = _text(_("Why it is open again"))


class ClassifyForm(forms.Form):
    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Category"), empty_label=None
    )
    severity = forms.TypedChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=lambda value: Severity(int(value)),
    )
    urgency = forms.TypedChoiceField(
        label=_("Urgency"),
        choices=Urgency.choices,
        coerce=lambda value: Urgency(int(value)),
    )
    phase = forms.TypedChoiceField(
        label=_("Sales phase"), choices=Phase.choices, coerce=Phase
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "category": ticket.category_id,
                "severity": ticket.severity,
                "urgency": ticket.urgency,
                "phase": ticket.phase,
            },
        )
        super().__init__(*args, **kwargs)
        usable = Category.objects.filter(Q(active=True) | Q(pk=ticket.category_id))
        self.fields["category"].queryset = usable  # type: ignore[attr-defined]

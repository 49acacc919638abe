"""What is asked when somebody assigns, transfers, escalates, waits, resolves."""

from typing import Any, cast

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customers.models import RevealPurpose
from servicedesk.staff.models import Team, User
from tickets.models import Category, Phase, Severity, Ticket, TicketStatus, Urgency
from tickets.queries.people import able_in


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


class TransferForm(AnsweringForm):
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("To the team"), empty_label=_("Please choose")
    )
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("To a person of that team"),
        required=False,
        empty_label=_("Nobody in particular"),
    )
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
        others = Team.objects.filter(active=True).exclude(pk=ticket.team_id)
        people = able_in(others)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
        self.fields["team"].queryset = others.filter(  # type: ignore[attr-defined]
            memberships__user__in=people.order_by()
        ).distinct()


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


class RevealForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=RevealPurpose.choices,
        widget=forms.RadioSelect,
        help_text=_("Each view is recorded. Promotion is not a purpose here."),
    )

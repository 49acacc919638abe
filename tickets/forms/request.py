"""What a customer may type: a request, a further message, an answer to "solved?"."""

import datetime as dt
import hashlib
import unicodedata
import uuid
from collections import defaultdict
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.identify import Contact, parse_contact
from servicedesk.core.errors import RuleError
from servicedesk.core.public_forms import CarefulForm
from tickets.forms.request_files import CustomerFilesField
from tickets.models import Category

LONGEST = 10_000


class OneLineField(forms.CharField):
    """One line of visible characters: nothing that turns or hides the text around it."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        seen = "".join(char if char.isprintable() else " " for char in text)
        # The validator of CharField still has to see (and refuse) a zero byte.
        return "\x00" if "\x00" in text else " ".join(seen.split())


class RequestForm(CarefulForm):
    """What somebody asks who need not be known: the public form."""

    name = OneLineField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact = OneLineField(
        label=gettext_lazy("Phone number or e-mail address"),
        max_length=254,
        help_text=gettext_lazy("We use it only to reach you about this request."),
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), label=gettext_lazy("What is it about?")
    )
    subject = OneLineField(label=gettext_lazy("In a few words"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("What happened, and what can we do?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    attachments = CustomerFilesField()
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, now=now, **kwargs)
        offered = Category.objects.offered().select_related("parent", "team")
        field: Any = self.fields["category"]
        field.queryset = offered
        field.choices = [("", _("Please choose")), *_grouped(list(offered))]
        self.initial.setdefault("client_key", uuid.uuid4())

    def clean_contact(self) -> Contact:
        try:
            text = unicodedata.normalize("NFKC", self.cleaned_data["contact"])
            return parse_contact(text)
        except RuleError as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def mend(self, words: QueryDict) -> None:
        if "client_key" in self.errors:
            words["client_key"] = str(uuid.uuid4())

    def key(self) -> uuid.UUID:
        """Return the key of what is asked: the same form with the same words.

        Whoever goes back and writes something else with the same form asks for
        something else, and gets a number of its own.
        """
        said = self.cleaned_data
        contact: Contact = said["contact"]
        files = [f"{each.name}:{each.size}" for each in said["attachments"]]
        parts = [contact.value, said["name"], str(said["category"].pk)]
        parts += [said["subject"], said["body"], *files]
        digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return uuid.uuid5(said["client_key"], digest)


class MessageForm(forms.Form):
    """A further message on the customer's own page."""

    body = forms.CharField(
        label=gettext_lazy("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    attachments = CustomerFilesField()
    no_answer = forms.BooleanField(
        label=gettext_lazy("No answer needed"),
        help_text=gettext_lazy(
            "A word of thanks, for example: the request stays solved."
        ),
        required=False,
    )
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, over: bool, **kwargs: Any) -> None:
        """Offer "no answer needed" only where the request is over already."""
        super().__init__(*args, **kwargs)
        if not over:
            del self.fields["no_answer"]
        self.initial.setdefault("client_key", uuid.uuid4())


class AnswerForm(forms.Form):
    """Solved, or not solved and why."""

    answer = forms.ChoiceField(
        choices=[("solved", "solved"), ("not_solved", "not_solved")]
    )
    words = forms.CharField(
        label=gettext_lazy("If not: what is still missing?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _grouped(offered: list[Category]) -> list[Any]:
    """Return the choices: a category with kinds of its own is the head of a group."""
    below: dict[int, list[Category]] = defaultdict(list)
    for each in offered:
        if each.parent_id is not None:
            below[each.parent_id].append(each)
    choices: list[Any] = []
    told: set[int] = set()
    for each in offered:
        head = each if each.pk in below else each.parent
        if head is None:
            choices.append((each.pk, each.label))
        elif head.pk not in told:
            told.add(head.pk)
            members = [
                one for one in offered if one.pk == head.pk and not one.parent_id
            ]
            members += below[head.pk]
            choices.append((head.label, [(one.pk, one.label) for one in members]))
    return choices

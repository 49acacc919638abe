"""An answer to the customer, a note for colleagues, and the draft of either."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.forms.files import FilesField
from tickets.models import MessageKind

LONGEST = 20_000


class ReplyForm(forms.Form):
    body = forms.CharField(
        label=_("Message to the customer"), widget=forms.Textarea, max_length=LONGEST
    )
    attachments = FilesField()
    client_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    seen_seq = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    body = forms.CharField(
        label=_("Internal note"), widget=forms.Textarea, max_length=LONGEST
    )
    attachments = FilesField()
    client_key = forms.UUIDField(required=False, widget=forms.HiddenInput)


class TakeNextForm(forms.Form):
    """A double click on "take next" takes one ticket."""

    client_key = forms.UUIDField(required=False, widget=forms.HiddenInput)


class DraftForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[("reply", MessageKind.OUTBOUND), ("note", MessageKind.NOTE)]
    )
    body = forms.CharField(required=False, max_length=LONGEST, strip=False)

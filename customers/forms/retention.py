"""What officers fill in about how long data are kept."""

from django import forms

from customers.models import RetentionRule


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RetentionRule
        fields = ["days", "basis"]
        widgets = {"basis": forms.Textarea(attrs={"rows": 3})}


class SeenForm(forms.Form):
    """`seen` is what the page showed: how many rows would go."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

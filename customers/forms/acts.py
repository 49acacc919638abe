"""What is asked about contacts, people, purchases, payments and consents."""

import unicodedata
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.actions.identify import Contact, parse_contact
from customers.forms.fields import MomentField, OneOfField, agreed, agreed_way
from customers.models import (
    ConsentPurpose,
    ConsentWay,
    ContactKind,
    Customer,
    LawfulBasis,
    PaymentMethod,
    Purchase,
    PurchaseStatus,
)
from customers.models.purchase import currency_code
from customers.queries.numbers import read_code
from servicedesk.core.errors import RuleError

_QUIET = {"autocomplete": "off"}


class ContactForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("", gettext_lazy("Phone or e-mail, as it reads")),
            (ContactKind.WECHAT, ContactKind.WECHAT.label),
            (ContactKind.OTHER, ContactKind.OTHER.label),
        ],
        required=False,
    )
    value = forms.CharField(
        label=gettext_lazy("Number, address or account"),
        max_length=254,
        widget=forms.TextInput(attrs=_QUIET),
    )
    note = forms.CharField(
        label=gettext_lazy("Use"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Such as “office” or “mornings”; no names or numbers."),
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        kind, value = given.get("kind"), given.get("value", "")
        if not value:
            return given
        if kind:
            plain = unicodedata.normalize("NFKC", value).strip()
            given["contact"] = Contact(ContactKind(kind), plain)
            return given
        try:
            given["contact"] = parse_contact(value)
        except RuleError as refusal:
            self.add_error("value", str(refusal))
        return given

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs."""
        return {
            "contact": self.cleaned_data["contact"],
            "note": self.cleaned_data["note"],
        }


class VerifyForm(forms.Form):
    way = forms.ChoiceField(
        label=gettext_lazy("Verified"),
        choices=[
            ("called", pgettext_lazy("way of verifying", "By calling back")),
            ("answered", pgettext_lazy("way of verifying", "By an answer from there")),
            ("document", pgettext_lazy("way of verifying", "By a document")),
            ("present", pgettext_lazy("way of verifying", "In person")),
        ],
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("Eight digits, as the customer reads them to you."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}
        ),
    )


class PersonForm(forms.Form):
    other = forms.CharField(
        label=gettext_lazy("Customer number of the other"),
        max_length=20,
        help_text=gettext_lazy("Such as C-000123."),
        widget=forms.TextInput(attrs=_QUIET),
    )
    role = forms.CharField(
        label=gettext_lazy("Role"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Such as “purchasing”."),
    )

    def clean_other(self) -> int:
        number = read_code(self.cleaned_data["other"])
        if number is None:
            raise forms.ValidationError(_("Type a customer number, such as C-000123."))
        return number


class PurchaseForm(forms.Form):
    order_number = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=60,
        widget=forms.TextInput(attrs=_QUIET),
    )
    product = forms.CharField(label=gettext_lazy("Product"), max_length=200)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        max_digits=14,
        decimal_places=2,
        min_value=Decimal(0),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        initial="CNY",
        validators=[currency_code],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=PurchaseStatus.choices
    )
    bought_at = MomentField(label=gettext_lazy("Bought"))


class PurchaseStatusForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=PurchaseStatus.choices
    )


class PaymentForm(forms.Form):
    purchase = OneOfField(label=gettext_lazy("Purchase"), required=False)
    method = forms.ChoiceField(
        label=gettext_lazy("Method"), choices=PaymentMethod.choices
    )
    account = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=60,
        widget=forms.TextInput(attrs=_QUIET),
        help_text=gettext_lazy("Once saved it shows to nobody without a grant."),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        max_digits=14,
        decimal_places=2,
        min_value=Decimal(0),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        initial="CNY",
        validators=[currency_code],
    )
    paid_at = MomentField(label=gettext_lazy("Paid"))
    agreed = agreed()
    agreed_way = agreed_way()

    def __init__(
        self, *args: Any, customer: Customer, has_consent: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        bought = Purchase.objects.filter(customer=customer).order_by("-bought_at")[:100]
        cast("OneOfField", self.fields["purchase"]).offer(
            bought, gettext_lazy("No purchase on record")
        )
        if has_consent:
            del self.fields["agreed"], self.fields["agreed_way"]

    def clean(self) -> dict[str, Any]:
        if "agreed" in self.fields and not self.cleaned_data.get("agreed"):
            self.add_error(
                "agreed", _("Without this consent the account may not be kept.")
            )
        return self.cleaned_data

    def wanted(self) -> dict[str, Any]:
        """Return what the action needs."""
        given = dict(self.cleaned_data)
        agreed_now = given.pop("agreed", False)
        way = given.pop("agreed_way", "") or "phone"
        return {"paid": given, "consent_way": way if agreed_now else ""}


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"), choices=ConsentPurpose.choices
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Lawful basis"), choices=LawfulBasis.choices
    )
    way = forms.ChoiceField(
        label=gettext_lazy("Given"), choices=ConsentWay.choices, initial="phone"
    )
    given_at = MomentField(label=gettext_lazy("Since"))


class WithdrawForm(forms.Form):
    way = forms.ChoiceField(
        label=gettext_lazy("Withdrawn"), choices=ConsentWay.choices, initial="phone"
    )

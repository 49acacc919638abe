"""What somebody typed to find a customer, and all that it can mean."""

import re
import unicodedata

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.identify import parse_contact
from customers.models import ContactKind
from customers.queries.numbers import read_code
from customers.queries.search import Asked
from servicedesk.core.errors import RuleError

_MOST = 200
_LAST4 = re.compile(r"(?<![^\s])(\d{4})(?![^\s])")
_DIALLED = re.compile(r"[\d\s+().-]{7,}")
_MASKED = (ContactKind.PHONE, ContactKind.EMAIL)
_SHORTEST_ORDER, _SHORTEST_ID, _SHORTEST_NAME = 4, 6, 2
_LONGEST_ORDER, _LONGEST_ID, _LONGEST_NAME = 60, 40, 120


class CustomerSearchForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Search for a customer"), max_length=_MOST
    )

    def clean_words(self) -> str:
        """Refuse what nobody can be found by, saying why."""
        words: str = self.cleaned_data["words"]
        asked = read(words)
        if not asked.ways:
            raise forms.ValidationError(
                _(
                    "Four digits alone fit too many. Add the city, the whole name or "
                    "the beginning of an order number."
                )
                if _LAST4.fullmatch(unicodedata.normalize("NFKC", words).strip())
                else _("Type a little more.")
            )
        return words

    @property
    def asked(self) -> Asked:
        """What is looked for; call after `is_valid`."""
        return read(self.cleaned_data["words"])

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The values that a mask hides by the field that each would be; once valid.

        Of an account at a messenger a mask leaves one character, which says nothing.
        """
        asked = self.asked
        found = [each for each in asked.contacts if each[0] in _MASKED]
        found += [("id_number", asked.id_number)] if asked.id_number else []
        names = (asked.name, asked.beside if _is_a_name(asked.beside) else "")
        return found + [("name", each) for each in names if each]


def read(words: str) -> Asked:
    """Return all that the words can mean."""
    plain = " ".join(unicodedata.normalize("NFKC", words).split())
    number = read_code(plain, marked=True)
    if number is not None:
        return Asked(number=number)
    last4, beside = _last4(plain)
    if last4:
        # Digits in groups may be a whole number as well.
        contacts = _contacts(plain) if _DIALLED.fullmatch(plain) else ()
        ends = last4 if beside else ""
        return Asked(contacts=contacts, last4=ends, beside=beside)
    contacts = _contacts(plain)
    if "@" in plain and contacts:
        return Asked(contacts=contacts)
    return Asked(
        contacts=contacts,
        order=plain if _SHORTEST_ORDER <= len(plain) <= _LONGEST_ORDER else "",
        id_number=plain if _is_an_id(plain) else "",
        name=plain if _is_a_name(plain) else "",
    )


def _contacts(plain: str) -> tuple[tuple[str, str], ...]:
    found = []
    try:
        contact = parse_contact(plain)
        found.append((contact.kind.value, contact.value))
    except RuleError:
        pass
    if " " not in plain and "@" not in plain and len(plain) >= _SHORTEST_ORDER:
        # An account at a messenger looks like anything.
        found += [
            (kind.value, plain) for kind in (ContactKind.WECHAT, ContactKind.OTHER)
        ]
    return tuple(found)


def _last4(plain: str) -> tuple[str, str]:
    """Return four digits that stand alone, and what stands beside them."""
    found = _LAST4.search(plain)
    if found is None:
        return "", ""
    beside = (plain[: found.start()] + plain[found.end() :]).strip()
    return found[1], " ".join(beside.split())


def _is_an_id(plain: str) -> bool:
    digits = sum(letter.isdigit() for letter in plain)
    return _SHORTEST_ID <= len(plain) <= _LONGEST_ID and digits * 2 >= len(plain)


def _is_a_name(plain: str) -> bool:
    return _SHORTEST_NAME <= len(plain) <= _LONGEST_NAME and not any(
        letter.isdigit() for letter in plain
    )

"""What all forms without login share: a trap, and a clock that programs are too quick for."""

import datetime as dt
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _

TRAP = "second_address"
"""A field that people do not see, and programs fill in."""
SOONEST = dt.timedelta(seconds=2)
"""Nobody fills in a form faster than this."""
_CLOCK = signing.Signer(salt="core.public_form.opened")


class CarefulForm(forms.Form):
    """A public form. `opened` and the trap stop programs without asking people."""

    opened = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.initial.setdefault("opened", stamp(now))

    def clean(self) -> dict[str, Any]:
        if self.data.get(TRAP) or self._too_soon():
            raise forms.ValidationError(
                _(
                    "Nothing has been sent yet. Please look it over and send it once more."
                )
            )
        return self.cleaned_data

    def once_more(self) -> None:
        """Mend what the page itself put into the form, for a second try."""
        words = QueryDict(mutable=True)
        words.update(self.data)
        if self._opened_at() is None:
            words["opened"] = stamp(self.now)
        self.mend(words)
        self.data = words

    def mend(self, words: QueryDict) -> None:
        """Put right what else a page puts into its form by itself."""

    def _too_soon(self) -> bool:
        opened = self._opened_at()
        # Signed and later than now: another machine's clock, and no program's trick.
        return opened is None or dt.timedelta() <= self.now - opened < SOONEST

    def _opened_at(self) -> dt.datetime | None:
        try:
            stamp = _CLOCK.unsign(str(self.data.get("opened", "")))
            return dt.datetime.fromtimestamp(int(stamp), tz=dt.UTC)
        except (signing.BadSignature, ValueError, OverflowError):
            return None


def stamp(now: dt.datetime) -> str:
    """Return the signed moment at which a form was opened."""
    return _CLOCK.sign(str(int(now.timestamp())))

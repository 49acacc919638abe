"""What the law has us keep of somebody who was erased, and why."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

PURCHASES = "purchases"
CONSENTS = "consents"
LOOKS = "looks"
CASES = "cases"


def reasons_of(kept: Iterable[str]) -> list[str]:
    """Return a sentence for each kind of data that was kept, in the reader's language."""
    sentences = {
        PURCHASES: _(
            "Orders of the last years, without your name: the E-Commerce Law has us keep transactions for at least three years (article 31)."
        ),
        CONSENTS: _(
            "When you gave and withdrew consent: we have to be able to prove it (PIPL, articles 14 and 69)."
        ),
        LOOKS: _(
            "Who of us looked at your data, when and why: it is our duty to account for that (PIPL, articles 51 and 54)."
        ),
        CASES: _(
            "Dates, categories and durations of your requests, without your name or words: they are figures that no longer concern a person."
        ),
    }
    return [sentences[each] for each in kept if each in sentences]

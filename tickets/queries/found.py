"""Where in a ticket the words were found, with the hits marked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.core.search.asked import Asked, Term
from servicedesk.core.search.snippet import Span, marked, spans
from servicedesk.staff.models import User
from tickets.models import Message, MessageKind, Ticket
from tickets.queries.texts import kinds_for

_LOOKS = ((6, 2_000), (40, 20_000))
"""So many of the newest messages of a ticket are looked through, so much of each; those
of the second look only where subject and first look do not hold all of the words."""


@dataclass(frozen=True)
class Found:
    """What a row of results shows of the hit: the subject, and a stretch of a text.

    `where` names the text; `note` says that it is internal.
    """

    subject: SafeString
    where: str
    text: SafeString
    note: bool = False


_NO_TEXT = SafeString("")


@dataclass(frozen=True)
class _Best:
    """The text that holds most of the terms, so far."""

    hits: int = 0
    where: str = ""
    text: SafeString = _NO_TEXT
    note: bool = False


_Text = tuple[str, str, str]
"""Kind of message, name for the reader, and the text itself."""


def found_in(tickets: Sequence[Ticket], asked: Asked, user: User) -> dict[UUID, Found]:
    """Return for each ticket where it holds what was asked; at most two queries."""
    subjects = {each.pk: spans(each.subject, asked.terms) for each in tickets}
    best = {each.pk: _seek(_Best(), _own(each), asked) for each in tickets}
    left, whole = list(best), len(asked.terms)
    for messages, length in _LOOKS:
        left = [key for key in left if best[key].hits < whole]
        said = _said(left, user, messages, length) if left else {}
        for key, texts in said.items():
            best[key] = _seek(best[key], texts, asked)
        left = [key for key in left if len(subjects[key]) < whole]
    return {
        each.pk: _found(each, asked, subjects[each.pk], best[each.pk])
        for each in tickets
    }


def _seek(best: _Best, texts: Iterable[_Text], asked: Asked) -> _Best:
    for kind, label, text in texts:
        here = spans(text, asked.terms)
        if len(here) > best.hits:
            shown = marked(text, _every(here.values()))
            best = _Best(len(here), label, shown, note=kind == MessageKind.NOTE)
        if len(here) == len(asked.terms):
            break
    return best


def _found(
    ticket: Ticket, asked: Asked, in_subject: dict[Term, list[Span]], best: _Best
) -> Found:
    subject = marked(ticket.subject, _every(in_subject.values()), width=200)
    where = best.where
    if not where and not in_subject:
        where = _place_without_text(ticket, asked)
    return Found(subject, where, best.text, note=best.note)


def _own(ticket: Ticket) -> Iterator[_Text]:
    yield "", _("Solution"), ticket.solution
    yield "", _("Root cause"), ticket.root_cause


def _place_without_text(ticket: Ticket, asked: Asked) -> str:
    if spans(ticket.number, asked.terms):
        return ""  # the number stands in the row anyway
    return _("In an older part of the conversation")


def _every(found: Iterable[list[Span]]) -> list[Span]:
    return [span for each in found for span in each]


def _said(
    keys: Sequence[UUID], user: User, messages: int, length: int
) -> dict[UUID, list[_Text]]:
    rows = Message.objects.filter(
        ticket__in=keys,
        kind__in=kinds_for(user),
        seq__gt=F("ticket__message_count") - messages,
    ).order_by("ticket", "-seq")
    said = defaultdict[UUID, list[_Text]](list)
    for key, kind, body in rows.values_list("ticket_id", "kind", Left("body", length)):
        said[key].append((kind, str(MessageKind(kind).label), body))
    return said

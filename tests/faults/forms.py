"""Every form that does something to a ticket: how it comes about, and what a second post says."""

import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import DAY, HOUR, MINUTE, TicketFactory, UserFactory, team_of
from tests.tickets.customer_page.ways import address, page_behind
from tests.tickets.test_request_form import FORM, filled
from tickets.actions.follow_up import advance
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import Letter


@dataclass(frozen=True)
class Form:
    """`fill` makes the stage ready and returns address and content.

    `again` is what the second post answers, and `words` what it says (a msgid).
    """

    fill: Any
    again: int = 302
    words: str = ""
    who: str = "wang"


def stage_of(language="en"):
    """Make an agent, her lead, another team and a ticket that nobody has taken."""
    people, mark = SimpleNamespace(now=timezone.now()), uuid.uuid4().hex[:6]
    people.chen = UserFactory(
        display_name="Chen Jie", username=f"chen.{mark}", team="technical"
    )
    people.wang = UserFactory(
        display_name="Wang Fang",
        username=f"wang.{mark}",
        team="call-centre",
        language=language,
    )
    people.zhao = UserFactory(
        display_name="Zhao Min",
        username=f"zhao.{mark}",
        role="supervisor",
        team="call-centre",
        lead=True,
    )
    people.ticket = TicketFactory(now=people.now - 2 * DAY)
    people.other = TicketFactory(now=people.now - DAY)
    return people


def browser_of(stage, form, language="en"):
    """Return a browser of whoever posts this form: signed in, or with the link open."""
    browser = Client(headers={"Accept-Language": language.removesuffix("-hans")})
    if link := getattr(stage, "link", ""):
        browser.get(link)
    if form.who:
        browser.force_login(getattr(stage, form.who))
    return browser


def _act(name, **content):
    def fill(stage):
        given = {
            key: value(stage) if callable(value) else value
            for key, value in content.items()
        }
        return reverse(f"tickets:{name}", args=[stage.ticket.number]), given

    return fill


def _once_resolved(fill, *, asked=(), first=HOUR):
    def filled_in(stage):
        at = stage.now - first
        resolve(
            ticket=stage.ticket, root_cause="a", solution="b", words="c",
            by=stage.wang, now=at,
        )  # fmt: skip
        stage.row = stage.ticket.follow_ups.get()
        for later in asked:
            advance(pk=stage.row.pk, now=at + later)
        return fill(stage)

    return filled_in


def _once_taken(fill):
    def filled_in(stage):
        take(ticket=stage.ticket, by=stage.wang, now=stage.now)
        return fill(stage)

    return filled_in


def _letter(stage):
    letter = stage.ticket.letters.get()
    Letter.objects.filter(pk=letter.pk).update(state="failed", error="550")
    return reverse("tickets:letter", args=[stage.ticket.number, letter.pk]), {}


def _record(outcome):
    def fill(stage):
        form = {"outcome": outcome, "words": "没有声音"}
        return reverse("tickets:follow-up-record", args=[stage.row.pk]), form

    return fill


def _customer(part, **content):
    def fill(stage):
        given = {
            key: value() if callable(value) else value for key, value in content.items()
        }
        stage.link = address(stage.ticket, stage.now)
        return page_behind(stage.link) + part, given

    return fill


def _key(*_stage):
    return str(uuid.uuid4())


def _new(stage):
    return reverse("tickets:new"), {
        "name": "Zhang", "contact": f"{_key()[:8]}@example.com", "language": "zh-hans",
        "channel": "phone", "phase": "after_sale",
        "category": stage.ticket.category_id, "severity": 3, "urgency": 3,
        "subject": "再次来电", "body": "还是没有声音", "client_key": _key(),
    }  # fmt: skip


CALLED = {"asked": (10 * MINUTE, 25 * HOUR), "first": 26 * HOUR}
RESOLVE = {"words": "已换新", "root_cause": "b", "solution": "c", "seen_seq": 1}
OVER = "This follow-up is over: somebody was quicker."
FORMS = {
    "request": Form(lambda _stage: (FORM, filled(contact=f"{_key()[:8]}@example.com")), who=""),
    "new": Form(_new),
    "reply": Form(_act("reply", body="您好", seen_seq=1, client_key=_key)),
    "note": Form(_act("note", body="问物流", client_key=_key)),
    "take": Form(_act("take")),
    "take next": Form(lambda _s: (reverse("tickets:take-next"), {"client_key": _key()})),
    "assign": Form(_act("assign", to=lambda s: s.zhao.pk)),
    "undo take": Form(
        _once_taken(_act("undo")),
        words="It is too late to undo. Assign the ticket instead.",
    ),
    "transfer": Form(
        _act("transfer", team=lambda _s: team_of("technical").pk, words="w",
             hand_over="h", seen_seq=1),
        words="You have transferred this ticket already.",
    ),
    "escalate": Form(
        _act("escalate", reason="angry"), 422,
        "The ticket is at the second level already.",
    ),
    "wait": Form(_act("wait", status="waiting_colleagues", reason="物流")),
    "classify": Form(
        _act("classify", category=lambda s: s.ticket.category_id, severity=1,
             urgency=1, phase="after_sale")
    ),
    "resolve": Form(
        _act("resolve", **RESOLVE), 422, "This ticket has been resolved already."
    ),
    "undo resolve": Form(
        _once_resolved(_act("undo"), first=MINUTE),
        words="It is too late to undo. Assign the ticket instead.",
    ),
    "reopen": Form(
        _once_resolved(_act("reopen", reason="again")), 422, "This ticket is open."
    ),
    "letter again": Form(_letter),
    "call: solved": Form(_once_resolved(_record("satisfied"), **CALLED), 422, OVER),
    "call: not solved": Form(
        _once_resolved(_record("not_satisfied"), **CALLED), 422, OVER
    ),
    "call: nobody answered": Form(
        _once_resolved(_record("unreachable"), **CALLED), 422,
        "A call that nobody answered was written down just before. "
        "The next try counts from %(time)s on.",
    ),
    "customer writes": Form(
        _customer("reply/", body="还有一件事", client_key=_key), who=""
    ),
    "customer writes when resolved": Form(
        _once_resolved(_customer("reply/", body="还是不行", client_key=_key)), who=""
    ),
    "solved": Form(_once_resolved(_customer("answer/", answer="solved")), who=""),
    "not solved": Form(
        _once_resolved(_customer("answer/", answer="not_solved", words="没声音")),
        who="",
    ),
}  # fmt: skip

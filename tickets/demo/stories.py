"""Play a request through the real actions, each at its time in the past."""

import datetime as dt

from django.core.files.base import ContentFile
from django.db.models import Q

from customers.models import Customer
from servicedesk.staff.models import Team, User
from tickets.actions import follow_up
from tickets.actions.create import Request, create_ticket
from tickets.actions.customer_page import customer_writes
from tickets.actions.escalate import escalate
from tickets.actions.reply import note, reply
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.transfer import transfer
from tickets.actions.wait import wait
from tickets.actions.watch_clocks import check_clock
from tickets.demo.script import Caller, Script
from tickets.models import (
    Category,
    Channel,
    ClockState,
    FollowUp,
    FollowUpOutcome,
    Ticket,
    TicketStatus,
    scaled,
)

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
# How long after the request somebody takes it, and how long until they answer.
PACE = {"chat": (SECOND, 2 * SECOND), "phone": (SECOND, 4 * SECOND)}
UNHURRIED = (12 * MINUTE, 25 * MINUTE)
STEPS = {"asked": 1, "solved": 1, "unsolved": 1, "again": 1, "called": 2,
         "unreachable": 2, "call": 2, "missed": 3}  # fmt: skip
HANDLERS = {
    "call-centre": ("agent", "agent2"),
    "technical": ("senior", "emma"),
    "logistics": ("agent2", "senior"),
    "complaints": ("complaints",),
}


class Story:
    """One ticket's way from the first word to where its script leaves it."""

    def __init__(
        self, script: Script, caller: Caller, *, place: int, now: dt.datetime
    ) -> None:
        self.script = script
        self.place = place
        self.caller = caller
        self.words = script.words
        self.now = now
        self.at = now - script.at
        self.category = Category.objects.select_related("team").get(
            slug=script.category
        )
        self.by = self._handler(self.category.team)
        self.ticket: Ticket = self._received()

    def play(self) -> Ticket:
        """Do everything that the script says; return the ticket."""
        script = self.script
        if script.story != "new":
            self._taken()
            end = self.now - (script.resolved or dt.timedelta())
            if "more" in self.words:
                self._until(self.at + (end - self.at) / 2)
                customer_writes(
                    ticket=self.ticket, body=self.words["more"], now=self.at
                )
            if script.resolved is None:
                self._left()
            else:
                self._until(end)
                self._resolved()
        self._until(self.now)
        return self.ticket

    def _received(self) -> Ticket:
        script, caller = self.script, self.caller
        name, _bar, content = self.words.get("file", "").partition(" | ")
        asked = Request(
            name=caller.name,
            contact=caller.contact,
            category=self.category,
            subject=self.words["subject"],
            body=self.words["text"],
            channel=Channel(script.channel),
            language=caller.language,
            severity=script.severity,
            urgency=script.urgency,
            files=[ContentFile(content.encode(), name=name)] if name else [],
        )
        written_down = self.by if script.channel == Channel.PHONE else None
        ticket = create_ticket(request=asked, by=written_down, now=self.at)
        customer = Customer.objects.get(pk=ticket.customer_id)
        if not customer.city:
            customer.city, customer.kind = caller.city, caller.kind
            customer.save(update_fields=["city", "kind"])
        return ticket

    def _taken(self) -> None:
        begun = self.at
        after, answered = PACE.get(self.script.channel, UNHURRIED)
        self._until(begun + after)
        take(ticket=self.ticket, by=self.by, now=self.at)
        if "note" in self.words and self.script.story != "transferred":
            self._note(self.at)
        if "answer" in self.words:
            self._until(begun + answered)
            reply(
                ticket=self.ticket, body=self.words["answer"], by=self.by, now=self.at
            )

    def _left(self) -> None:
        """Leave an unsolved ticket as its story says."""
        ticket, by, words = self.ticket, self.by, self.words
        if self.script.story in {"waiting", "colleagues"}:
            status = {
                "waiting": TicketStatus.WAITING_CUSTOMER,
                "colleagues": TicketStatus.WAITING_COLLEAGUES,
            }[self.script.story]
            wait(ticket=ticket, status=status, by=by, now=self.at)
        elif self.script.story == "transferred":
            self._until(self.at + 20 * MINUTE)
            transfer(
                ticket=ticket,
                team=Team.objects.get(slug=self.script.to),
                to=None,
                words=words["said"],
                hand_over=words["note"],
                by=by,
                now=self.at,
            )
        elif self.script.story == "escalated":
            self._until(self.at + HOUR)
            escalate(ticket=ticket, reason=words["reason"], by=by, now=self.at)

    def _resolved(self) -> None:
        resolve(
            ticket=self.ticket,
            root_cause=self.words["cause"],
            solution=self.words["solution"],
            words=self.words["said"],
            by=self.by,
            now=self.at,
        )
        owed = FollowUp.objects.get(ticket=self.ticket)
        for _step in range(STEPS.get(self.script.story, 0)):
            owed.refresh_from_db()
            if owed.next_at is None or owed.next_at > self.now:
                break
            self.at = owed.next_at
            follow_up.advance(pk=owed.pk, now=self.at)
        self._followed_up(owed)

    def _followed_up(self, owed: FollowUp) -> None:
        story = self.script.story
        self.at = min(self.at + scaled(2 * HOUR), self.now)
        if story in {"solved", "unsolved", "again"}:
            happy = story != "unsolved"
            said = "" if happy else self.words["words"]
            follow_up.answer(
                ticket=self.ticket, satisfied=happy, words=said, now=self.at
            )
        if story == "again":
            self._until(self.at + 5 * HOUR)
            customer_writes(ticket=self.ticket, body=self.words["words"], now=self.at)
        if story == "called":
            self._call(owed, FollowUpOutcome.SATISFIED)
        if story == "unreachable":
            for _try in range(3):
                self._call(owed, FollowUpOutcome.UNREACHABLE)
                self.at += scaled(3 * HOUR)

    def _call(self, owed: FollowUp, outcome: FollowUpOutcome) -> None:
        follow_up.record_call(
            follow_up=owed, outcome=outcome, words="", by=self.by, now=self.at
        )

    def _note(self, at: dt.datetime) -> None:
        note(ticket=self.ticket, body=self.words["note"], by=self.by, now=at)

    def _until(self, moment: dt.datetime) -> None:
        """Let time pass, with the warnings and breaches that fall into it."""
        moment = min(moment, self.now)
        overdue = Q(breached_at__isnull=True, due_at__lt=moment)
        warned = Q(warned_at__isnull=True, breached_at__isnull=True, warn_at__lt=moment)
        running = self.ticket.clocks.filter(state=ClockState.RUNNING)
        for clock in running.filter(overdue | warned).order_by("due_at"):
            for due in (clock.warn_at, clock.due_at):
                if due is not None and due < moment:
                    check_clock(pk=clock.pk, now=due + SECOND / 100)
        self.at = moment

    def _handler(self, team: Team) -> User:
        names = HANDLERS.get(team.slug, ("agent",))
        if team.slug == "technical":
            chosen = names[self.caller.language == "en"]
        else:
            chosen = names[self.place % len(names)]
        return User.objects.get(username=chosen)

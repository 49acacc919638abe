"""Transfer, escalation and classification."""

import pytest

from servicedesk.core.errors import RuleError
from servicedesk.core.models import LiveEvent
from servicedesk.staff.models import Team, User
from tests.desk import fresh
from tests.factories import HOUR, MINUTE, NOW, TicketFactory, UserFactory, team_of
from tickets.actions import follow_up
from tickets.actions.classify import classify
from tickets.actions.escalate import escalate
from tickets.actions.messages import NewerMessageError
from tickets.actions.reply import receive
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.transfer import transfer
from tickets.models import (
    Category,
    LetterKind,
    MessageKind,
    Phase,
    Priority,
    Severity,
    Ticket,
    TicketStatus,
    Urgency,
)


def hand_over(ticket, by, team="technical", to=None, now=NOW):
    return transfer(
        ticket=ticket,
        team=team_of(team),
        to=to,
        words="我们的技术同事会联系您。",
        hand_over="Firmware, says the customer. Serial number in message 1.",
        by=by,
        now=now,
    )


def sees(user, ticket):
    return Ticket.objects.visible_to(fresh(user)).filter(pk=ticket.pk).exists()


def end(ticket, by):
    resolve(ticket=ticket, root_cause="", solution="", words="Done", by=by, now=NOW)


def test_a_transfer_tells_the_customer_and_the_colleagues(ticket, wang, chen):
    take(ticket=ticket, by=wang, now=NOW)
    hand_over(ticket, wang, to=chen, now=NOW + HOUR)
    now = fresh(ticket)
    assert (now.team.slug, now.assignee) == ("technical", chen)
    words, note = ticket.messages.order_by("seq")[1:]
    assert (words.kind, words.body) == (
        MessageKind.OUTBOUND,
        "我们的技术同事会联系您。",
    )
    assert note.kind == MessageKind.NOTE
    assert ticket.letters.get(kind=LetterKind.TRANSFER).message == words
    assert ticket.clocks.get(target="first_response").met_by == wang
    event = ticket.events.get(kind="transferred")
    assert event.reason.startswith("Firmware")
    assert event.by == wang


def test_after_a_transfer_the_new_team_sees_it_and_the_old_one_does_not(
    ticket, wang, li, chen
):
    assert (sees(wang, ticket), sees(li, ticket), sees(chen, ticket)) == (
        True,
        True,
        False,
    )
    hand_over(ticket, wang)
    assert sees(chen, ticket)
    assert not sees(li, ticket)
    assert sees(wang, ticket), "who transfers keeps sight of it"


def test_transferred_twice_by_one_person_is_one_grant(ticket, wang, chen):
    hand_over(ticket, wang)
    hand_over(ticket, chen, team="call-centre")
    hand_over(ticket, wang)
    assert sees(wang, ticket)
    assert sees(chen, ticket)


def test_both_teams_hear_of_a_transfer(ticket, wang, chen):
    old = ticket.team_id
    hand_over(ticket, wang)
    heard = LiveEvent.objects.filter(kind="ticket_transferred")
    assert {f"team:{old}", f"team:{team_of('technical').pk}"} <= set(
        heard.values_list("channel", flat=True)
    )


def test_a_transfer_to_the_same_team_is_refused(ticket, wang):
    with pytest.raises(RuleError, match="with this team already"):
        hand_over(ticket, wang, team="call-centre")


def test_a_transfer_to_a_person_of_another_team_is_refused(ticket, wang, li, chen):
    with pytest.raises(RuleError, match="Li Lei is not in the team Technical support"):
        hand_over(ticket, wang, to=li)
    assert ticket.messages.count() == 1
    assert fresh(ticket).team.slug == "call-centre"


def test_a_transfer_to_a_team_that_was_given_up_is_refused(ticket, wang):
    Team.objects.filter(slug="technical").update(active=False)
    with pytest.raises(RuleError, match="Technical support takes no tickets"):
        hand_over(ticket, wang)


def test_a_transfer_to_who_has_left_is_refused(ticket, wang, chen):
    UserFactory(display_name="Ma Li", team="technical")
    chen.is_active = False
    chen.save()
    with pytest.raises(RuleError, match="Chen Jie"):
        hand_over(ticket, wang, to=chen)


def test_a_ticket_that_is_over_is_not_handed_on(ticket, wang, chen):
    end(ticket, wang)
    with pytest.raises(RuleError, match="over"):
        hand_over(ticket, wang)
    with pytest.raises(RuleError, match="over"):
        escalate(ticket=ticket, reason="angry", by=wang, now=NOW)


def test_escalation_goes_to_the_one_who_leads(ticket, wang, zhao):
    take(ticket=ticket, by=wang, now=NOW)
    escalate(ticket=ticket, reason="asks for a refund over 500", by=wang, now=NOW)
    now = fresh(ticket)
    assert (now.level, now.assignee) == (2, zhao)
    event = ticket.events.get(kind="escalated")
    assert (event.before, event.after, event.by) == (str(wang.pk), str(zhao.pk), wang)
    assert "refund" in event.reason
    heard = LiveEvent.objects.filter(kind="ticket_escalated")
    assert {f"user:{wang.pk}", f"user:{zhao.pk}"} <= set(
        heard.values_list("channel", flat=True)
    )


def test_escalated_twice_is_refused(ticket, wang, zhao):
    escalate(ticket=ticket, reason="a", by=wang, now=NOW)
    with pytest.raises(RuleError, match="second level already"):
        escalate(ticket=ticket, reason="b", by=wang, now=NOW)


def test_where_nobody_leads_the_handler_keeps_it_at_level_two(desk):
    liu = UserFactory(display_name="Liu Yang", team="logistics")
    ticket = TicketFactory(category="repair")
    take(ticket=ticket, by=liu, now=NOW)
    escalate(ticket=ticket, reason="a", by=liu, now=NOW)
    assert (fresh(ticket).level, fresh(ticket).assignee) == (2, liu)


def test_a_lead_who_has_left_gets_nothing(ticket, wang, zhao):
    zhao.is_active = False
    zhao.save()
    deputy = UserFactory(display_name="Ma Li", team="call-centre", lead=True)
    escalate(ticket=ticket, reason="a", by=wang, now=NOW)
    assert fresh(ticket).assignee == deputy


def sort(ticket, by, category="technical", severity=1, urgency=1, phase="in_sale"):
    return classify(
        ticket=ticket,
        category=Category.objects.get(slug=category),
        severity=Severity(severity),
        urgency=Urgency(urgency),
        phase=Phase(phase),
        by=by,
        now=NOW,
    )


def test_classifying_sets_the_priority_and_leaves_team_and_promises(ticket, wang):
    clocks = list(ticket.clocks.order_by("id").values())
    sort(ticket, wang)
    now = fresh(ticket)
    assert now.priority == Priority.URGENT
    assert (now.kind, now.phase, now.category.slug) == (
        "problem",
        "in_sale",
        "technical",
    )
    assert now.team.slug == "call-centre"
    assert list(ticket.clocks.order_by("id").values()) == clocks
    assert ticket.events.get(kind="classified").by == wang


def test_classifying_the_same_again_is_no_news(ticket, wang):
    sort(ticket, wang)
    sort(ticket, wang)
    assert ticket.events.filter(kind="classified").count() == 1


def test_what_is_over_is_not_classified(ticket, wang):
    end(ticket, wang)
    with pytest.raises(RuleError, match="over"):
        sort(ticket, wang)
    assert fresh(ticket).status == TicketStatus.RESOLVED


def test_a_team_in_which_nobody_answers_customers_gets_no_tickets(ticket, wang):
    UserFactory(
        display_name="Zheng Jie", role="data_protection_officer", team="management"
    )
    with pytest.raises(RuleError, match="takes no tickets"):
        hand_over(ticket, wang, team="management")
    assert fresh(ticket).team.slug == "call-centre"


def test_sight_alone_is_not_work_and_ends_when_the_ticket_closes(ticket, wang, chen):
    hand_over(ticket, wang, to=chen)
    handed = fresh(ticket)
    assert Ticket.objects.visible_to(User.objects.get(pk=wang.pk)).contains(handed)
    assert not handed.worked_by(User.objects.get(pk=wang.pk))
    assert handed.worked_by(User.objects.get(pk=chen.pk))

    end(ticket, chen)
    follow_up.answer(ticket=ticket, satisfied=True, now=NOW + HOUR)

    assert not Ticket.objects.visible_to(User.objects.get(pk=wang.pk)).exists()


def test_who_left_every_team_lost_what_was_handed_over(ticket, wang, chen):
    hand_over(ticket, wang, to=chen)
    wang.memberships.all().delete()
    assert not Ticket.objects.visible_to(User.objects.get(pk=wang.pk)).exists()


def test_nothing_is_handed_over_past_a_message_that_was_not_seen(ticket, wang, chen):
    seen = ticket.messages.count()
    receive(ticket=ticket, body="Wait, one more thing", now=NOW + MINUTE)
    with pytest.raises(NewerMessageError):
        transfer(
            ticket=ticket, team=team_of("technical"), to=None, words="w", hand_over="h",
            by=wang, now=NOW + HOUR, seen_seq=seen,
        )  # fmt: skip
    assert fresh(ticket).unanswered_since is not None

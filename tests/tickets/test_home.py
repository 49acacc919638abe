"""The start page: what each role must do now."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.staff.models import User
from tests.factories import DAY, HOUR, TicketFactory, UserFactory
from tickets.actions.escalate import escalate
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import FollowUp, FollowUpStage, Letter, LetterState, Ticket

AGENT = [
    "Overdue: yours",
    "Follow-up calls to make",
    "Waiting for your answer",
    "Unassigned in your teams",
]
LEADER = ["At the second level", "Missed follow-ups", "Letters in trouble"]


def sections(client):
    page = client.get("/")
    assert page.status_code == 200
    return {str(each["title"]): each for each in page.context["sections"]}


def numbers(section):
    return [row.number for row in section["rows"]]


def call_due(by, ago=30 * HOUR, *, missed=False):
    now = timezone.now()
    ticket = TicketFactory(now=now - ago)
    resolve(
        ticket=ticket,
        root_cause="松动",
        solution="换新",
        words="好了",
        by=by,
        now=now - ago,
    )
    FollowUp.objects.filter(ticket=ticket).update(
        stage=FollowUpStage.CALL, missed_at=now if missed else None
    )
    return ticket


def test_an_agent_sees_what_is_overdue_to_call_to_answer_and_to_take(wang, client):
    now = timezone.now()
    late = TicketFactory(now=now - 60 * DAY)
    take(ticket=late, by=wang, now=now)
    calling = call_due(wang)
    free = TicketFactory(now=now)
    client.force_login(wang)

    found = sections(client)

    assert list(found) == AGENT
    assert numbers(found["Overdue: yours"]) == [late.number]
    assert numbers(found["Follow-up calls to make"]) == [calling.number]
    assert numbers(found["Waiting for your answer"]) == [late.number]
    assert numbers(found["Unassigned in your teams"]) == [free.number]


def test_what_is_a_colleagues_is_not_mine_and_other_teams_are_not_there(
    wang, li, chen, client
):
    now = timezone.now()
    take(ticket=TicketFactory(now=now - 60 * DAY), by=li, now=now)
    call_due(li)
    TicketFactory(category="technical", now=now)
    client.force_login(wang)

    assert [each["count"] for each in sections(client).values()] == [""] * 4


def test_a_supervisor_also_sees_second_level_missed_and_letters(zhao, wang, client):
    now = timezone.now()
    high = TicketFactory(now=now)
    escalate(ticket=high, reason="很急", by=wang, now=now)
    missed = call_due(wang, missed=True)
    troubled = TicketFactory(now=now)
    Letter.objects.filter(ticket=troubled).update(state=LetterState.FAILED)
    client.force_login(zhao)

    found = sections(client)

    assert set(found) == {*AGENT, *LEADER}
    assert numbers(found["At the second level"]) == [high.number]
    assert numbers(found["Missed follow-ups"]) == [missed.number]
    assert numbers(found["Letters in trouble"]) == [troubled.number]


def test_a_supervisor_sees_nothing_of_another_team(zhao, chen, client):
    now = timezone.now()
    theirs = TicketFactory(category="technical", now=now)
    escalate(ticket=theirs, reason="很急", by=chen, now=now)
    Letter.objects.update(state=LetterState.UNSURE)
    client.force_login(zhao)

    assert {each["count"] for each in sections(client).values()} == {""}
    assert theirs.number not in client.get("/").content.decode()


def test_rows_are_five_the_most_pressing_first_and_counts_end_at_99(wang, client):
    now = timezone.now()
    made = [TicketFactory(now=now + HOUR * place / 60) for place in range(101)]
    Ticket.objects.filter(pk=made[50].pk).update(priority=1)
    client.force_login(wang)

    section = sections(client)["Unassigned in your teams"]

    assert section["count"] == "99+"
    assert numbers(section) == [
        each.number for each in (made[50], made[0], made[1], made[2], made[3])
    ]


def test_an_administrator_gets_settings_and_no_ticket(desk, client):
    ticket = TicketFactory(now=timezone.now())
    client.force_login(
        UserFactory(role="administrator", team="call-centre", is_staff=True)
    )

    page = client.get("/")

    addresses = [each["url"] for each in page.context["links"]]
    assert "/admin/staff/user/" in addresses
    assert page.context["sections"] == []
    assert ticket.number not in page.content.decode()
    for address in addresses:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("role", "offer"),
    [
        ("quality_analyst", "Open the inbox"),
        ("trainer", "Open your profile"),
        ("management", "Open your profile"),
        ("data_protection_officer", "Open your profile"),
        ("knowledge_editor", "Open your profile"),
        (None, "Open your profile"),
    ],
)
def test_others_are_told_what_they_can_do_today(desk, client, role, offer):
    client.force_login(UserFactory(role=role, team="call-centre"))

    page = client.get("/")

    assert offer in page.content.decode()
    assert client.get(page.context["nothing"]["action_url"]).status_code == 200


def test_each_section_leads_to_a_page_that_is_there(zhao, client):
    client.force_login(zhao)

    for section in sections(client).values():
        if section["url"]:
            assert client.get(section["url"]).status_code == 200


def test_a_stranger_is_sent_to_the_login(desk, client):
    assert client.get("/").status_code == 302


def test_names_are_masked(wang, client):
    TicketFactory(name="欧阳明月", now=timezone.now())
    client.force_login(wang)

    assert "欧阳明月" not in client.get("/").content.decode()


def test_one_and_three_rows_cost_the_same_queries(zhao, wang, client):
    client.force_login(zhao)

    def work(times):
        now = timezone.now()
        for _each in range(times):
            mine = TicketFactory(now=now - 60 * DAY)
            take(ticket=mine, by=zhao, now=now)
            escalate(ticket=mine, reason="很急", by=zhao, now=now)
            call_due(zhao, missed=True)
            TicketFactory(now=now)
        Letter.objects.update(state=LetterState.FAILED)

    def cost():
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    work(1)
    one = cost()
    work(2)

    assert cost() == one
    assert one <= 12


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_speaks_both_languages(zhao, client, language):
    User.objects.filter(pk=zhao.pk).update(language=language)
    TicketFactory(now=timezone.now())
    client.force_login(zhao)

    assert client.get("/").status_code == 200

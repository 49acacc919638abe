"""The supervisor's page: its numbers, whom it is for, and what it costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import Membership, User
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory, UserFactory, team_of
from tickets.actions.reply import reply
from tickets.actions.resolve import reopen, resolve
from tickets.actions.take import assign, take
from tickets.actions.transfer import transfer
from tickets.models import FollowUp, FollowUpStage, ServiceClock, Ticket, TicketStatus
from tickets.queries import desk as figures

# Midnight in Shanghai, before NOW (10:00 there on 4 March).
MIDNIGHT = dt.datetime(2026, 3, 3, 16, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _shanghai():
    with timezone.override("Asia/Shanghai"):
        yield


def solve(ticket, by, now):
    return resolve(
        ticket=ticket,
        root_cause="松动",
        solution="换新",
        words="已寄出新品。",
        by=by,
        now=now,
    )


def again(user):
    """Return the person as the next request has them: with nothing kept."""
    return User.objects.get(pk=user.pk)


def test_today_is_from_midnight_to_midnight_on_the_readers_wall():
    shanghai = figures.day_of(NOW)
    with timezone.override("America/New_York"):
        new_york = figures.day_of(NOW)

    assert shanghai.start == MIDNIGHT
    assert shanghai.end == MIDNIGHT + DAY
    assert new_york.start == dt.datetime(2026, 3, 3, 5, 0, tzinfo=dt.UTC)


def test_a_day_is_an_hour_short_when_the_clocks_go_forward():
    with timezone.override("America/New_York"):
        day = figures.day_of(dt.datetime(2026, 3, 8, 17, 0, tzinfo=dt.UTC))

    length = day.end.astimezone(dt.UTC) - day.start.astimezone(dt.UTC)
    assert length == 23 * HOUR


def test_received_and_resolved_equal_a_count_from_scratch(zhao, wang):
    TicketFactory(now=MIDNIGHT - SECOND)
    at_midnight = TicketFactory(now=MIDNIGHT)
    yesterdays = TicketFactory(now=MIDNIGHT - 3 * HOUR)
    TicketFactory(now=NOW)
    spam = TicketFactory(now=NOW)
    Ticket.objects.filter(pk=spam.pk).update(status=TicketStatus.SPAM)
    before_midnight = TicketFactory(now=MIDNIGHT - 5 * HOUR)
    solve(before_midnight, wang, MIDNIGHT - SECOND)
    solve(yesterdays, wang, MIDNIGHT)
    solve(at_midnight, wang, NOW)
    regretted = TicketFactory(now=NOW)
    solve(regretted, wang, NOW)
    reopen(ticket=regretted, reason="又坏了", by=wang, now=NOW + MINUTE)

    counted = figures.today(zhao, now=NOW + HOUR)

    everything = list(Ticket.objects.all())
    midnight_to_midnight = range(24 * 3600)

    def is_today(moment):
        return int((moment - MIDNIGHT).total_seconds()) in midnight_to_midnight

    assert counted["received"] == 3
    assert counted["resolved"] == 2
    assert counted["received"] == sum(
        is_today(each.created_at) and each.status != "spam" for each in everything
    )
    assert counted["resolved"] == sum(
        each.resolved_at is not None and is_today(each.resolved_at)
        for each in everything
    )


def test_numbers_of_other_teams_are_not_counted(zhao, wang, chen):
    TicketFactory(category="technical", now=NOW)
    theirs = TicketFactory(category="technical", now=NOW)
    take(ticket=theirs, by=chen, now=NOW)
    solve(TicketFactory(category="technical", now=NOW), chen, NOW)
    away = TicketFactory(now=NOW)
    transfer(
        ticket=away,
        team=team_of("technical"),
        to=None,
        words="技术同事会继续。",
        hand_over="已测试。",
        by=zhao,
        now=NOW,
    )
    later = NOW + 30 * DAY

    assert figures.today(zhao, now=NOW) == {"received": 0, "resolved": 0}
    assert figures.loads(again(zhao), now=later) == []
    assert figures.breached(again(zhao), now=later) == []
    assert figures.at_risk(again(zhao), now=NOW) == []
    assert not figures.calls_due(again(zhao)).exists()
    # Zhao Min keeps sight of what she handed over, but it is no work of her team.
    assert Ticket.objects.visible_to(again(zhao)).filter(pk=away.pk).exists()


def test_who_has_what_and_what_nobody_has(zhao, wang, li):
    for _each in range(2):
        take(ticket=TicketFactory(now=NOW), by=wang, now=NOW)
    take(ticket=TicketFactory(now=NOW), by=li, now=NOW)
    TicketFactory(now=NOW)

    held = figures.loads(zhao, now=NOW)
    [team] = figures.teams(zhao, held)

    has = {row["name"]: row["open"] for row in team["rows"]}
    assert has == {"Zhao Min": 0, "Wang Fang": 2, "Li Lei": 1}
    assert team["unassigned"] == 1
    assert sum(each.open for each in held) == 4


def test_tickets_of_somebody_who_left_the_team_do_not_disappear(zhao, wang):
    take(ticket=TicketFactory(now=NOW), by=wang, now=NOW)
    Membership.objects.filter(user=wang).delete()

    [team] = figures.teams(zhao, figures.loads(zhao, now=NOW))

    assert [(row["name"], row["open"]) for row in team["rows"]] == [
        ("Zhao Min", 0),
        ("Wang Fang", 1),
    ]
    assert "no longer" in str(team["rows"][1]["presence_label"])


def test_breached_is_what_is_open_and_past_its_due_time(zhao, wang):
    late = TicketFactory(now=NOW)
    solve(TicketFactory(now=NOW), wang, NOW + MINUTE)
    due = Ticket.objects.get(pk=late.pk).due_at

    assert figures.breached(zhao, now=due) == []
    [row] = figures.breached(zhao, now=due + SECOND)
    assert row.number == late.number
    assert row.clock.state == "breached"
    assert sum(each.late for each in figures.loads(zhao, now=due + SECOND)) == 1


def test_about_to_breach_is_warned_of_or_due_within_the_hour(zhao):
    calm = TicketFactory(now=NOW + 2 * HOUR)
    pressing = TicketFactory(now=NOW)
    clock = ServiceClock.objects.get(ticket=pressing, target="first_response")

    assert figures.at_risk(zhao, now=clock.warn_at - SECOND) == []
    [row] = figures.at_risk(zhao, now=clock.warn_at)
    assert (row.number, row.clock.state) == (pressing.number, "warn")
    assert row.clock.due == clock.due_at
    assert pressing.number not in {
        each.number for each in figures.at_risk(zhao, now=clock.due_at + SECOND)
    }
    assert calm.number not in {
        each.number for each in figures.at_risk(zhao, now=clock.warn_at)
    }


def test_what_is_due_within_the_hour_is_listed_without_a_warning(zhao):
    ticket = TicketFactory(now=NOW)
    ServiceClock.objects.filter(ticket=ticket).update(warn_at=NOW + 30 * DAY)
    due = ServiceClock.objects.get(ticket=ticket, target="first_response").due_at

    assert figures.at_risk(zhao, now=due - HOUR - SECOND) == []
    assert [row.number for row in figures.at_risk(zhao, now=due - HOUR)] == [
        ticket.number
    ]


def test_a_ticket_with_two_pressing_promises_stands_there_once(zhao):
    ticket = TicketFactory(now=NOW)
    ServiceClock.objects.filter(ticket=ticket).update(warn_at=NOW)
    first = ServiceClock.objects.get(ticket=ticket, target="first_response")

    [row] = figures.at_risk(zhao, now=NOW + MINUTE)

    assert row.clock.due == first.due_at


def test_follow_ups_due_are_calls_and_missed_ones_soonest_first(zhao, wang):
    for number, stage in enumerate(["scheduled", "asked", "call", "call"]):
        solve(TicketFactory(now=NOW), wang, NOW + number * MINUTE)
        FollowUp.objects.filter(resolved_at=NOW + number * MINUTE).update(stage=stage)

    due = list(figures.calls_due(zhao))

    assert [each.stage for each in due] == [FollowUpStage.CALL] * 2
    assert due[0].due_at < due[1].due_at


@pytest.mark.parametrize(
    ("role", "answer"),
    [
        ("supervisor", 200),
        ("agent", 404),
        ("quality_analyst", 404),
        ("administrator", 404),
        ("management", 404),
    ],
)
def test_the_desk_exists_only_for_supervisors(desk, client, role, answer):
    client.force_login(UserFactory(role=role, team="call-centre"))

    addresses = ["/desk/", "/desk/received/", "/desk/resolved/", "/desk/open/"]
    assert [client.get(one).status_code for one in addresses] == [answer] * 4


def test_a_stranger_is_sent_to_the_login(desk, client):
    response = client.get("/desk/")

    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_a_supervisor_without_a_team_sees_an_empty_desk(desk, client):
    TicketFactory(now=timezone.now())
    client.force_login(UserFactory(role="supervisor"))

    page = client.get("/desk/")

    assert page.status_code == 200
    assert page.context["figures"][2]["value"] == 0
    assert page.context["teams"] == []


def test_the_page_shows_people_presence_and_masked_customers(zhao, wang, client):
    ticket = TicketFactory(name="欧阳明月", now=timezone.now() - 60 * DAY)
    take(ticket=ticket, by=wang, now=timezone.now())
    client.force_login(zhao)

    told = client.get("/desk/").content.decode()

    assert "Wang Fang" in told
    assert "Offline" in told
    assert ticket.number in told
    assert "欧阳明月" not in told
    assert 'data-live-on="user:' in told
    assert f"team:{team_of('call-centre').pk}" in told


def test_each_figure_opens_exactly_the_tickets_behind_it(zhao, wang, client):
    moment = timezone.now()
    for _each in range(3):
        TicketFactory(now=moment)
    solve(TicketFactory(now=moment), wang, moment)
    take(ticket=Ticket.objects.filter(status="new").first(), by=wang, now=moment)
    client.force_login(zhao)
    page = client.get("/desk/")

    for figure in page.context["figures"]:
        behind = client.get(figure["url"]).context
        rows = behind["list"]["rows"] if "list" in behind else behind["rows"]
        assert len(rows) == figure["value"], figure["label"]

    [team] = page.context["teams"]
    for member in team["rows"]:
        assert len(client.get(member["url"]).context["rows"]) == member["open"]


def test_a_list_behind_a_figure_stays_within_ones_teams(zhao, sun, chen, client):
    theirs = TicketFactory(category="technical", now=timezone.now())
    take(ticket=theirs, by=chen, now=timezone.now())
    client.force_login(zhao)
    technical = team_of("technical").pk

    for address in (f"/desk/open/?team={technical}", f"/desk/open/?person={chen.pk}"):
        page = client.get(address)
        assert page.context["rows"] == []
        assert theirs.number not in page.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/desk/nonsense/", "/desk/open/?team=x", "/desk/open/?person=99999999999"],
)
def test_nonsense_in_the_address_is_not_found(zhao, client, address):
    client.force_login(zhao)

    assert client.get(address).status_code == 404


def test_a_list_is_paged_and_a_broken_cursor_begins_again(zhao, client, monkeypatch):
    monkeypatch.setattr("tickets.queries.queues.PAGE", 2)
    made = [TicketFactory(now=timezone.now()).number for _each in range(3)]
    client.force_login(zhao)

    first = client.get("/desk/received/")
    second = client.get(first.context["next_url"])
    broken = client.get("/desk/received/?after=rubbish~too")

    seen = [row.number for row in [*first.context["rows"], *second.context["rows"]]]
    assert seen == made[::-1]
    assert second.context["newer_url"]
    assert [row.number for row in broken.context["rows"]] == made[:0:-1]


def test_a_script_gets_only_the_part(zhao, client):
    client.force_login(zhao)

    part = client.get("/desk/", headers={"HX-Request": "true"}).content.decode()

    assert 'id="desk"' in part
    assert "<html" not in part


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [each["sql"][:90] for each in queries]


def busy(people, tickets):
    """Make so many people with so many tickets each, some late, some called about."""
    long_ago = timezone.now() - 60 * DAY
    for _each in range(people):
        agent = UserFactory(team="call-centre")
        for _other in range(tickets):
            take(ticket=TicketFactory(now=long_ago), by=agent, now=long_ago)
            TicketFactory(now=timezone.now())
            solve(TicketFactory(now=long_ago), agent, long_ago)
    FollowUp.objects.update(stage=FollowUpStage.CALL)


def test_one_and_three_cost_the_same_queries(zhao, client):
    client.force_login(zhao)
    busy(people=1, tickets=1)
    one = queries_of(client, "/desk/")
    add_member(team=team_of("technical"), user=zhao, lead=True)
    add_member(team=team_of("logistics"), user=zhao, lead=True)
    busy(people=3, tickets=3)
    three = queries_of(client, "/desk/")

    assert len(one) == len(three), (one, three)
    assert len(three) <= 15


@pytest.mark.parametrize(
    ("language", "mark"), [("en", 'lang="en"'), ("zh-hans", 'lang="zh-Hans"')]
)
def test_the_page_speaks_both_languages(zhao, wang, client, language, mark):
    User.objects.filter(pk=zhao.pk).update(language=language)
    busy(people=1, tickets=1)
    client.force_login(zhao)

    page = client.get("/desk/")

    assert page.status_code == 200
    assert mark in page.content.decode()


def test_a_member_may_be_given_a_ticket_and_counts_at_once(zhao, wang, li):
    ticket = TicketFactory(now=NOW)
    reply(ticket=ticket, body="您好", by=wang, now=NOW)
    assign(ticket=ticket, to=li, by=zhao, now=NOW)

    [load] = figures.loads(zhao, now=NOW)

    assert (load.person, load.open) == (li.pk, 1)

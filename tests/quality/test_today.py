"""Today's quality: each figure equals a count from scratch."""

import datetime as dt
import statistics

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quality import queries
from quality.views import span
from servicedesk.staff.models import User
from tests.factories import DAY, HOUR, MINUTE, NOW, TicketFactory, UserFactory
from tickets.actions.follow_up import record_call
from tickets.actions.reply import reply
from tickets.actions.resolve import reopen, resolve
from tickets.models import (
    TRIES,
    Channel,
    ClockTarget,
    FollowUp,
    FollowUpOutcome,
    ServiceClock,
    TicketEvent,
)

# Midnight in Shanghai, before NOW (10:00 there on 4 March).
MIDNIGHT = dt.datetime(2026, 3, 3, 16, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
FIRST = ClockTarget.FIRST_RESPONSE


@pytest.fixture(autouse=True)
def _shanghai():
    with timezone.override("Asia/Shanghai"):
        yield


def answered(by, after, *, now=NOW, **asked):
    ticket = TicketFactory(now=now, **asked)
    reply(ticket=ticket, body="您好", by=by, now=now + after)
    return ticket


def solve(ticket, by, now):
    return resolve(
        ticket=ticket, root_cause="松动", solution="换新", words="好了", by=by, now=now
    )


def call(row, outcome, by, now):
    return record_call(follow_up=row, outcome=outcome, words="好", by=by, now=now)


def test_first_response_equals_a_count_from_scratch(zhao, wang):
    for seconds in (1, 2, 4):
        answered(wang, seconds * SECOND, channel=Channel.CHAT)
    answered(wang, 3 * HOUR, channel=Channel.WEB)
    # Asked in the last minute of yesterday, answered at the first second of today.
    answered(wang, MINUTE, now=MIDNIGHT - MINUTE, channel=Channel.CHAT)
    answered(wang, SECOND, now=MIDNIGHT - MINUTE, channel=Channel.CHAT)
    TicketFactory(now=NOW)

    whole = queries.answers(zhao, FIRST, now=NOW + 8 * HOUR)
    by_channel = queries.answers_by_channel(zhao, FIRST, now=NOW + 8 * HOUR)

    clocks = ServiceClock.objects.filter(target=FIRST, stopped_at__gte=MIDNIGHT)
    times = sorted(each.elapsed for each in clocks)
    assert whole.count == len(times) == 5
    assert whole.met == sum(each.elapsed <= each.seconds for each in clocks) == 3
    assert whole.median == statistics.median(times) == 4
    assert whole.tail == pytest.approx(
        statistics.quantiles(times, n=10, method="inclusive")[-1]
    )
    assert list(by_channel) == [Channel.CHAT, Channel.WEB]
    assert (by_channel[Channel.CHAT].met, by_channel[Channel.CHAT].count) == (2, 4)
    assert by_channel[Channel.WEB].share == 1
    assert by_channel[Channel.CHAT].median == 3


def test_resolution_counts_what_was_resolved_today(zhao, wang):
    solve(TicketFactory(now=NOW), wang, NOW + HOUR)
    solve(TicketFactory(now=MIDNIGHT - 2 * HOUR), wang, MIDNIGHT - SECOND)

    found = queries.answers(zhao, ClockTarget.RESOLUTION, now=NOW + 2 * HOUR)

    assert (found.count, found.met, found.median) == (1, 1, HOUR.total_seconds())


def test_follow_ups_kept_are_counted_of_those_due_today(zhao, wang):
    due_today = MIDNIGHT - 2 * DAY
    rows = {}
    for name, moment in {
        "kept": due_today,
        "late": due_today + SECOND,
        "waiting": NOW - 2 * DAY + HOUR,
        "overdue": NOW - 2 * DAY - HOUR,
        "tomorrow": due_today + DAY,
        "yesterday": due_today - SECOND,
    }.items():
        ticket = TicketFactory(now=moment - HOUR)
        solve(ticket, wang, moment)
        rows[name] = ticket.follow_ups.get()
    FollowUp.objects.update(stage="call")
    call(rows["kept"], FollowUpOutcome.SATISFIED, wang, MIDNIGHT - HOUR)
    call(rows["late"], FollowUpOutcome.SATISFIED, wang, MIDNIGHT + HOUR)
    call(rows["yesterday"], FollowUpOutcome.SATISFIED, wang, MIDNIGHT + HOUR)

    found = queries.follow_ups(zhao, now=NOW)

    start, end = MIDNIGHT, MIDNIGHT + DAY
    due = [each for each in FollowUp.objects.all() if start <= each.due_at < end]
    kept = [each for each in due if each.done_at and each.done_at <= each.due_at]
    assert (found.due, found.kept) == (len(due), len(kept)) == (4, 1)
    assert (found.missed, found.open) == (2, 1)


@pytest.mark.parametrize(
    ("outcome", "tries", "kept"),
    [("satisfied", 0, 1), ("not_satisfied", 1, 1), ("unreachable", TRIES, 1),
     ("unreachable", TRIES - 1, 0), ("unreachable", 0, 0)],
)  # fmt: skip
def test_given_up_after_too_few_tries_is_not_kept(zhao, wang, outcome, tries, kept):
    moment = MIDNIGHT - 2 * DAY + HOUR
    solve(TicketFactory(now=moment), wang, moment)
    FollowUp.objects.update(
        stage="done", outcome=outcome, tries=tries, done_at=MIDNIGHT, next_at=None
    )

    found = queries.follow_ups(zhao, now=NOW)

    assert (found.due, found.kept, found.missed, found.open) == (1, kept, 1 - kept, 0)


def test_a_follow_up_cancelled_in_time_is_not_due_but_a_missed_one_stays(zhao, wang):
    moment = MIDNIGHT - 2 * DAY + HOUR
    spared, missed = TicketFactory(now=moment), TicketFactory(now=moment)
    for ticket in (spared, missed):
        solve(ticket, wang, moment)
    reopen(ticket=spared, reason="又坏了", by=wang, now=MIDNIGHT)
    row = missed.follow_ups.get()
    FollowUp.objects.filter(pk=row.pk).update(missed_at=row.due_at)
    reopen(ticket=missed, reason="又坏了", by=wang, now=NOW)

    found = queries.follow_ups(zhao, now=NOW)

    assert (found.due, found.kept, found.missed) == (1, 0, 1)


def test_reopened_counts_each_ticket_of_today_once(zhao, wang):
    twice = TicketFactory(now=MIDNIGHT - DAY)
    for hour in (1, 2):
        solve(twice, wang, MIDNIGHT + hour * HOUR)
        reopen(
            ticket=twice, reason="又坏了", by=wang, now=MIDNIGHT + hour * HOUR + MINUTE
        )
    before = TicketFactory(now=MIDNIGHT - DAY)
    solve(before, wang, MIDNIGHT - HOUR)
    reopen(ticket=before, reason="又坏了", by=wang, now=MIDNIGHT - SECOND)

    events = TicketEvent.objects.filter(kind="reopened", at__gte=MIDNIGHT)
    assert len({each.ticket_id for each in events}) == 1
    assert queries.reopened(zhao, now=NOW) == 1


def test_another_teams_numbers_are_not_counted(zhao, chen):
    theirs = answered(chen, MINUTE, category="technical")
    solve(theirs, chen, NOW + HOUR)
    reopen(ticket=theirs, reason="又坏了", by=chen, now=NOW + 2 * HOUR)
    later = NOW + 3 * HOUR

    assert queries.answers(zhao, FIRST, now=later).count == 0
    assert queries.answers_by_channel(zhao, FIRST, now=later) == {}
    assert queries.answers(zhao, ClockTarget.RESOLUTION, now=later).count == 0
    assert queries.follow_ups(zhao, now=later + 2 * DAY).due == 0
    assert queries.reopened(zhao, now=later) == 0


@pytest.mark.parametrize(
    ("role", "answer"),
    [("supervisor", 200), ("agent", 404), ("administrator", 404), ("management", 404)],
)
def test_the_panel_is_for_supervisors(desk, client, role, answer):
    client.force_login(UserFactory(role=role, team="call-centre"))

    assert client.get("/quality/today/").status_code == answer
    assert client.get("/quality/today/first-response/").status_code == answer


def test_a_stranger_is_sent_to_the_login(desk, client):
    assert client.get("/quality/today/").status_code == 302


def test_the_desk_offers_the_panel_and_a_script_gets_only_the_part(zhao, client):
    client.force_login(zhao)

    assert 'hx-get="/quality/today/"' in client.get("/desk/").content.decode()
    whole = client.get("/quality/today/").content.decode()
    part = client.get(
        "/quality/today/", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<h1>" in whole
    assert "<html" not in part
    assert "Follow-ups kept" in part


def test_each_figure_opens_the_tickets_behind_it(zhao, wang, client):
    now = timezone.now()
    ticket = TicketFactory(now=now)
    reply(ticket=ticket, body="您好", by=wang, now=now)
    solve(ticket, wang, now)
    reopen(ticket=ticket, reason="又坏了", by=wang, now=now)
    old = TicketFactory(now=now - 2 * DAY)
    solve(old, wang, now - 2 * DAY)
    client.force_login(zhao)

    behind = {}
    for figure in client.get("/quality/today/").context["figures"]:
        rows = client.get(figure["url"]).context["rows"]
        behind[figure["url"].split("/")[-2]] = [row.number for row in rows]

    assert behind == {
        "first-response": [ticket.number],
        "resolution": [ticket.number],
        "follow-ups": [old.number],
        "reopened": [ticket.number],
    }
    assert client.get("/quality/today/nonsense/").status_code == 404


def test_one_and_three_rows_cost_the_same_queries(zhao, wang, client):
    client.force_login(zhao)

    def cost():
        client.get("/quality/today/")
        with CaptureQueriesContext(connection) as found:
            client.get("/quality/today/")
        return len(found)

    answered(wang, SECOND, now=timezone.now() - MINUTE, channel=Channel.CHAT)
    one = cost()
    for channel in (Channel.WEB, Channel.EMAIL):
        answered(wang, SECOND, now=timezone.now() - MINUTE, channel=channel)

    assert cost() == one
    assert one <= 12


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_speaks_both_languages(zhao, wang, client, language):
    User.objects.filter(pk=zhao.pk).update(language=language)
    answered(wang, SECOND, now=timezone.now() - MINUTE)
    client.force_login(zhao)

    assert client.get("/quality/today/").status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (2.96, "3.0 s"),
        (59.6, "1 min 0 s"),
        (61, "1 min 1 s"),
        (3725, "1 h 2 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_a_span_is_written_in_its_two_greatest_units(desk, seconds, words):
    assert span(seconds) == words

"""The list of follow-ups, and recording what a call brought."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.staff.models import User
from tests.factories import DAY, HOUR, MINUTE, TicketFactory, UserFactory
from tickets.actions.resolve import resolve
from tickets.models import TRY_GAP, FollowUp, FollowUpStage, Ticket, TicketStatus


def solved(by, ago=HOUR, **asked):
    """Return the follow-up of a ticket that was resolved some time ago."""
    moment = timezone.now() - ago
    ticket = TicketFactory(now=moment - MINUTE, **asked)
    resolve(
        ticket=ticket,
        root_cause="松动",
        solution="换新",
        words="已换新。",
        by=by,
        now=moment,
    )
    return ticket.follow_ups.get()


def call_due(by, ago=30 * HOUR, **asked):
    row = solved(by, ago, **asked)
    missed = row.due_at if row.due_at < timezone.now() else None
    FollowUp.objects.filter(pk=row.pk).update(
        stage=FollowUpStage.CALL, next_at=None, missed_at=missed
    )
    return FollowUp.objects.get(pk=row.pk)


def record_url(row):
    return f"/follow-ups/{row.pk}/record/"


def numbers(page):
    return [row["number"] for row in page.context["rows"]]


def tab(client, key):
    return client.get(f"/follow-ups/?tab={key}")


@pytest.fixture
def calls(wang, li, client):
    """Wang Fang is signed in; she has a call to make, so has Li Lei, and one is asked."""
    client.force_login(wang)
    return {
        "hers": call_due(wang),
        "his": call_due(li),
        "asked": solved(wang),
        "missed": call_due(wang, ago=50 * HOUR),
    }


def test_mine_are_the_calls_i_have_to_make_soonest_first(calls, client):
    page = tab(client, "mine")

    expected = [calls["missed"].ticket.number, calls["hers"].ticket.number]
    assert numbers(page) == expected
    assert [row["missed"] for row in page.context["rows"]] == [True, False]


def test_team_shows_all_that_is_owed_and_missed_only_the_missed(calls, client):
    assert len(numbers(tab(client, "team"))) == 4
    assert numbers(tab(client, "missed")) == [calls["missed"].ticket.number]


def test_done_shows_the_last_thirty_days_newest_first(calls, wang, client):
    now = timezone.now()
    for row, ago in (
        (calls["hers"], DAY),
        (calls["his"], HOUR),
        (calls["asked"], 31 * DAY),
    ):
        FollowUp.objects.filter(pk=row.pk).update(
            stage="done", outcome="satisfied", done_at=now - ago, done_by=wang
        )

    page = tab(client, "done")

    assert numbers(page) == [calls["his"].ticket.number, calls["hers"].ticket.number]
    assert "Satisfied" in page.content.decode()
    assert "Wang Fang" in page.content.decode()


def test_tabs_count_what_they_hold(calls, client):
    counted = [each["count"] for each in tab(client, "mine").context["tabs"]]

    assert counted == ["2", "4", "1", ""]


def test_an_unknown_tab_is_the_first_one(calls, client):
    assert numbers(tab(client, "nonsense")) == numbers(tab(client, "mine"))


def test_other_teams_follow_ups_are_neither_shown_nor_counted(calls, chen, client):
    theirs = call_due(chen, category="technical", ago=50 * HOUR)

    for key in ("mine", "team", "missed", "done"):
        page = tab(client, key)
        assert theirs.ticket.number not in page.content.decode()
    assert [each["count"] for each in page.context["tabs"]] == ["2", "4", "1", ""]
    assert client.get(record_url(theirs)).status_code == 404
    assert client.post(record_url(theirs), {"outcome": "satisfied"}).status_code == 404


def test_the_name_is_masked_and_the_number_is_not_there(wang, client):
    row = call_due(wang, name="欧阳明月", contact="13912345678")
    client.force_login(wang)

    for address in ("/follow-ups/", record_url(row)):
        told = client.get(address).content.decode()
        assert "欧*" in told or "欧阳*" in told
        assert "欧阳明月" not in told
        assert "5678" not in told
        assert f"/inbox/{row.ticket.number}/" in told


@pytest.mark.parametrize(
    ("role", "listed", "recorded"),
    [
        ("agent", 200, 200),
        ("supervisor", 200, 200),
        ("quality_analyst", 404, 403),
        ("administrator", 404, 404),
        ("management", 404, 404),
    ],
)
def test_each_role_gets_the_right_answer(wang, client, role, listed, recorded):
    row = call_due(wang)
    client.force_login(UserFactory(role=role, team="call-centre"))

    assert client.get("/follow-ups/").status_code == listed
    assert client.get(record_url(row)).status_code == recorded


def test_a_stranger_is_sent_to_the_login(wang, client):
    row = call_due(wang)

    for address in ("/follow-ups/", record_url(row)):
        assert client.get(address).status_code == 302


def test_a_satisfied_customer_closes_the_ticket(calls, client):
    response = client.post(record_url(calls["hers"]), {"outcome": "satisfied"})

    ticket = Ticket.objects.get(pk=calls["hers"].ticket_id)
    assert response.status_code == 302
    assert response["Location"] == "/follow-ups/"
    assert ticket.status == TicketStatus.CLOSED
    assert ticket.follow_ups.get().done_by.display_name == "Wang Fang"
    [toast] = [str(each) for each in get_messages(response.wsgi_request)]
    assert ticket.number in toast
    assert "closed" in toast


def test_a_dissatisfied_customer_must_be_quoted(calls, client):
    address = record_url(calls["hers"])

    refused = client.post(address, {"outcome": "not_satisfied", "words": "  "})
    taken = client.post(address, {"outcome": "not_satisfied", "words": "还是没有声音"})

    ticket = Ticket.objects.get(pk=calls["hers"].ticket_id)
    assert refused.status_code == 422
    assert "Write down what the customer is missing" in refused.content.decode()
    assert taken.status_code == 302
    assert (ticket.status, ticket.level) == (TicketStatus.OPEN, 2)
    assert ticket.follow_ups.get().words == "还是没有声音"


def test_the_third_call_that_nobody_answers_closes_the_ticket(calls, client):
    address = record_url(calls["hers"])
    stages = []
    for _try in range(3):
        FollowUp.objects.update(tried_at=timezone.now() - TRY_GAP)
        assert client.post(address, {"outcome": "unreachable"}).status_code == 302
        stages.append(FollowUp.objects.get(pk=calls["hers"].pk).stage)

    assert stages == ["call", "call", "done"]
    assert Ticket.objects.get(pk=calls["hers"].ticket_id).status == TicketStatus.CLOSED


def test_three_clicks_are_one_try_and_the_page_says_when_the_next_counts(calls, client):
    address = record_url(calls["hers"])
    first, *more = [client.post(address, {"outcome": "unreachable"}) for _ in range(3)]

    row = FollowUp.objects.get(pk=calls["hers"].pk)
    [toast] = [str(each) for each in get_messages(first.wsgi_request)]
    assert [first.status_code, *(each.status_code for each in more)] == [302, 422, 422]
    assert (row.tries, row.stage) == (1, "call")
    assert "The next try counts from" in toast
    assert "The next try counts from" in more[0].content.decode()
    assert "The next try counts from" in client.get(address).content.decode()
    assert "the next from" in tab(client, "mine").content.decode()


def test_who_has_not_been_asked_yet_is_not_called(wang, client):
    row = solved(wang)
    client.force_login(wang)

    [listed] = tab(client, "team").context["rows"]
    refused = client.post(record_url(row), {"outcome": "satisfied"})

    assert listed["record_url"] == ""
    assert refused.status_code == 422
    assert "only now being asked" in refused.content.decode()
    assert Ticket.objects.get().status == TicketStatus.RESOLVED


def test_calls_of_one_who_left_are_the_leads(calls, li, zhao, client):
    his = calls["his"].ticket.number
    client.force_login(zhao)
    assert numbers(tab(client, "mine")) == []

    User.objects.filter(pk=li.pk).update(is_active=False)

    assert numbers(tab(client, "mine")) == [his]
    assert tab(client, "mine").context["tabs"][0]["count"] == "1"


def test_calls_of_one_who_changed_teams_are_the_leads(calls, li, zhao, chen, client):
    li.memberships.update(team=chen.memberships.get().team)
    client.force_login(zhao)

    assert numbers(tab(client, "mine")) == [calls["his"].ticket.number]


def test_a_call_that_somebody_else_recorded_is_refused_with_a_sentence(calls, client):
    address = record_url(calls["hers"])
    client.post(address, {"outcome": "satisfied"})

    second = client.post(address, {"outcome": "not_satisfied", "words": "不满意"})

    assert second.status_code == 422
    assert "somebody was quicker" in second.content.decode()
    assert Ticket.objects.get(pk=calls["hers"].ticket_id).status == TicketStatus.CLOSED


def test_nothing_chosen_is_refused(calls, client):
    refused = client.post(record_url(calls["hers"]), {"words": "很好", "outcome": ""})

    assert refused.status_code == 422
    assert FollowUp.objects.get(pk=calls["hers"].pk).stage == FollowUpStage.CALL


def test_in_the_dialog_the_form_is_a_part_and_its_success_a_redirect(calls, client):
    address = record_url(calls["hers"])
    script = {"HX-Request": "true"}

    form = client.get(address, headers=script)
    refused = client.post(address, {"outcome": "not_satisfied"}, headers=script)
    done = client.post(address, {"outcome": "satisfied"}, headers=script)

    assert "<html" not in form.content.decode()
    assert 'id="action"' in form.content.decode()
    assert refused.status_code == 422
    assert 'id="action"' in refused.content.decode()
    assert done["HX-Redirect"] == "/follow-ups/"


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [("/desk/", "/desk/"), ("https://evil.example/", "/follow-ups/")],
)
def test_afterwards_one_is_back_where_one_came_from(calls, client, wanted, goes):
    response = client.post(
        f"{record_url(calls['hers'])}?next={wanted}", {"outcome": "satisfied"}
    )

    assert response["Location"] == goes


def test_pages_follow_each_other_without_gaps(wang, client, monkeypatch):
    monkeypatch.setattr("tickets.queries.follow_ups.PAGE", 2)
    same = timezone.now() + DAY
    for _each in range(5):
        call_due(wang)
    FollowUp.objects.update(due_at=same)
    client.force_login(wang)

    seen, address = [], "/follow-ups/?tab=mine"
    while address:
        page = client.get(address)
        seen += numbers(page)
        address = page.context["next_url"]

    assert len(seen) == len(set(seen)) == 5
    assert page.context["newer_url"] == "/follow-ups/?tab=mine"


@pytest.mark.parametrize("cursor", ["rubbish", "2026-01-01~x", "2026-01-01T00:00:00~"])
def test_a_broken_cursor_begins_at_the_beginning(calls, client, cursor):
    assert len(client.get(f"/follow-ups/?after={cursor}").context["rows"]) == 2


def test_one_and_three_rows_cost_the_same_queries(wang, client):
    client.force_login(wang)

    def queries_of(key):
        tab(client, key)
        with CaptureQueriesContext(connection) as queries:
            tab(client, key)
        return len(queries)

    call_due(wang, ago=50 * HOUR)
    one = [queries_of(key) for key in ("mine", "team", "missed", "done")]
    for _each in range(2):
        call_due(wang, ago=50 * HOUR)
    three = [queries_of(key) for key in ("mine", "team", "missed", "done")]

    assert one == three
    assert max(three) <= 12


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("key", ["mine", "team", "missed", "done"])
def test_every_tab_speaks_both_languages(calls, wang, client, key, language):
    User.objects.filter(pk=wang.pk).update(language=language)

    assert tab(client, key).status_code == 200
    assert client.get(record_url(calls["hers"])).status_code == 200


def test_an_empty_list_says_why(wang, client):
    client.force_login(wang)

    told = tab(client, "missed").content.decode()

    assert "No follow-up was missed" in told

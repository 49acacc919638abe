"""Somebody leaves: nothing of theirs is lost, and nothing is left open to them."""

import uuid
from collections import Counter

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.core.actions.jobs import cancel_job
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Job, JobState, LiveEvent, Notification
from servicedesk.staff.actions import leaving
from servicedesk.staff.actions.leaving import (
    begin_leaving,
    cancel_leaving,
)
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.models import (
    Clearance,
    Departure,
    DepartureState,
    Membership,
    Role,
)
from servicedesk.staff.work import work_of
from tests.desk import fresh
from tests.factories import DAY, HOUR, TicketFactory, UserFactory, team_of
from tests.staff.clearance.ways import go, member, solved, taken, work
from tickets.actions.drafts import save_draft
from tickets.actions.follow_up import answer
from tickets.actions.reply import reply
from tickets.actions.resolve import reopen
from tickets.actions.transfer import transfer
from tickets.models import (
    Draft,
    EventKind,
    FollowUp,
    FollowUpStage,
    Message,
    MessageKind,
    TicketStatus,
    TicketUserObjectPermission,
)

pytestmark = pytest.mark.django_db


def test_everything_goes_to_the_colleagues_that_were_named(yu, wang, chen, zhao):
    now = timezone.now()
    mine = [taken(yu, now) for _each in range(3)]
    theirs = [taken(yu, now, "technical") for _each in range(2)]
    back = solved(yu, now)
    FollowUp.objects.filter(ticket=back).update(stage=FollowUpStage.CALL)
    assert sum(sum(teams.values()) for teams in work_of(yu).values()) == 7

    departure = go(yu, zhao, call_centre=wang, technical=chen)
    job = work()

    assert job.state == JobState.DONE
    assert (job.done, job.total) == (7, 7)
    assert work_of(yu) == {}
    assert {fresh(ticket).assignee for ticket in [*mine, back]} == {wang}
    assert {fresh(ticket).assignee for ticket in theirs} == {chen}
    assert FollowUp.objects.get(ticket=back).owner == wang
    for ticket in (*mine, *theirs, back):
        event = ticket.events.filter(kind=EventKind.ASSIGNED).latest("id")
        assert (event.by, event.before) == (zhao, str(yu.pk))
        assert event.after == str(fresh(ticket).assignee_id)
        entries = LogEntry.objects.get_for_object(ticket)
        assert any("assignee" in entry.changes for entry in entries)
    departure.refresh_from_db()
    assert departure.state == DepartureState.DONE
    assert departure.handed == {str(wang.pk): 5, str(chen.pk): 2}


def test_nothing_is_left_to_the_person_and_their_name_stays(yu, wang, zhao, client):
    now = timezone.now()
    ticket = taken(yu, now)
    reply(ticket=ticket, body="您好", by=yu, now=now)
    transfer(
        ticket=TicketFactory(now=now), team=team_of("technical"), to=None, words="w",
        hand_over="h", by=yu, now=now,
    )  # fmt: skip
    save_draft(ticket=ticket, kind=MessageKind.NOTE, body="x", by=yu, now=now)
    Authenticator.objects.create(user=yu, type="totp", data={"secret": "x"})
    yu.user_permissions.add(Permission.objects.get(codename="view_job"))
    assert TicketUserObjectPermission.objects.filter(user=yu).exists()
    client.force_login(yu)
    assert client.get("/inbox/").status_code == 200

    go(yu, zhao, call_centre=wang, technical=member("technical", wang))
    gone = fresh(yu)

    assert client.get("/inbox/").status_code == 302
    assert not gone.is_active
    assert not gone.has_usable_password()
    assert not gone.groups.exists()
    assert not gone.user_permissions.exists()
    assert not Membership.objects.filter(user=yu).exists()
    assert not TicketUserObjectPermission.objects.filter(user=yu).exists()
    assert not Authenticator.objects.filter(user=yu).exists()
    assert not Draft.objects.filter(user=yu).exists()
    assert Clearance.objects.get(user=yu).onboarded_at is None
    assert LiveEvent.objects.filter(channel=f"user:{yu.pk}", kind="signed_out").exists()
    work()
    assert Message.objects.get(ticket=ticket, kind="outbound").author == yu
    assert gone.signatures.count() == 1


def test_each_heir_hears_of_it_once_in_sum(yu, wang, chen, zhao):
    now = timezone.now()
    for _each in range(3):
        taken(yu, now)
    taken(yu, now, "technical")
    before = set(Notification.objects.values_list("pk", flat=True))

    go(yu, zhao, call_centre=wang, technical=chen)
    work()

    told = Notification.objects.exclude(pk__in=before).values_list(
        "user", "kind", "data__count"
    )
    assert sorted(told) == sorted(
        [
            (wang.pk, "staff.taken_over", 3),
            (chen.pk, "staff.taken_over", 1),
            (zhao.pk, "staff.work_handed_over", 4),
        ]
    )


@pytest.mark.parametrize(
    "wrong", ["nobody", "stranger", "uncleared", "inactive", "own"]
)
def test_who_cannot_take_over_is_refused(wrong, yu, wang, chen, zhao):
    taken(yu, timezone.now())
    heir = {"nobody": None, "stranger": chen, "own": yu}.get(wrong, wang)
    if wrong == "uncleared":
        Clearance.objects.filter(user=wang).delete()
    if wrong == "inactive":
        type(wang).objects.filter(pk=wang.pk).update(is_active=False)

    with pytest.raises(RuleError, match=r"takes over in|cannot take over in"):
        go(yu, zhao, **({"call_centre": heir} if heir else {}))

    assert fresh(yu).is_active
    assert not Departure.objects.exists()


def test_a_team_that_only_they_led_is_led_by_the_heir(wang, zhao):
    root = UserFactory(role="administrator")
    call_centre = team_of("call-centre")
    with pytest.raises(RuleError, match="Say who takes over"):
        go(zhao, root)

    go(zhao, root, call_centre=wang)

    leads = Membership.objects.filter(team=call_centre, lead=True)
    assert [each.user for each in leads] == [wang]


def test_what_nobody_can_take_goes_to_the_queue_and_that_is_told(yu, wang, zhao):
    now = timezone.now()
    ticket = taken(yu, now, "technical")

    departure = go(yu, zhao)
    work()

    assert fresh(ticket).assignee is None
    assert fresh(departure).handed == {"": 1}
    row = Notification.objects.get(kind="staff.work_handed_over", user=zhao)
    assert row.data == {"count": 1, "nobody": 1}


def test_an_heir_who_lost_clearance_meanwhile_is_passed_by(yu, wang, zhao):
    now = timezone.now()
    ticket = taken(yu, now)
    go(yu, zhao, now=now, leaves_at=now + DAY, call_centre=wang)
    Clearance.objects.filter(user=wang).delete()

    begin_leaving(departure=Departure.objects.get(), now=now + DAY)
    work(now=now + DAY)

    assert fresh(ticket).assignee == zhao


def test_a_plan_is_called_off_but_not_once_the_account_is_closed(yu, wang, zhao):
    now = timezone.now()
    departure = go(yu, zhao, leaves_at=now + DAY)
    with pytest.raises(RuleError, match="planned already"):
        go(yu, zhao)
    cancel_leaving(departure=departure, now=now)
    assert not begin_leaving(departure=departure, now=now + DAY)
    assert fresh(yu).is_active

    departure = go(yu, zhao)

    with pytest.raises(RuleError, match="too late"):
        cancel_leaving(departure=departure, now=now)


def test_a_worker_that_is_killed_in_the_middle_loses_and_repeats_nothing(
    yu, wang, zhao, monkeypatch
):
    monkeypatch.setattr(leaving, "PORTION", 2)
    now = timezone.now()
    tickets = [taken(yu, now) for _each in range(7)]
    go(yu, zhao, call_centre=wang)
    job = work(portions=2)
    assert (job.state, job.done, job.total) == (JobState.RUNNING, 4, 7)
    # It was in the middle of the third portion when it died.
    Job.objects.update(holder=uuid.uuid4(), beat_at=now - HOUR)

    job = work(now=now + HOUR)

    assert (job.state, job.done) == (JobState.DONE, 7)
    assert {fresh(ticket).assignee for ticket in tickets} == {wang}
    events = Counter(
        ticket.events.filter(kind=EventKind.ASSIGNED).count() for ticket in tickets
    )
    assert events == {1: 7}
    assert Departure.objects.get().handed == {str(wang.pk): 7}
    told = Notification.objects.get(kind="staff.taken_over")
    assert told.data == {"count": 7}


def test_a_job_that_was_cancelled_goes_on_from_the_page(yu, wang, zhao, client):
    now = timezone.now()
    ticket = taken(yu, now)
    go(yu, zhao, call_centre=wang)
    client.force_login(zhao)
    page = f"/leaving/{yu.pk}/"
    assert "Go on" not in client.get(page).content.decode()
    cancel_job(job=Job.objects.get(), by=None, now=now)
    assert "has stopped before its end" in client.get(page).content.decode()

    assert client.post(f"{page}go-on/").status_code == 302
    assert client.post(f"{page}go-on/").status_code == 302
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1
    work()

    assert fresh(ticket).assignee == wang
    assert "Go on" not in client.get(page).content.decode()


def test_many_tickets_take_no_more_queries_each(
    yu, wang, zhao, django_assert_max_num_queries
):
    now = timezone.now()
    for _each in range(30):
        taken(yu, now)
    go(yu, zhao, call_centre=wang)

    with django_assert_max_num_queries(30 + 60):
        work()

    assert work_of(yu) == {}


def test_what_was_closed_and_comes_back_is_nobodys_until_taken(yu, wang, zhao):
    now = timezone.now()
    ticket = solved(yu, now - HOUR)
    FollowUp.objects.update(stage=FollowUpStage.ASKED)
    answer(ticket=ticket, satisfied=True, now=now)
    assert fresh(ticket).status == TicketStatus.CLOSED
    go(yu, zhao)
    work()

    reopen(ticket=fresh(ticket), reason="again", by=zhao, now=now)

    assert fresh(ticket).assignee is None
    assert fresh(ticket).resolved_by is None


def test_somebody_who_comes_back_begins_without_rights_and_may_leave_again(
    yu, wang, zhao, client
):
    go(yu, zhao)
    work()
    type(yu).objects.filter(pk=yu.pk).update(is_active=True)
    again = fresh(yu)

    assert not again.has_perm("tickets.view_ticket")
    member("call-centre", again)
    set_roles(user=again, groups=[Role.objects.get(key="agent").group])
    assert not fresh(yu).has_perm("tickets.view_ticket")
    client.force_login(zhao)
    assert "Who takes over" in client.get(f"/leaving/{yu.pk}/").content.decode()
    go(fresh(yu), zhao)
    assert not fresh(yu).is_active

"""Who is cleared, what others record, what lapses, and who is told of it."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.errors import RuleError
from servicedesk.core.models import LiveEvent, MailState, Notification
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.plan import plan_for
from servicedesk.staff.actions.clearance import record_training
from servicedesk.staff.actions.reminders import LAPSES, remind
from servicedesk.staff.models import (
    AgreementSignature,
    Clearance,
    TrainingKind,
    TrainingRecord,
)
from servicedesk.staff.queries import missing, unread_of
from tests.desk import fresh
from tests.factories import DAY, HOUR, NOW, UserFactory, clear
from tests.speed.counting import queries_of
from tickets.actions.take import assign

pytestmark = pytest.mark.django_db


@pytest.fixture
def qiu(desk):
    """Qiu Shi trains people."""
    return UserFactory(display_name="Qiu Shi", role="trainer", team="quality")


@pytest.fixture
def ma(desk):
    """Ma Chao signed today; nobody has recorded anything of him."""
    user = UserFactory(display_name="Ma Chao", team="call-centre", cleared=False)
    return clear(user, onboarded=False, trained=False)


def record(user, kind, by, *, passed=True, now=None, **more):
    moment = now or timezone.now()
    return record_training(
        user=user, kind=kind, passed=passed, by=by, now=moment,
        **{"on": moment - HOUR, **more},
    )  # fmt: skip


def test_two_records_make_a_newcomer_cleared(ma, qiu, client, ticket):
    client.force_login(qiu)
    page = f"/clearance/people/{ma.pk}/"
    assert "Nothing was recorded yet" in client.get(page).content.decode()
    today = timezone.localdate()

    for kind, until in (("onboarding", ""), ("security", str(today + 300 * DAY))):
        form = {"kind": kind, "passed": "yes", "on": str(today), "until": until}
        assert client.post(page, form).status_code == 302

    assert missing(fresh(ma)) == ()
    found = TrainingRecord.objects.filter(user=ma)
    assert {(row.kind, row.by) for row in found} == {
        ("onboarding", qiu),
        ("security", qiu),
    }
    client.force_login(ma)
    assert client.get("/inbox/").status_code == 200


def test_what_is_taken_back_closes_at_once(wang, qiu):
    record(wang, TrainingKind.ONBOARDING, qiu, passed=False)

    assert missing(fresh(wang)) == ("onboarding",)
    assert LiveEvent.objects.filter(
        channel=f"user:{wang.pk}", kind="signed_out"
    ).exists()


def test_nobody_records_their_own(qiu, zhao, client):
    for user in (qiu, zhao):
        with pytest.raises(RuleError, match="their own"):
            record(user, TrainingKind.ONBOARDING, user)
        client.force_login(user)
        page = f"/clearance/people/{user.pk}/"
        assert 'name="kind"' not in client.get(page).content.decode()
        form = {"kind": "onboarding", "passed": "yes", "on": "2026-01-01"}
        assert client.post(page, form).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRecord.objects.create(
            user=qiu, by=qiu, kind="onboarding", passed=True, on=NOW, recorded_at=NOW
        )


@pytest.mark.parametrize(
    ("kind", "more", "refusal"),
    [
        ("security", {}, "until when"),
        ("security", {"until": NOW}, "until when"),
        ("onboarding", {"on": timezone.now() + 9 * DAY}, "has not happened"),
    ],
)
def test_what_cannot_be_recorded(kind, more, refusal, ma, qiu):
    with pytest.raises(RuleError, match=refusal):
        record(ma, TrainingKind(kind), qiu, **more)


def test_a_program_records_without_a_person(ma):
    record(ma, TrainingKind.ONBOARDING, None, reference="exam-17")

    assert missing(fresh(ma)) == ("training",)


def test_the_first_of_a_desk_is_recorded_by_a_command(ma):
    until = (timezone.localdate() + 300 * DAY).isoformat()
    with pytest.raises(CommandError, match="--onboarding"):
        call_command("record_training", ma.username)
    with pytest.raises(CommandError, match="nobody"):
        call_command("record_training", "nobody.there", "--onboarding")
    with pytest.raises(CommandError, match="until when"):
        call_command("record_training", ma.username, "--security-until", "2020-01-01")

    call_command(
        "record_training", ma.username, "--onboarding", "--security-until", until
    )

    assert missing(fresh(ma)) == ()
    rows = TrainingRecord.objects.filter(user=ma).values_list("by", "reference")
    assert set(rows) == {(None, "command")}


def test_the_list_tells_who_lacks_what_and_what_lapses(ma, wang, li, zhao, client):
    soon = timezone.now() + 20 * DAY
    Clearance.objects.filter(user=li).update(training_until=soon)
    client.force_login(zhao)

    def shown(query):
        told = client.get(f"/clearance/people/{query}").content.decode()
        names = ("Ma Chao", "Wang Fang", "Li Lei", "Zhao Min")
        return [name for name in names if f">{name}</a>" in told]

    assert shown("") == ["Ma Chao", "Wang Fang", "Li Lei", "Zhao Min"]
    assert shown("?show=lacking") == ["Ma Chao"]
    assert shown("?show=training") == ["Ma Chao"]
    assert shown("?show=agreement") == []
    assert shown("?show=lapsing") == ["Li Lei"]
    assert shown("?show=cleared") == ["Wang Fang", "Li Lei", "Zhao Min"]
    technical = UserFactory(team="technical").memberships.get().team_id
    assert shown(f"?team={technical}") == []


def test_the_list_is_for_those_who_look_after_it(wang, zhao, qiu, client):
    asked = ("/clearance/people/", f"/clearance/people/{wang.pk}/")
    for role, status in (
        ("agent", 404), ("senior_agent", 404), ("management", 404),
        ("supervisor", 200), ("trainer", 200), ("administrator", 200),
        ("data_protection_officer", 200),
    ):  # fmt: skip
        client.force_login(UserFactory(role=role, team="call-centre"))
        for address in asked:
            assert client.get(address).status_code == status, (role, address)
        client.force_login(UserFactory(role=role, cleared=False))
        assert client.get(asked[0]).status_code == status, role


def test_a_supervisor_sees_the_people_of_their_teams_and_nobody_elses(
    ma, wang, zhao, sun, chen, qiu, client
):
    """Sun leads technical support; Wang and Ma work in the call centre."""
    signature = AgreementSignature.objects.filter(user=wang).first()
    version = signature.agreement.number
    copy = reverse("staff:persons-copy", args=[wang.pk, version])
    theirs = f"/clearance/people/{wang.pk}/"
    today = str(timezone.localdate())
    client.force_login(sun)
    listed = client.get("/clearance/people/").content.decode()
    assert ">Chen Jie</a>" in listed
    assert ">Wang Fang</a>" not in listed
    assert (
        "Wang Fang" not in client.get("/clearance/people/?format=csv").content.decode()
    )
    assert client.get(theirs).status_code == 404
    assert client.get(copy).status_code == 404
    form = {"kind": "onboarding", "passed": "yes", "on": today}
    assert client.post(f"/clearance/people/{ma.pk}/", form).status_code == 404
    assert client.get(f"/clearance/people/{chen.pk}/").status_code == 200
    # Whoever trains everybody sees everybody.
    client.force_login(qiu)
    assert ">Wang Fang</a>" in client.get("/clearance/people/").content.decode()
    assert client.get(theirs).status_code == 200
    assert client.get(copy).status_code == 200


def test_who_only_looks_records_nothing(ma, client):
    client.force_login(UserFactory(role="data_protection_officer"))
    form = {"kind": "onboarding", "passed": "yes", "on": "2026-01-01"}

    assert client.post(f"/clearance/people/{ma.pk}/", form).status_code == 403


def test_the_table_to_keep_runs_no_formula(ma, zhao, client):
    evil = UserFactory(display_name="=1+1", username="minus", team="call-centre")
    client.force_login(zhao)

    answer = client.get("/clearance/people/?format=csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    by_name = {row[0]: row for row in rows}
    assert by_name["minus"][1] == "'=1+1"
    assert by_name[ma.username][2] == "Onboarding; Security training"
    assert evil.username in by_name
    entry = LogEntry.objects.filter(action=Kind.EXPORT).latest("id")
    assert (entry.actor, entry.additional_data["count"]) == (zhao, len(rows) - 1)


def test_the_list_costs_the_same_for_one_and_for_many(zhao, client):
    client.force_login(zhao)
    client.get("/clearance/people/")
    costs = []
    for number in (1, 3):
        for _each in range(number):
            UserFactory(team="call-centre")
        costs.append(len(queries_of(lambda: client.get("/clearance/people/"))))
    assert costs[0] == costs[1]


def lapse_in(user, span, now):
    Clearance.objects.filter(user=user).update(training_until=now + span)


def told(user):
    rows = Notification.objects.filter(user=user, kind=LAPSES).order_by("id")
    return [row.data["days"] for row in rows]


def test_each_reminder_comes_once_and_in_its_time(wang):
    now = timezone.now()
    lapse_in(wang, 31 * DAY, now)

    for after, expected in (
        (0, []), (2, [30]), (3, [30]), (25, [30, 7]), (30, [30, 7, 1]),
        (30.5, [30, 7, 1]), (31, [30, 7, 1, 0]), (40, [30, 7, 1, 0]),
    ):  # fmt: skip
        remind(now=now + after * DAY)
        assert told(wang) == expected, after
    assert LiveEvent.objects.filter(
        channel=f"user:{wang.pk}", kind="signed_out"
    ).exists()


def test_who_is_late_is_told_of_the_nearest_alone_and_a_new_training_begins_anew(
    wang, zhao
):
    now = timezone.now()
    lapse_in(wang, 6 * DAY, now)
    remind(now=now)
    assert told(wang) == [7]

    record(wang, TrainingKind.SECURITY, zhao, until=now + 31 * DAY, now=now)
    remind(now=now)
    remind(now=now + 2 * DAY)

    assert told(wang) == [7, 30]


def tell_of_ticket(user, now):
    with transaction.atomic():
        notify(
            users=[user], kind="tickets.assigned", ref="SD-2026-000001", key=f"k{now:%H%M%S}",
            now=now,
        )  # fmt: skip


def test_nobody_hears_of_customers_without_clearance(wang, li, ticket, zhao, client):
    now = timezone.now()
    assign(ticket=ticket, to=li, by=zhao, now=now)
    Clearance.objects.filter(user=li).update(onboarded_at=None)
    tell_of_ticket(li, now)
    tell_of_ticket(wang, now)

    kinds = Notification.objects.values_list("user", "kind")
    assert list(kinds.filter(ref="SD-2026-000001")) == [(wang.pk, "tickets.assigned")]
    client.force_login(li)
    listed = client.get("/notifications/").content.decode()
    assert ticket.number not in listed
    assert unread_of(fresh(li)) == ""
    assert plan_for(user_id=li.pk, now=now + HOUR).letters == []
    row = Notification.objects.get(user=li)
    assert row.mail_state == MailState.SKIPPED
    Clearance.objects.filter(user=li).update(onboarded_at=NOW)
    assert ticket.number in client.get("/notifications/").content.decode()
    assert unread_of(fresh(li)) == "1"


def test_who_records_stands_in_the_audit_log(ma, qiu, client):
    client.force_login(qiu)
    form = {"kind": "onboarding", "passed": "yes", "on": str(timezone.localdate())}

    client.post(f"/clearance/people/{ma.pk}/", form)

    models = LogEntry.objects.filter(actor=qiu).values_list("content_type__model")
    assert {"trainingrecord", "clearance"} <= {model for (model,) in models}

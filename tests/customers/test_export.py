"""Customers leave the house only by approval, masked, marked, on the record."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from customers.actions import export as acts
from customers.actions import export_make, grants
from customers.actions.watch import lift
from customers.models import (
    AccessAlarm,
    Customer,
    CustomerEvent,
    CustomerUserObjectPermission,
    ExportPart,
    ExportRequest,
    Reveal,
    RevealLimits,
)
from customers.permissions import EXPORT_ONE
from customers.tasks import forget_moved
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from servicedesk.core.sheets import csv_lines, rows_of, xlsx_bytes
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import User
from tests.customers.moving import work
from tests.desk import at_once, chen, committed, desk, sun, wang, zhao
from tests.factories import (
    DAY,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
    team_of,
)

__all__ = ["chen", "committed", "desk", "sun", "wang", "zhao"]
COLUMNS = ["number", "name", "phone", "city"]


@pytest.fixture
def qian(desk):
    """Qian Yu looks after data protection."""
    return UserFactory(display_name="Qian Yu", role="data_protection_officer")


@pytest.fixture
def hua(desk):
    there = CustomerFactory(name="李华", city="上海")
    ContactPointFactory(customer=there, kind="phone", value="+8613812345678")
    return there


def ask(by, *, columns=COLUMNS, filters=None, purpose="service", kind="csv"):
    return acts.ask(
        by=by, purpose=purpose, reason="For the call-backs of May", columns=columns,
        filters=filters or {}, format=kind, now=NOW,
    )  # fmt: skip


def made(by, approver, **more):
    export = ask(by, **more)
    acts.decide(export=export, approve=True, by=approver, now=NOW)
    work()
    export.refresh_from_db()
    return export


def table(export):
    return list(rows_of(b"".join(csv_lines(acts.table_of(export, NOW)))))


def test_an_approved_export_holds_what_its_asker_sees_masked(zhao, qian, hua):
    CustomerFactory(name="周敏", team=team_of("technical"))
    export = made(zhao, qian)
    head, row, mark = table(export)
    assert head[-1] == "Mark"
    assert row == [hua.code, "李*", "上海", "138****5678", export.mark]
    assert "Zhao Min" in mark[0]
    assert export.mark in mark[0]
    assert export.count == 1


def test_a_grant_for_one_customer_opens_that_one_and_no_other(zhao, qian, hua):
    other = CustomerFactory(name="周敏")
    CustomerUserObjectPermission.objects.create(
        user=zhao,
        content_object=hua,
        permission=Permission.objects.get(codename=EXPORT_ONE),
    )
    export = made(User.objects.get(pk=zhao.pk), qian)
    names = {row[0]: row[1] for row in table(export)[1:-1]}
    assert names == {hua.code: "李华", other.code: "周*"}


def test_nobody_approves_their_own_not_even_in_the_database(zhao, hua):
    export = ask(zhao)
    with pytest.raises(RuleError, match="Somebody else"):
        acts.decide(export=export, approve=True, by=zhao, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportRequest.objects.filter(pk=export.pk).update(decided_by=zhao)


@pytest.mark.parametrize("purpose", ["promotion", "", "marketing"])
def test_promotion_is_no_purpose(zhao, hua, purpose):
    with pytest.raises(RuleError, match="may not be used"):
        ask(zhao, purpose=purpose)


def test_it_is_decided_once(zhao, qian, sun, hua):
    export = ask(zhao)
    acts.decide(export=export, approve=False, by=qian, now=NOW)
    with pytest.raises(RuleError, match="Refused"):
        acts.decide(export=export, approve=True, by=sun, now=NOW)
    assert Notification.objects.filter(
        user=zhao, kind="customers.export_refused"
    ).exists()


def test_two_who_decide_at_once_decide_it_once(committed):
    zhao = UserFactory(
        display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
    )
    officers = [
        UserFactory(display_name=name, role="data_protection_officer")
        for name in ("Qian Yu", "Wu Di")
    ]
    CustomerFactory()
    export = ask(zhao)
    ends = at_once(
        *[
            lambda by=by: acts.decide(export=export, approve=True, by=by, now=NOW)
            for by in officers
        ]
    )
    assert sorted(isinstance(end, RuleError) for end in ends) == [False, True]


def test_those_who_may_approve_hear_of_it_and_the_asker_when_it_is_ready(
    zhao, qian, hua
):
    made(zhao, qian)
    assert Notification.objects.get(user=qian).kind == "customers.export_asked"
    assert Notification.objects.get(user=zhao).kind == "customers.export_ready"


def test_whoever_lost_the_right_meanwhile_gets_nothing(zhao, qian, hua):
    export = ask(zhao)
    acts.decide(export=export, approve=True, by=qian, now=NOW)
    set_roles(user=zhao, groups=[])
    work()
    export.refresh_from_db()
    assert export.state == "failed"
    assert not ExportPart.objects.exists()


def test_only_the_asker_fetches_it_and_not_for_ever(zhao, qian, hua):
    export = made(zhao, qian)
    with pytest.raises(RuleError, match="Only whoever asked"):
        acts.hand_out(export=export, by=qian, now=NOW)
    for _each in range(acts.MOST_DOWNLOADS):
        acts.hand_out(export=export, by=zhao, now=NOW)
    with pytest.raises(RuleError, match="5 times"):
        acts.hand_out(export=export, by=zhao, now=NOW)


def test_it_is_deleted_after_a_week(zhao, qian, hua):
    export = made(zhao, qian)
    with pytest.raises(RuleError, match="no longer kept"):
        acts.hand_out(export=export, by=zhao, now=NOW + 8 * DAY)
    assert forget_moved() == 1
    export.refresh_from_db()
    assert export.state == "forgotten"
    assert not ExportPart.objects.exists()


def test_making_and_fetching_are_in_the_log_and_in_the_history(zhao, qian, hua):
    export = made(zhao, qian)
    acts.hand_out(export=export, by=zhao, now=NOW)
    entries = LogEntry.objects.filter(action=Kind.EXPORT)
    assert [entry.additional_data["count"] for entry in entries] == [1, 1]
    assert {entry.actor for entry in entries} == {zhao}
    event = CustomerEvent.objects.get(customer=hua, kind="exported")
    assert (event.by, event.about) == (zhao, export.pk)


def test_portions_leave_nobody_out_and_nobody_twice(zhao, qian, monkeypatch):
    monkeypatch.setattr(export_make, "PORTION", 2)
    codes = {CustomerFactory().code for _each in range(5)}
    export = made(zhao, qian)
    rows = table(export)[1:-1]
    assert len(rows) == 5
    assert {row[0] for row in rows} == codes


def test_an_excel_file_has_the_mark_above(zhao, qian, hua):
    export = made(zhao, qian, kind="xlsx")
    content = xlsx_bytes(
        acts.table_of(export, NOW), title="t", mark=acts.watermark(export, NOW)
    )
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    first, head, row, *_rest = sheet.to_python()
    assert "Zhao Min" in first[0]
    assert head[:2] == ["Customer number", "Name"]
    assert row[1] == "李*"


def test_an_agent_cannot_ask(wang, hua):
    assert not ExportRequest.objects.visible_to(wang).exists()
    assert not wang.has_perm("customers.export_customer")
    with pytest.raises(PermissionDenied):
        start_job(kind=acts.MAKE, params={"export": "x"}, by=wang, now=NOW)


def co_lead(name="He Yun", team="call-centre", **more):
    return UserFactory(
        display_name=name, role="supervisor", team=team, **{"lead": True, **more}
    )


def test_who_leads_another_team_neither_sees_nor_approves_it(zhao, sun, hua):
    """Sun leads technical support; the customers are the call centre's."""
    export = ask(zhao)
    with pytest.raises(RuleError, match="leads every team"):
        acts.decide(export=export, approve=True, by=sun, now=NOW)
    assert not ExportRequest.objects.visible_to(sun).filter(pk=export.pk).exists()
    assert not Notification.objects.filter(user=sun).exists()


def test_who_leads_all_its_teams_approves_it(zhao, sun, hua, desk):
    he = co_lead()
    export = ask(zhao)
    assert Notification.objects.filter(user=he, kind="customers.export_asked").exists()
    acts.decide(export=export, approve=True, by=he, now=NOW)
    add_member(team=team_of("technical"), user=zhao)
    CustomerFactory(name="周敏", team=team_of("technical"))
    both = ask(User.objects.get(pk=zhao.pk))
    assert sorted(both.teams) == sorted(
        team_of(slug).pk for slug in ("call-centre", "technical")
    )
    for one in (User.objects.get(pk=he.pk), sun):
        with pytest.raises(RuleError, match="leads every team"):
            acts.decide(export=both, approve=True, by=one, now=NOW)
    add_member(team=team_of("technical"), user=he, lead=True)
    acts.decide(export=both, approve=True, by=User.objects.get(pk=he.pk), now=NOW)


def test_a_supervisor_who_is_no_lead_and_whoever_the_asker_leads_approve_nothing(
    zhao, hua
):
    plain = co_lead("Tan Wei", lead=False)
    officer = UserFactory(
        display_name="Ji Na", role="data_protection_officer", team="call-centre"
    )
    export = ask(zhao)
    for person in (plain, officer):
        with pytest.raises(RuleError, match="leads every team"):
            acts.decide(export=export, approve=True, by=person, now=NOW)


def test_a_customer_of_another_team_does_not_slip_in_after_the_approval(
    zhao, qian, hua
):
    """Handed over to a team of the asker's meanwhile: nobody answered for that team."""
    add_member(team=team_of("technical"), user=zhao)
    export = ask(User.objects.get(pk=zhao.pk))
    acts.decide(export=export, approve=True, by=qian, now=NOW)
    CustomerFactory(name="周敏", team=team_of("technical"))
    Customer.objects.filter(pk=hua.pk).update(team=team_of("technical"))
    work()
    export.refresh_from_db()
    assert (export.state, export.count) == ("ready", 0)


def open_in_clear(user, customers):
    permission = Permission.objects.get(codename=EXPORT_ONE)
    CustomerUserObjectPermission.objects.bulk_create(
        CustomerUserObjectPermission(
            user=user, content_object=customer, permission=permission
        )
        for customer in customers
    )


def test_what_an_export_shows_in_clear_counts_as_so_many_looks(zhao, qian, hua):
    RevealLimits.objects.create(ten_minutes=2, floor=100, outside=100)
    several = [hua, *(CustomerFactory(name=f"周敏{n}") for n in range(2))]
    masked = CustomerFactory(name="陈静")
    open_in_clear(zhao, several)
    export = made(User.objects.get(pk=zhao.pk), qian)
    looks = Reveal.objects.filter(by=zhao)
    assert {each.customer for each in looks} == set(several)
    assert {each.field for each in looks} == {"export"}
    assert masked.code in {row[0] for row in table(export)}
    alarm = AccessAlarm.objects.get()
    assert (alarm.kind, alarm.user, alarm.number) == ("ten_min", zhao, 3)


def test_past_the_hard_limit_the_file_waits_for_an_officer(zhao, qian, hua):
    RevealLimits.objects.create(ten_minutes=1, hard=2, floor=100, outside=100)
    open_in_clear(zhao, [hua, CustomerFactory(name="周敏"), CustomerFactory()])
    export = made(User.objects.get(pk=zhao.pk), qian)
    block = AccessAlarm.objects.get(kind="blocked")
    with pytest.raises(RuleError, match="can lift this"):
        acts.hand_out(export=export, by=zhao, now=NOW)
    assert made(User.objects.get(pk=zhao.pk), qian).state == "failed"
    lift(alarm=block, by=qian, now=NOW)
    assert acts.hand_out(export=export, by=zhao, now=NOW).downloads == 1


def test_a_masked_export_counts_nothing(zhao, qian, hua):
    made(zhao, qian)
    assert not Reveal.objects.exists()


def granted_export(user, customer, by, length):
    asked = grants.ask(
        customer=customer, scope="export", purpose="service", reason="r",
        length=length, by=user, now=timezone.now(),
    )  # fmt: skip
    return grants.approve(grant=asked, until=asked.until, by=by, now=timezone.now())


def test_a_file_in_clear_ends_with_its_grant_in_time_or_before(zhao, qian, hua):
    """A day's grant made a file that could be fetched for a week."""
    grant = granted_export(zhao, hua, qian, DAY)
    moment = timezone.now()
    export = acts.ask(
        by=User.objects.get(pk=zhao.pk), purpose="service", reason="r",
        columns=COLUMNS, filters={}, format="csv", now=moment,
    )  # fmt: skip
    acts.decide(export=export, approve=True, by=qian, now=moment)
    work(moment)
    export.refresh_from_db()
    assert export.state == "ready"
    assert export.forget_at == grant.until
    grants.end(grant=grant, by=qian, now=moment)
    export.refresh_from_db()
    with pytest.raises(RuleError, match="no longer kept"):
        acts.hand_out(export=export, by=zhao, now=timezone.now())

"""What the security checks see of grants, alarms and powers that come together."""

import pytest
from django.contrib.auth.models import Group, Permission

from customers.actions.grants import approve, ask
from customers.models import (
    AccessAlarm,
    AccessGrant,
    AlarmKind,
    CustomerGroupObjectPermission,
    CustomerUserObjectPermission,
    HoneyRecord,
)
from customers.queries import security
from servicedesk.core.models import Level
from servicedesk.staff.models import Role, User
from tests.factories import DAY, HOUR, NOW, CustomerFactory, UserFactory


def codes(look, now=NOW):
    return {each.code: each for each in look(now)}


@pytest.fixture
def sight():
    return Permission.objects.get(
        codename="view_customer", content_type__app_label="customers"
    )


@pytest.fixture
def given(chen, officer):
    grant = ask(
        customer=CustomerFactory(), scope="contact", purpose="service", reason="Call",
        length=10 * DAY, by=chen, now=NOW,
    )  # fmt: skip
    return approve(grant=grant, until=NOW + 10 * DAY, by=officer, now=NOW)


def test_a_grant_that_runs_is_no_finding(given):
    assert codes(security.look_at_grants) == {}


def test_a_permission_without_a_grant_has_no_end(given, chen, sight):
    """As somebody with a shell would give it."""
    CustomerUserObjectPermission.objects.create(
        user=chen, content_object=CustomerFactory(), permission=sight
    )
    found = codes(security.look_at_grants)["without"]
    assert (found.level, list(found.subjects)) == (Level.BAD, [chen.pk])


def test_a_whole_role_that_sees_a_customer_is_told(given, sight):
    CustomerGroupObjectPermission.objects.create(
        group=Group.objects.get(role__key="agent"),
        content_object=CustomerFactory(),
        permission=sight,
    )
    assert codes(security.look_at_grants)["groups"].level == Level.WARN


def test_a_grant_past_its_time_shows_that_the_sweep_stands(given):
    assert codes(security.look_at_grants, NOW + 10 * DAY) == {}
    found = codes(security.look_at_grants, NOW + 10 * DAY + 2 * HOUR)
    assert found["over"].level == Level.BAD


def test_a_grant_of_somebody_who_left(given, chen):
    User.objects.filter(pk=chen.pk).update(is_active=False)
    assert list(codes(security.look_at_grants)["left"].subjects) == [chen.pk]


def test_a_grant_longer_than_usual_is_told(given, settings):
    settings.LONG_GRANT_DAYS = 7
    found = codes(security.look_at_grants)["long"]
    assert (found.level, found.numbers) == (Level.NOTE, {"days": 7})
    AccessGrant.objects.update(until=NOW + 6 * DAY)
    assert codes(security.look_at_grants) == {}


def alarm(user, kind, **more):
    return AccessAlarm.objects.create(
        user=user, kind=kind, raised_at=NOW, last_at=NOW, **more
    )


def test_honey_that_woke_is_bad_until_somebody_said_what_came_of_it(wang, officer):
    record = HoneyRecord.objects.create(facts="{}")
    woken = alarm(wang, AlarmKind.HONEY, honey=record)
    found = codes(security.look_at_alarms)["honey"]
    assert (found.level, found.subjects) == (Level.BAD, [])
    woken.seen_by, woken.seen_at = officer, NOW
    woken.save()
    assert codes(security.look_at_alarms) == {}


def test_alarms_that_nobody_looked_at(wang):
    alarm(wang, AlarmKind.NIGHT)
    assert codes(security.look_at_alarms) == {}
    assert codes(security.look_at_alarms, NOW + 3 * DAY)["unseen"].count == 1


def test_who_may_ask_and_decide_is_told_and_who_only_asks_is_not(wang, zhao):
    found = codes(security.look_at_powers)["both"]
    assert (found.level, list(found.subjects)) == (Level.NOTE, [zhao.pk])


def test_an_administrator_who_looks_behind_masks(desk, wang):
    anna = UserFactory(display_name="Anna", role="administrator")
    assert "manages" not in codes(security.look_at_powers)
    anna.groups.add(Role.objects.get(key="agent").group)
    found = codes(security.look_at_powers)["manages"]
    assert (found.level, list(found.subjects)) == (Level.WARN, [anna.pk])

"""What keeps less takes two people and three days; what keeps more takes neither."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from customers import tasks
from customers.actions import retention, retention_rules
from customers.actions.retention_rules import (
    NOTICE,
    approve_rule,
    begin_due,
    change_rule,
    drop_proposal,
    propose_rule,
    stop_rule,
)
from customers.models import RetentionRule, Reveal
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.customers.keeping import put_in_force
from tests.customers.persons import ding, guo, zhang
from tests.desk import desk, fresh, wang, zhao
from tests.factories import DAY, HOUR, NOW, CustomerFactory

__all__ = ["desk", "ding", "guo", "wang", "zhang", "zhao"]
LATE = NOW + 200 * DAY


@pytest.fixture
def rule(desk):
    """Who looked behind masks is kept for 100 days; the rule is not in force."""
    RetentionRule.objects.filter(key="customers.reveals").update(days=100)
    return RetentionRule.objects.get(key="customers.reveals")


def seen_and_approved(rule, by, second, now=LATE):
    propose_rule(rule=rule, seen=1, by=by, now=now)
    return approve_rule(rule=rule, seen=1, by=second, now=now)


def told(what):
    rows = Notification.objects.filter(kind="customers.retention", data__what=what)
    return {each.user for each in rows}


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def test_one_person_alone_puts_nothing_in_force(rule, zhang, ding):
    propose_rule(rule=rule, seen=1, by=ding, now=LATE)
    with pytest.raises(RuleError, match="Another person"):
        approve_rule(rule=rule, seen=1, by=ding, now=LATE)
    assert begin_due(now=LATE + 100 * DAY) == 0
    assert retention.purge_portion(rule=rule, now=LATE + 100 * DAY) == (0, 0)
    assert Reveal.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRule.objects.filter(pk=rule.pk).update(
            approved_by=ding, begins_at=LATE
        )


def test_it_begins_when_the_notice_is_over_and_not_before(rule, zhang, ding, guo):
    seen_and_approved(rule, ding, guo)
    assert begin_due(now=LATE + NOTICE - HOUR) == 0
    assert retention.purge_portion(rule=rule, now=LATE + NOTICE - HOUR) == (0, 0)
    assert begin_due(now=LATE + NOTICE) == 1
    held = fresh(rule)
    assert (held.begun_by, held.confirmed_by, held.active) == (ding, guo, True)
    assert retention.purge_portion(rule=rule, now=LATE + NOTICE) == (1, 0)


def test_whoever_could_stop_it_is_told_and_stops_it(rule, zhang, ding, guo, zhao):
    seen_and_approved(rule, ding, guo)
    assert told("proposed") == {guo, zhao}
    assert told("approved") == {ding, zhao}
    drop_proposal(rule=rule, by=zhao, now=LATE + DAY)
    assert told("dropped") == {ding, guo}
    assert begin_due(now=LATE + NOTICE) == 0
    assert not fresh(rule).active


def test_a_shorter_time_waits_and_the_longer_holds_meanwhile(zhang, ding, guo):
    rule = put_in_force("customers.reveals", guo, 300, NOW)
    change_rule(rule=rule, days=50, basis="Policy", by=ding, now=LATE)
    assert (fresh(rule).days, fresh(rule).active) == (300, True)
    assert retention.purge_portion(rule=rule, now=LATE) == (0, 0)
    approve_rule(rule=rule, seen=1, by=guo, now=LATE)
    begin_due(now=LATE + NOTICE)
    assert fresh(rule).days == 50
    assert retention.purge_portion(rule=rule, now=LATE + NOTICE) == (1, 0)


def test_a_longer_time_holds_at_once_and_ends_what_was_proposed(zhang, ding, guo):
    rule = put_in_force("customers.reveals", guo, 100, NOW)
    change_rule(rule=rule, days=50, basis="Policy", by=ding, now=LATE)
    approve_rule(rule=rule, seen=1, by=guo, now=LATE)
    change_rule(rule=rule, days=400, basis="Policy", by=ding, now=LATE)
    begin_due(now=LATE + NOTICE)
    assert (fresh(rule).days, fresh(rule).active) == (400, True)


def test_what_was_approved_cannot_be_sharpened_on_the_way(rule, zhang, ding, guo):
    """The days are changed between the approval and the beginning."""
    seen_and_approved(rule, ding, guo)
    change_rule(rule=rule, days=1, basis="x", by=ding, now=LATE + DAY)
    assert begin_due(now=LATE + NOTICE) == 0


def test_much_more_than_was_shown_is_neither_proposed_nor_approved(
    rule, zhang, ding, guo, wang
):
    for _each in range(12):
        Reveal.objects.create(
            customer=zhang, field="name", purpose="service", by=wang, at=NOW
        )
    with pytest.raises(RuleError, match="Much more"):
        propose_rule(rule=rule, seen=0, by=ding, now=LATE)
    propose_rule(rule=rule, seen=13, by=ding, now=LATE)
    with pytest.raises(RuleError, match="Much more"):
        approve_rule(rule=rule, seen=0, by=guo, now=LATE)


def test_no_rule_erases_people_within_a_year(ding):
    RetentionRule.objects.filter(key="customers.idle").update(days=364)
    idle = RetentionRule.objects.get(key="customers.idle")
    with pytest.raises(RuleError, match="365 days at least"):
        propose_rule(rule=idle, seen=0, by=ding, now=NOW)
    idle = put_in_force("customers.idle", ding, 400, NOW)
    with pytest.raises(RuleError, match="365 days at least"):
        change_rule(rule=idle, days=100, basis="x", by=ding, now=NOW)


def test_stopping_takes_one_person_and_beginning_again_two(rule, zhang, ding, guo):
    rule = put_in_force("customers.reveals", guo, 100, NOW)
    stop_rule(rule=rule, by=ding, now=LATE)
    assert retention.purge_portion(rule=rule, now=LATE) == (0, 0)
    assert told("stopped") == {guo}


def test_from_the_page_by_two_officers(rule, zhang, ding, guo, wang, zhao):
    one = reverse("customers:retention-rule", args=[rule.pk])
    first, second = browser_of(ding), browser_of(guo)
    assert "Propose to begin" in first.get(one).content.decode()
    propose = reverse("customers:retention-propose", args=[rule.pk])
    approve = reverse("customers:retention-approve", args=[rule.pk])
    first.post(propose, {"seen": 1})
    assert "Approve: it begins" not in first.get(one).content.decode()
    first.post(approve, {"seen": 1})
    assert fresh(rule).begins_at is None
    waiting = second.get(one).content.decode()
    assert "Approve: it begins" in waiting
    assert "Ding Yan" in waiting
    second.post(approve, {"seen": 1})
    assert fresh(rule).begins_at is not None
    assert not fresh(rule).active
    assert "begins" in second.get(reverse("customers:retention")).content.decode()
    # A supervisor approves erasures, and so also rules; how long is not theirs to say.
    lead = browser_of(zhao)
    assert lead.get(one).status_code == 200
    assert lead.post(one, {"days": 1, "basis": "x"}).status_code == 403
    assert lead.post(propose, {"seen": 1}).status_code == 403
    lead.post(reverse("customers:retention-drop", args=[rule.pk]))
    assert fresh(rule).proposed_days is None
    for address in (one, propose, approve):
        assert browser_of(wang).post(address).status_code == 404


def test_the_sweep_begins_what_is_due(rule, ding, guo):
    seen_and_approved(rule, ding, guo, now=NOW - 10 * DAY)
    CustomerFactory()
    tasks.sweep_retention()
    assert fresh(rule).active


def test_a_shorter_time_too_few_is_said_on_the_page(ding, guo):
    idle = put_in_force("customers.idle", guo, 400, NOW)
    address = reverse("customers:retention-rule", args=[idle.pk])
    answer = browser_of(ding).post(address, {"days": 100, "basis": "x"})
    assert answer.status_code == 422
    assert "365 days at least" in answer.content.decode()
    assert retention_rules.FEWEST_DAYS["customers.idle"] == 365

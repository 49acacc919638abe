"""What a person asks of their data: received, checked, answered in time."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from customers import tasks
from customers.actions import rights
from customers.links import new_link, read_token, token_of
from customers.models import (
    Customer,
    IdentityFact,
    RightsLinkPurpose,
    RightsRequest,
    RightsSettings,
    RightsState,
    RightsWay,
)
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from tests.customers.persons import FACTS, asked_by, ding, guo, zhang
from tests.desk import desk, fresh, wang
from tests.factories import DAY, NOW, CustomerFactory

__all__ = ["desk", "ding", "guo", "wang", "zhang"]


def test_the_clock_aims_at_working_days_and_ends_at_the_limit(zhang, ding):
    asked = asked_by(zhang, "access", by=ding)

    # Fifteen working days after Wednesday 4 March are over on Wednesday 25 March.
    assert asked.aim_at.astimezone(dt.UTC).date() == dt.date(2026, 3, 25)
    assert asked.due_at == NOW + 30 * DAY
    assert asked.code.startswith("P-")


def test_the_times_are_rows_that_are_changed_with_their_source(zhang, ding):
    settings = RightsSettings.objects.get()
    settings.aim_days, settings.limit_days, settings.warn_days = 5, 10, 2
    settings.save()

    asked = asked_by(zhang, "access", by=ding)

    assert asked.due_at == NOW + 10 * DAY
    assert asked.warn_at == NOW + 8 * DAY
    assert "PIPL" in settings.source


def test_the_same_wish_twice_is_one_request(zhang, ding):
    first = asked_by(zhang, "access", by=ding)
    again = asked_by(zhang, "access", by=ding, checked=False)
    other = asked_by(zhang, "explain", by=ding, checked=False)

    assert again == first
    assert other != first


def test_without_an_identity_nothing_is_answered(zhang, ding):
    asked = asked_by(zhang, "explain", by=ding, checked=False)

    with pytest.raises(RuleError, match="identity has to be checked"):
        rights.answer(asked=asked, words="We keep it to serve you.", by=ding, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=asked.pk).update(state="answered", ended_at=NOW)


def test_one_fact_is_too_few_and_a_document_is_enough(zhang, ding):
    asked = asked_by(zhang, "access", by=ding, checked=False)

    with pytest.raises(RuleError, match="two facts"):
        rights.check_by_staff(
            asked=asked,
            way=RightsWay.PHONE,
            facts=[IdentityFact.NAME],
            by=ding,
            now=NOW,
        )
    checked = rights.check_by_staff(
        asked=asked,
        way=RightsWay.PERSON,
        facts=[IdentityFact.DOCUMENT],
        by=ding,
        now=NOW,
    )

    assert (checked.state, checked.checked_by) == (RightsState.CHECKED, ding)
    assert checked.checked_facts == ["document"]


def test_a_refusal_has_its_reason_and_is_told(zhang, ding):
    asked = asked_by(zhang, "explain", by=ding)

    with pytest.raises(RuleError, match="needs its reason"):
        rights.refuse(asked=asked, reason=" ", by=ding, now=NOW)
    rights.refuse(asked=asked, reason="It was explained last week.", by=ding, now=NOW)
    tasks.sweep_rights_letters()

    assert fresh(asked).state == RightsState.REFUSED
    [letter] = mail.outbox
    assert letter.to == ["zhang.work@example.com"]  # the verified one
    assert "explained" not in letter.body
    with pytest.raises(RuleError, match="over"):
        rights.answer(asked=asked, words="Well …", by=ding, now=NOW)


def test_officers_hear_once_before_the_limit_and_once_after(zhang, ding, guo):
    asked = asked_by(zhang, "access", by=ding)
    rights.take_on(asked=asked, by=ding)
    early = {"warn_at": NOW, "due_at": NOW + 4000 * DAY}
    RightsRequest.objects.filter(pk=asked.pk).update(**early)
    for _again in range(2):
        tasks.sweep_rights()
    warned = Notification.objects.filter(kind="customers.rights_warned")
    assert [row.user for row in warned] == [ding]

    RightsRequest.objects.filter(pk=asked.pk).update(due_at=NOW)
    for _again in range(2):
        tasks.sweep_rights()
    overdue = Notification.objects.filter(kind="customers.rights_overdue")
    assert {row.user for row in overdue} == {ding, guo}
    assert "张伟" not in str([row.data for row in Notification.objects.all()])


def test_whoever_has_taken_it_on_sees_that_customer_until_it_is_over(zhang, ding, guo):
    other = CustomerFactory()
    asked = asked_by(zhang, "explain", by=guo)
    assert not Customer.objects.visible_to(ding).exists()

    rights.take_on(asked=asked, by=ding)
    assert list(Customer.objects.visible_to(ding)) == [zhang]

    rights.answer(asked=asked, words="We keep it to serve you.", by=ding, now=NOW)
    assert not Customer.objects.visible_to(ding).exists()
    assert other.erased_at is None


def test_a_request_about_a_merged_record_is_about_the_person(zhang, ding):
    double = CustomerFactory(merged_into=zhang)

    assert asked_by(double, "access", by=ding).customer == zhang


@pytest.mark.parametrize("broken", ["", "x", "abc:def", "{0}x"])
def test_a_forged_link_opens_nothing(zhang, ding, broken):
    asked = asked_by(zhang, "access", by=ding, checked=False)
    link = new_link(request=asked, purpose=RightsLinkPurpose.IDENTITY, now=NOW)
    token = token_of(link)

    assert read_token(token, now=NOW) == link
    assert read_token(broken.format(token), now=NOW) is None
    assert read_token(token, now=NOW + 4 * DAY) is None


def test_the_facts_asked_are_names_of_facts_only(zhang, ding):
    asked = asked_by(zhang, "access", by=ding)

    assert asked.checked_facts == sorted(FACTS)

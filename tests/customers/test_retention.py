"""Data are kept as long as the rules say, and nothing goes before somebody said yes."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import tasks
from customers.actions import (
    holds,
    retention,
    retention_kinds,
    retention_rules,
    rights,
)
from customers.models import (
    Consent,
    Customer,
    ErasureLedger,
    RetentionRule,
    Reveal,
    RightsKind,
    RightsWay,
)
from customers.queries.retention import held_by_reason, preview
from servicedesk.core.errors import RuleError
from tests.customers.keeping import put_in_force
from tests.customers.persons import ding, zhang
from tests.desk import desk, fresh, wang
from tests.factories import DAY, HOUR, NOW, CustomerFactory, TicketFactory
from tickets.models import Message, Ticket

__all__ = ["desk", "ding", "wang", "zhang"]


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    """These tests are about what goes when, not about how long people have to stay."""
    monkeypatch.setitem(retention_rules.FEWEST_DAYS, "customers.idle", 1)


def rule(key, days=100):
    RetentionRule.objects.filter(key=key).update(days=days)
    return RetentionRule.objects.get(key=key)


def begin(key, by, days=100, now=NOW):
    """Have a rule in force at that moment: how it came to be is a test of its own."""
    return put_in_force(key, by, days, now)


def run(found, now):
    return retention.purge_portion(rule=found, now=now).purged


def test_no_rule_is_in_force_before_somebody_saw_what_goes(zhang, ding):
    assert not RetentionRule.objects.filter(active=True).exists()
    tasks.sweep_retention()
    assert Message.objects.exclude(body="—").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRule.objects.update(active=True)


def test_words_of_old_closed_tickets_go_and_the_cases_stay(zhang, ding):
    young = TicketFactory(contact="young@example.com", subject="Young")
    Ticket.objects.filter(pk=young.pk).update(status="closed", closed_at=NOW + 90 * DAY)
    now = NOW + 120 * DAY
    found = begin("tickets.words", ding, now=now)
    [old] = Ticket.objects.filter(customer=zhang)
    assert preview(found, now=now).examples == [old.number]

    assert run(found, now) == 1
    assert run(found, now) == 0

    assert fresh(old).subject == "—"
    assert fresh(old).category == old.category
    assert fresh(young).subject == "Young"
    assert fresh(zhang).name == "张伟"
    assert fresh(found).purged == 1


def test_customers_who_were_not_in_touch_are_erased_on_the_ledger(
    zhang, ding, tmp_path
):
    quiet = CustomerFactory(name="李华", created_at=NOW - 400 * DAY)
    found = begin("customers.idle", ding, days=300, now=NOW + 31 * DAY)

    run(found, NOW + 31 * DAY)

    assert fresh(quiet).name == ""
    assert fresh(zhang).name == "张伟"  # his ticket is young
    entry = ErasureLedger.objects.get(customer_key=quiet.pk)
    assert (entry.basis, entry.request_key) == ("retention", None)


def test_a_legal_hold_keeps_what_is_past_its_time(zhang, ding):
    holds.place_hold(customer=zhang, reason="Court", by=ding, now=NOW)
    late = NOW + 2000 * DAY
    for key in ("tickets.words", "customers.idle", "customers.reveals"):
        run(begin(key, ding, now=late), late)

    assert fresh(zhang).name == "张伟"
    assert Reveal.objects.exists()
    assert not Ticket.objects.filter(subject="—").exists()
    with pytest.raises(RuleError, match="already"):
        holds.place_hold(customer=zhang, reason="Again", by=ding, now=NOW)

    holds.release_hold(customer=zhang, by=ding, now=NOW)
    assert run(rule("customers.reveals"), late) == 1


def test_withdrawn_consents_and_old_order_numbers_go_in_time(zhang, ding):
    Consent.objects.update(withdrawn_at=NOW)
    late = NOW + 200 * DAY
    run(begin("customers.consents", ding, now=late), late)
    assert not Consent.objects.exists()

    Customer.objects.filter(pk=zhang.pk).update(erased_at=NOW)
    run(begin("customers.purchases", ding, now=late), late)
    numbers = zhang.purchases.values_list("order_number", flat=True)
    assert all(number.startswith("erased-") for number in numbers)


def test_the_pages_are_for_officers(zhang, ding, wang):
    officer, agent = Client(), Client()
    officer.force_login(ding)
    agent.force_login(wang)
    found = rule("customers.reveals", 1)
    one = reverse("customers:retention-rule", args=[found.pk])
    hold = reverse("customers:hold", args=[zhang.number])

    for page in ("/customers/retention/", one, hold):
        assert Client().get(page).status_code == 302
        assert agent.get(page).status_code == 404
        assert officer.get(page).status_code == 200
    assert zhang.code in officer.get(one).content.decode()
    officer.post(hold, {"reason": "Court order 7"})
    assert zhang.legal_holds.get().reason == "Court order 7"


def idle(number, **more):
    return [
        CustomerFactory(created_at=NOW - 900 * DAY, **more) for _each in range(number)
    ]


def ask_for_a_copy(customer, by):
    return rights.receive(
        customer=customer, kind=RightsKind.ACCESS, way=RightsWay.PHONE, words="",
        by=by, now=NOW,
    )  # fmt: skip


def test_who_cannot_be_erased_keeps_nobody_else_waiting(ding, monkeypatch):
    """The first whole portion has open requests; those behind them go all the same."""
    for module in (retention, tasks.rights):
        monkeypatch.setattr(module, "PORTION", 3)
    held = idle(3)
    for each in held:
        ask_for_a_copy(each, ding)
    free = idle(2)
    found = begin("customers.idle", ding, now=NOW + HOUR)

    assert tasks.sweep_retention() == 2

    assert {bool(fresh(each).erased_at) for each in free} == {True}
    assert {bool(fresh(each).erased_at) for each in held} == {False}
    assert fresh(found).purged == 2, "those who stayed were counted as purged"
    [group] = held_by_reason(found, now=timezone.now())
    assert (group.why, group.count) == ("request", 3)
    assert group.examples == [each.code for each in held]


def test_what_was_held_back_is_looked_at_again_the_next_day(ding):
    [quiet] = idle(1)
    asked = ask_for_a_copy(quiet, ding)
    found = begin("customers.idle", ding)
    assert retention.purge_portion(rule=found, now=NOW) == (0, 1)
    assert retention.purge_portion(rule=found, now=NOW + HOUR) == (0, 0)
    rights.take_back(asked=asked, by=ding, now=NOW + HOUR)
    assert retention.purge_portion(rule=found, now=NOW + 25 * HOUR) == (1, 0)
    assert not found.held.exists()


def test_one_record_that_cannot_be_erased_does_not_stop_the_others(
    ding, monkeypatch, caplog
):
    first, second = idle(2)
    whole = retention_kinds.erase_customer

    def erase(*, customer, **more):
        if customer.pk == first.pk:
            raise ValueError("broken")
        return whole(customer=customer, **more)

    monkeypatch.setattr(retention_kinds, "erase_customer", erase)
    found = begin("customers.idle", ding)
    assert retention.purge_portion(rule=found, now=NOW) == (1, 1)
    assert fresh(second).erased_at
    assert found.held.get().why == "fault"
    assert first.code in caplog.text


def test_the_page_tells_purged_and_held_back_apart(ding, monkeypatch):
    [quiet] = idle(1)
    ask_for_a_copy(quiet, ding)
    found = begin("customers.idle", ding)
    tasks.sweep_retention()
    browser = Client()
    browser.force_login(ding)
    one = browser.get(reverse("customers:retention-rule", args=[found.pk]))
    told = one.content.decode()
    assert "an open request of the person" in told
    assert quiet.code in told
    listed = browser.get(reverse("customers:retention")).content.decode()
    assert "Held back" in listed

"""Care: only with consent, once in its time, and with an outcome."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import tasks
from customers.actions import care
from customers.models import (
    CareContact,
    CareKind,
    CareOutcome,
    CarePlan,
    CareState,
    Consent,
)
from servicedesk.core.errors import RuleError
from tests.desk import at_once, chen, committed, desk, fresh, wang, zhao
from tests.factories import DAY, NOW, CustomerFactory, TicketFactory, team_of

__all__ = ["chen", "committed", "desk", "wang", "zhao"]


def agreed(**fields):
    customer = CustomerFactory(created_at=NOW - 900 * DAY, **fields)
    Consent.objects.create(
        customer=customer, purpose="care", basis="consent", way="phone",
        given_at=NOW - 800 * DAY,
    )  # fmt: skip
    return customer


def plan(**fields):
    given = {
        "name_zh": "半年问候", "name_en": "Twice a year", "kind": "satisfaction",
        "team": team_of("call-centre"), "quiet_days": 90, "every_days": 180,
    }  # fmt: skip
    return CarePlan.objects.create(**given | fields)


@pytest.fixture
def due(desk):
    """Chen Jing is to be asked whether all is well."""
    customer = agreed()
    care.generate(plan=plan(), now=NOW)
    return CareContact.objects.get(customer=customer)


def test_promotion_is_no_kind_of_care():
    assert not {"promotion", "marketing"} & set(CareKind.values)


def test_a_plan_finds_its_segment_with_consent_and_not_in_touch_of_late(desk):
    wanted = agreed(city="上海")
    agreed(city="北京")
    agreed(city="上海", team=team_of("technical"))
    agreed(city="上海", kind="enterprise")
    CustomerFactory(city="上海", created_at=NOW - 900 * DAY)  # no consent
    agreed(city="上海", erased_at=NOW)
    busy = TicketFactory(contact="busy@example.com").customer
    type(busy).objects.filter(pk=busy.pk).update(city="上海")
    Consent.objects.create(
        customer=busy, purpose="care", basis="consent", way="phone", given_at=NOW
    )

    care.generate(plan=plan(city="上海", customer_kind="individual"), now=NOW)

    assert [row.customer for row in CareContact.objects.all()] == [wanted]


def test_a_contact_is_due_once_in_its_time(due, wang):
    assert care.generate(plan=due.plan, now=NOW) == 0
    care.record(contact=due, outcome=CareOutcome.WELL, words="", by=wang, now=NOW)

    assert care.generate(plan=due.plan, now=NOW + 100 * DAY) == 0
    assert care.generate(plan=due.plan, now=NOW + 181 * DAY) == 1


def test_two_sweeps_at_once_make_one(committed):
    agreed()
    one = plan()
    at_once(*[lambda: care.generate(plan=one, now=NOW)] * 2)

    assert CareContact.objects.count() == 1
    CareContact.objects.all().delete()
    CarePlan.objects.all().delete()


def test_without_consent_nothing_is_recorded_planned_or_left_due(due, wang):
    Consent.objects.update(withdrawn_at=NOW)

    with pytest.raises(RuleError, match="has not agreed"):
        care.record(contact=due, outcome=CareOutcome.WELL, words="", by=wang, now=NOW)
    with pytest.raises(RuleError, match="has not agreed"):
        care.plan_contact(plan=plan(), customer=due.customer, due_at=NOW + DAY, by=wang)
    tasks.sweep_care()
    assert fresh(due).state == CareState.CANCELLED


def test_wants_no_more_withdraws_the_consent(due, wang):
    care.record(
        contact=due, outcome=CareOutcome.NO_MORE, words="Please stop", by=wang, now=NOW
    )

    consent = Consent.objects.get()
    assert (consent.withdrawn_by, consent.withdrawn_way) == (wang, "phone")
    assert care.generate(plan=due.plan, now=NOW + 999 * DAY) == 0


def test_it_is_put_off_for_ninety_days_at_most_and_five_times(due, wang):
    with pytest.raises(RuleError, match="ninety"):
        care.put_off(contact=due, until=NOW + 91 * DAY, by=wang, now=NOW)
    for turn in range(5):
        care.put_off(contact=due, until=NOW + (turn + 1) * DAY, by=wang, now=NOW)
    with pytest.raises(RuleError, match="five times"):
        care.put_off(contact=due, until=NOW + DAY, by=wang, now=NOW)
    assert fresh(due).owner == wang


def test_the_pages(due, wang, chen, zhao):
    agent, stranger, lead = Client(), Client(), Client()
    for client, person in ((agent, wang), (stranger, chen), (lead, zhao)):
        client.force_login(person)
    outcome = reverse("customers:care-outcome", args=[due.pk])
    later = reverse("customers:care-put-off", args=[due.pk])
    panel = reverse("customers:care-panel", args=[due.customer.number])

    shown = agent.get("/customers/care/").content.decode()
    assert "陈*" in shown
    assert "陈静" not in shown
    assert "陈*" not in stranger.get("/customers/care/").content.decode()
    for page in (outcome, later, panel):
        assert Client().get(page).status_code == 302
        assert stranger.get(page).status_code == 404
        assert agent.get(page).status_code == 200
    soon = (timezone.now() + dt.timedelta(days=3)).date()
    assert agent.post(later, {"until": soon.isoformat()}).status_code == 302
    said = {"outcome": "helped", "words": "A cable was sent"}
    assert agent.post(outcome, said).status_code == 302
    assert fresh(due).words == "A cable was sent"
    again = agent.post(outcome, said)
    assert again.status_code == 422
    assert agent.get("/customers/care/plans/").status_code == 404
    assert lead.get("/customers/care/plans/").status_code == 200
    new = reverse("customers:care-new", args=[due.customer.number])
    assert agent.get(new).status_code == 200


def test_the_list_asks_the_same_of_one_and_of_three(
    due, wang, django_assert_max_num_queries
):
    client = Client()
    client.force_login(wang)
    client.get("/customers/care/")
    counts = []
    for more in (0, 2):
        for _each in range(more):
            agreed()
        care.generate(plan=due.plan, now=NOW)
        with django_assert_max_num_queries(15) as seen:
            client.get("/customers/care/")
        counts.append(len(seen.captured_queries))

    assert counts[0] == counts[1]


def test_the_timeline_tells_of_care_with_its_outcome_and_leads_to_the_words(
    due, wang, chen
):
    care.record(
        contact=due, outcome=CareOutcome.HELPED, words="换了一副耳垫", by=wang, now=NOW
    )
    browser = Client()
    browser.force_login(wang)
    timeline = reverse("customers:timeline", args=[due.customer.number])
    told = browser.get(f"{timeline}?kind=care").content.decode()
    one = reverse("customers:care-contact", args=[due.pk])
    assert "Care contact: Is all well?" in told
    assert "Something was put right" in told
    assert one in told
    assert "换了" not in told
    assert (
        "Care contact" not in browser.get(f"{timeline}?kind=changes").content.decode()
    )
    page = browser.get(one).content.decode()
    assert "换了一副耳垫" in page
    assert "Something was put right" in page
    stranger = Client()
    stranger.force_login(chen)
    assert stranger.get(one).status_code == 404
    assert Client().get(one).status_code == 302

"""Who the customers are: counted once a day, no small group to be seen or reckoned."""

from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import tasks
from customers.actions.profile import count_facts
from customers.models import ProfileFacts, Purchase
from customers.queries.profile import fifths_of, table_of, tables_of
from customers.queries.suppress import LEAST, hidden, total_may_show
from servicedesk.core.charts import Bar, bars
from servicedesk.staff.models import RoleKey
from tests.desk import desk
from tests.factories import DAY, NOW, CustomerFactory, UserFactory

__all__ = ["desk"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(min_value=0, max_value=40), max_size=12))
def test_nothing_small_is_shown_and_nothing_hidden_can_be_reckoned(counts):
    hide = hidden(counts)
    shown = [count for place, count in enumerate(counts) if place not in hide]

    assert all(count == 0 or count >= LEAST for count in shown)
    if hide and total_may_show(counts):
        # Whoever has the total learns the sum of the hidden ones: no small group either.
        secret = [counts[place] for place in hide]
        assert sum(secret) >= LEAST
        assert len(secret) > 1 or all(
            counts[p] == 0 for p in range(len(counts)) if p not in hide
        )


def test_the_next_smallest_is_hidden_along_with_a_small_one():
    assert hidden([50, 3, 9]) == {1, 2}
    assert hidden([50, 3, 2]) == {1, 2}
    assert hidden([50, 1, 1, 9]) == {1, 2, 3}
    assert hidden([50, 9, 0]) == frozenset()


def test_what_one_buyer_bought_is_not_told_by_a_city_of_fifty():
    table = table_of(
        "city", "By city",
        [
            ("Shanghai", 60, 40, 90, Decimal(9000)),
            ("Suzhou", 50, 1, 3, Decimal(777)),
            ("Wuxi", 30, 12, 14, Decimal(1000)),
        ],
    )  # fmt: skip
    suzhou, wuxi = table.rows[1], table.rows[2]

    assert (suzhou.people, suzhou.buyers, suzhou.amount) == (50, None, None)
    # Nor by the sum of all less the others.
    assert (wuxi.people, wuxi.amount) == (30, None)


def buyer(city, orders, **fields):
    customer = CustomerFactory(city=city, **fields)
    for number in range(orders):
        Purchase.objects.create(
            customer=customer, order_number=f"{customer.number}-{number}",
            product="Kettle", amount=100, bought_at=NOW - (number + 1) * DAY,
            created_at=NOW,
        )  # fmt: skip
    return customer


@pytest.fixture
def counted(desk):
    for turn in range(8):
        buyer("上海", 1 + turn % 2)
    for _turn in range(6):
        buyer("杭州", 0)
    for _turn in range(2):
        buyer("拉萨", 1)
    buyer("上海", 3, erased_at=NOW)
    return count_facts(now=NOW)


def test_everybody_is_counted_once_but_who_was_erased(counted):
    tables = {each.key: each for each in tables_of(counted.facts)}

    assert tables["kind"].total == 16
    cities = {row.label: row.people for row in tables["city"].rows}
    assert cities == {"上海": 8, "杭州": None, "Other and unknown": None}
    assert tables["city"].any_hidden
    assert [row.label for row in tables["orders"].rows] == ["0", "1", "2"]


def test_fifths_of_few_buyers_are_hidden(counted):
    assert all(
        row.people is None for each in fifths_of(counted.facts) for row in each.rows
    )


def test_it_is_counted_once_a_day(desk):
    assert tasks.count_profile() == 1
    assert tasks.count_profile() == 0
    assert ProfileFacts.objects.count() == 1


@pytest.mark.parametrize("role", RoleKey.values)
def test_only_who_analyses_sees_it(counted, role):
    client = Client()
    client.force_login(UserFactory(display_name="Reader", role=role))
    may = role in {"supervisor", "management", "quality_analyst"}
    shown = client.get("/customers/analysis/")

    assert Client().get("/customers/analysis/").status_code == 302
    assert shown.status_code == (200 if may else 404)
    if may:
        page = shown.content.decode()
        assert '<svg class="chart"' in page
        assert "hidden" in page
        assert "style=" not in page


def test_a_chart_escapes_what_people_typed():
    drawn = bars(key="a", title="<b>", description="x", rows=[Bar("<script>", 3, "3")])

    assert "<script>" not in drawn
    assert "&lt;script" in drawn

"""An import tells nothing of customers whom the importer may not see."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from customers.actions import honey as honey_acts
from customers.actions import import_file
from customers.actions.merge import merge_customers, undo_merge
from customers.models import (
    AccessAlarm,
    ContactPoint,
    Customer,
    HoneyRecord,
    ImportProblem,
    PossibleDouble,
    Purchase,
)
from customers.queries import import_page
from tests.customers.looks import allow, at_desk
from tests.customers.moving import check, csv, figures, run, upload
from tests.desk import fresh
from tests.factories import (
    DAY,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
    team_of,
)

POLICIES = ["fill", "skip", "reject"]
PHONE, MAIL = "+8613812345678", "li.hua@example.com"
# Each meets hua's record or somebody unknown by the same kind of thing.
MET = csv(
    "甲,13812345678,,,,,,",
    "乙,,li.hua@example.com,,,,,",
    "丙,13500000001,,,A-77,耳机,9,2026-01-05",
    "丁,13812345678,ding@example.com,,,,,",
)
FREE = csv(
    "甲,13812345670,,,,,,",
    "乙,,li.other@example.com,,,,,",
    "丙,13500000002,,,A-78,耳机,9,2026-01-05",
    "丁,13812345670,ling@example.com,,,,,",
)


@pytest.fixture
def known(hua):
    """Li Hua of the call centre has a phone, an address and an order."""
    ContactPointFactory(customer=hua, kind="email", value=MAIL)
    Purchase.objects.create(
        customer=hua, order_number="A-77", product="耳机", amount=9, bought_at=NOW,
        created_at=NOW,
    )  # fmt: skip
    return hua


@pytest.fixture
def both(desk):
    """Ma Li leads both teams."""
    person = UserFactory(
        display_name="Ma Li", role="supervisor", team="call-centre", lead=True
    )
    team_of("technical").memberships.create(user=person, lead=True)
    return person


def told(batch):
    """All that whoever imports is told of a file: state, counts, faults, rejected rows."""
    rows = import_page.rejected_rows(batch, import_file.all_rows(batch))
    return (
        batch.state,
        {name: count for name, count in batch.counts.items() if count},
        import_page.faults_of(batch),
        import_page.first_problems(batch),
        [row[-1] for row in rows],
        batch.job.state, batch.job.done, batch.job.total, batch.job.result,
    )  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
def test_a_row_about_an_unseen_customer_is_told_as_a_new_one(known, sun, policy):
    met = check(upload(sun, MET), known=policy, team="technical")
    free = check(upload(sun, FREE), known=policy, team="technical")
    assert told(met) == told(free)
    met, free = run(met), run(free)
    assert told(met) == told(free)
    pages = [_page_of(sun, each) for each in (met, free)]
    assert pages[0] == pages[1]
    made = Customer.objects.visible_to(sun)
    assert made.count() == met.counts["new"] + free.counts["new"]


def _page_of(user, batch):
    """The page of the import, without what stood in the file itself."""
    told = at_desk(user).get(reverse("customers:import", args=[batch.pk]))
    words = told.content.decode().partition("<main")[2].partition("</main>")[0]
    words = words.replace(str(batch.pk), "").replace(str(batch.job_id), "")
    return [
        line
        for line in words.splitlines()
        if "csrf" not in line and not line.strip().startswith("<td>")
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_file_again_meets_what_it_made_itself(known, sun, policy):
    """Else the second time told: one's own is known, another team's was not taken over."""
    run(check(upload(sun, MET), known=policy, team="technical"))
    run(check(upload(sun, FREE), known=policy, team="technical"))
    met = check(upload(sun, MET), known=policy, team="technical")
    free = check(upload(sun, FREE), known=policy, team="technical")
    assert told(met) == told(free)


def test_it_is_written_as_a_customer_of_the_importers_team(known, sun):
    run(check(upload(sun, MET), team="technical"))
    mine = Customer.objects.visible_to(sun)
    assert sorted(str(each.name) for each in mine) == ["丙", "乙", "甲"]
    values = ContactPoint.objects.filter(customer__in=mine)
    assert {str(each.value) for each in values} >= {PHONE, MAIL}
    assert Purchase.objects.filter(order_number="A-77").count() == 2
    assert {str(each.value) for each in known.contact_points.all()} == {PHONE, MAIL}


def test_each_pair_waits_for_those_who_may_know_of_both(
    known, sun, zhao, wang, officer, both
):
    run(check(upload(sun, MET), team="technical"))
    assert PossibleDouble.objects.count() == 3
    page = reverse("customers:possible-doubles")
    for person in (officer, both):
        shown = at_desk(person).get(page).content.decode()
        assert known.code in shown
        assert "Sun Hao" in shown
    for person in (sun, zhao):
        shown = at_desk(person).get(page)
        assert known.code not in shown.content.decode()
        assert "No possible duplicates" in shown.content.decode()
    assert at_desk(wang).get(page).status_code == 404


def test_an_hours_sight_of_the_other_shows_no_pair(known, sun):
    """It would say that the guess which one imported is what the mask hides."""
    run(check(upload(sun, MET), team="technical"))
    allow(sun, known, "view_customer")
    shown = at_desk(sun).get(reverse("customers:possible-doubles")).content.decode()
    assert known.code not in shown
    pair = PossibleDouble.objects.first()
    address = reverse("customers:possible-double-dismiss", args=[pair.pk])
    assert at_desk(sun).post(address).status_code == 404
    assert fresh(pair).dismissed_at is None


def test_from_the_pair_to_one_record_and_back(known, sun, both):
    run(check(upload(sun, csv("甲,13812345678,,上海,A-77,耳机,9,2026-01-05")),
              team="technical"))  # fmt: skip
    new = Customer.objects.get(team=team_of("technical"))
    browser = at_desk(both)
    shown = browser.get(reverse("customers:possible-doubles")).content.decode()
    numbers = sorted([known.number, new.number])
    address = reverse("customers:merge-two", args=numbers)
    assert address in shown
    assert browser.get(address).status_code == 200
    made = merge_customers(kept=known, gone=new, take={}, by=both, now=NOW)
    values = [str(each.value) for each in known.contact_points.order_by("pk")]
    assert sorted(values) == sorted([PHONE, MAIL]), "one number stands there twice"
    assert known.purchases.count() == 1
    shown = browser.get(reverse("customers:possible-doubles")).content.decode()
    assert known.code not in shown
    undo_merge(merge=fresh(made), by=both, now=NOW)
    assert fresh(new).contact_points.count() == fresh(new).purchases.count() == 1
    assert known.contact_points.count() == 2
    assert known.purchases.count() == 1


def test_merged_the_other_way_the_first_value_stays_the_found_one(known, sun, both):
    run(check(upload(sun, csv("甲,13812345678,,上海,,,,")), team="technical"))
    new = Customer.objects.get(team=team_of("technical"))
    made = merge_customers(kept=new, gone=known, take={}, by=both, now=NOW)
    assert new.contact_points.get(kind="phone").beside is None
    undo_merge(merge=fresh(made), by=both, now=NOW)
    assert fresh(known).contact_points.get(kind="phone").beside is None
    assert fresh(new).contact_points.get(kind="phone").beside == new.pk


def test_what_was_told_apart_is_not_shown_again(known, sun, officer):
    run(check(upload(sun, csv("甲,13812345678,,上海,,,,")), team="technical"))
    pair = PossibleDouble.objects.get()
    browser = at_desk(officer)
    address = reverse("customers:possible-double-dismiss", args=[pair.pk])
    assert "stay two records" in browser.get(address).content.decode()
    assert fresh(pair).dismissed_at is None
    assert browser.post(address).status_code == 302
    assert fresh(pair).dismissed_by == officer
    shown = browser.get(reverse("customers:possible-doubles")).content.decode()
    assert known.code not in shown
    assert browser.post(address).status_code == 404


def test_the_list_of_pairs_asks_as_often_for_three_as_for_one(
    known, sun, officer, django_assert_num_queries
):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    page, browser = reverse("customers:possible-doubles"), at_desk(officer)
    run(check(upload(sun, csv("甲,13812345678,,,,,,")), team="technical"))
    browser.get(page)
    with CaptureQueriesContext(connection) as one:
        browser.get(page)
    run(check(upload(sun, MET), team="technical"))
    with django_assert_num_queries(len(one)):
        browser.get(page)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_made_up_record_still_raises_the_alarm(officer, sun, policy):
    honey_acts.plant(team=team_of("call-centre"), by=officer, now=NOW - DAY)
    honey_acts.plant_due(now=NOW)
    made = Customer.objects.get()
    assert HoneyRecord.objects.count() == 1
    phone = str(made.contact_points.get().value)
    batch = check(upload(sun, csv(f"甲,{phone},,,,,,")), known=policy, team="technical")
    assert AccessAlarm.objects.filter(kind="honey", user=sun, how="import").exists()
    assert figures(batch) == (1, 0, 0, 0)


def test_two_rows_of_one_order_are_one_customers(sun):
    """In one part of a file, where nothing of it is on record yet: the work broke off."""
    content = csv("甲,13500000001,,,A-1,耳机,9,", "乙,13500000002,,,A-1,耳机,9,")
    batch = run(check(upload(sun, content), team="technical"))
    assert (batch.state, figures(batch)) == ("done", (1, 0, 0, 1))
    assert ImportProblem.objects.get().code == "order_exists"


def test_a_file_of_id_numbers_that_look_alike_is_compared_with_nobody(hua, zhao):
    """Imported as one's own, the right one stood on the page of duplicates."""
    cache.clear()
    rows = [f"x,1350000{day:04},310101{19900000 + day:08}8888" for day in range(70)]
    batch = check(upload(zhao, csv(*rows, heads="姓名,电话,身份证")))
    assert batch.counts == {"fault": "guesses"}
    assert AccessAlarm.objects.filter(user=zhao, kind="many").exists()


def test_a_purchase_by_hand_tells_nothing_either(known, chen):
    """The form told which order numbers other teams' customers have."""
    own = CustomerFactory(name="x", team=team_of("technical"))
    address = reverse("customers:purchase-add", args=[own.number])
    form = {
        "order_number": "A-77", "product": "耳机", "amount": "9", "currency": "CNY",
        "bought_at": timezone.now().strftime("%Y-%m-%dT%H:%M"), "status": "ordered",
    }  # fmt: skip
    browser = at_desk(chen)
    assert browser.post(address, form).status_code == 302
    assert own.purchases.get().order_number == "A-77"
    pair = PossibleDouble.objects.get()
    assert {pair.one, pair.other} == {own, known}
    assert browser.post(address, form).status_code == 422

"""The pages of a record: who sees what of it, and how much they ask of the database."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.actions.records import confirm_customer
from customers.actions.reveal import reveal_name
from customers.models import Field, MaskRule, Mode
from customers.queries.timeline import register_source
from servicedesk.audit.models import Kind, LogEntry
from tests.customers.ways import add_rows, full, page
from tests.factories import (
    ContactPointFactory,
    CustomerFactory,
    TicketFactory,
    UserFactory,
)
from tests.speed.counting import MOST, queries_of, told
from tests.speed.test_pages import talk

PARTS = ("customer", "timeline", "purchases", "payments", "consents", "history")


@pytest.fixture
def hua(desk):
    return full()


@pytest.mark.parametrize("part", PARTS)
def test_a_colleague_reads_a_record_masked(part, client, wang, hua):
    client.force_login(wang)
    answer = client.get(page(part, hua))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert "李*" in shown
    for clear in ("李华", "南京路", "310101199003078888", "00000000"):
        assert clear not in shown


@pytest.mark.parametrize("part", PARTS)
def test_another_team_is_told_that_there_is_nothing(part, client, chen, hua):
    client.force_login(chen)
    hidden = client.get(page(part, hua))
    absent = client.get(page(part, CustomerFactory.build(number=1)))
    assert hidden.status_code == absent.status_code == 404
    assert len(hidden.content) == len(absent.content)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_asks_the_same_of_little_and_much(part, client, wang, hua):
    client.force_login(wang)
    costs = []
    for number in (0, 3):
        add_rows(hua, number)
        client.get(page(part, hua))
        asked = queries_of(lambda: client.get(page(part, hua)))
        assert len(asked) <= MOST, told(asked)
        costs.append(len(asked))
    assert costs[0] == costs[1], told(asked)


def test_the_list_asks_the_same_of_one_and_of_many(client, wang, desk):
    client.force_login(wang)
    costs = []
    for number in (1, 3):
        for _each in range(number):
            full()
        client.get("/customers/")
        asked = queries_of(lambda: client.get("/customers/"))
        assert len(asked) <= MOST, told(asked)
        costs.append(len(asked))
    assert costs[0] == costs[1], told(asked)


def test_the_list_shows_ones_own_customers_masked(client, wang, chen, hua):
    client.force_login(wang)
    shown = client.get("/customers/").content.decode()
    assert hua.code in shown
    assert "李*" in shown
    assert "李华" not in shown
    client.force_login(chen)
    assert hua.code not in client.get("/customers/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=enterprise", False), ("kind=individual", True), ("city=上海", True),
        ("city=北京", True), ("city=杭州", False), ("quality=incomplete", False), ("quality=stale", False),
        ("kind=nonsense", True), ("before=nonsense", True), ("tag=99999", True),
    ],
)  # fmt: skip
def test_filters(query, found, client, wang, chen, hua):
    CustomerFactory(city="杭州")
    # A city that no customer of theirs is from is no filter.
    CustomerFactory(city="北京", team=chen.memberships.get().team)
    client.force_login(wang)
    shown = client.get(f"/customers/?{query}").content.decode()
    assert (f">{hua.code}<" in shown) is found


def test_the_list_goes_on_page_by_page(client, wang, desk, monkeypatch):
    monkeypatch.setattr("customers.queries.listing.PAGE", 2)
    made = [CustomerFactory() for _each in range(3)]
    client.force_login(wang)
    first = client.get("/customers/")
    assert made[2].code in first.content.decode()
    assert made[0].code not in first.content.decode()
    following = client.get(first.context["next_url"])
    assert made[0].code in following.content.decode()
    assert not following.context["next_url"]


def test_what_is_hidden_leaves_no_trace_on_the_page(client, wang, hua):
    MaskRule.objects.filter(role__key="agent", field=Field.PHONE).update(
        mode=Mode.HIDDEN
    )
    client.force_login(wang)
    shown = client.get(page("customer", hua)).content.decode()
    assert "138****" not in shown
    assert "310101" not in shown
    assert "138****" not in client.get("/customers/").content.decode()


def test_opening_a_record_is_logged_once(client, wang, hua):
    client.force_login(wang)
    for _each in range(2):
        client.get(page("customer", hua))
    looks = LogEntry.objects.filter(action=Kind.ACCESS, object_pk=str(hua.pk))
    assert looks.count() == 1


def test_payment_records_stay_closed_without_a_grant(client, zhao, hua):
    hua.payments.create(
        method="card", account="6222020200001234567", amount="1.00",
        paid_at=hua.created_at, created_at=hua.created_at,
    )  # fmt: skip
    client.force_login(zhao)
    shown = client.get(page("payments", hua)).content.decode()
    assert "closed" in shown
    assert "4567" not in shown


def test_the_rail_leads_there_and_the_card_beside_the_ticket_too(client, wang, ticket):
    client.force_login(wang)
    shown = client.get(f"/inbox/{ticket.number}/").content.decode()
    assert reverse("customers:list") in shown
    assert page("customer", ticket.customer) in shown


def test_an_administrator_has_no_customers(client, desk):
    client.force_login(UserFactory(role="administrator", team="call-centre"))
    assert client.get("/customers/").status_code == 404


@pytest.fixture
def busy(wang, zhao, ticket):
    """Give the customer of the ticket a conversation, a call and a record that changes."""
    customer = ticket.customer
    now = timezone.now()
    talk(ticket, 1, wang, zhao)
    TicketFactory(contact="zhang.wei@example.com", channel="phone", subject="电话")
    add_rows(customer, 1)
    confirm_customer(customer=customer, by=wang, now=now)
    reveal_name(customer=customer, purpose="service", by=wang, now=now)
    return customer


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("", "Confirmed as true"), ("tickets", "收到的耳机没有声音"), ("calls", "电话"),
        ("messages", "The customer wrote"), ("purchases", "蓝牙耳机"),
        ("consents", "Care contacts"), ("withdrawals", "Withdrawn"),
        ("reveals", "Read in clear: Name"), ("nonsense", "Confirmed as true"),
    ],
)  # fmt: skip
def test_the_timeline_tells_all_or_one_kind(kind, told, client, wang, busy):
    client.force_login(wang)
    shown = client.get(f"{page('timeline', busy)}?kind={kind}").content.decode()
    assert told in shown
    assert ("Confirmed as true" in shown) is (kind in {"", "nonsense"})


def test_the_timeline_goes_on_page_by_page_and_repeats_nothing(
    client, wang, busy, monkeypatch
):
    monkeypatch.setattr("customers.queries.timeline.PAGE", 3)
    add_rows(busy, 3)
    client.force_login(wang)
    address, entries = page("timeline", busy), []
    for _page in range(20):
        if not address:
            break
        answer = client.get(address)
        entries += answer.context["entries"]
        address = answer.context["next_url"]
    monkeypatch.setattr("customers.queries.timeline.PAGE", 1000)
    whole = client.get(page("timeline", busy)).context["entries"]
    assert entries == whole
    assert len(whole) > 15
    assert [each.at for each in whole] == sorted((e.at for e in whole), reverse=True)


def test_what_one_may_not_see_stands_on_no_timeline(client, wang, chen, busy, ticket):
    type(busy).objects.filter(pk=busy.pk).update(team=chen.memberships.get().team)
    client.force_login(chen)
    shown = client.get(page("timeline", busy)).content.decode()
    assert "Confirmed as true" in shown
    assert ticket.subject not in shown
    assert ticket.number not in shown


def test_a_script_gets_the_part_alone(client, wang, busy):
    client.force_login(wang)
    part = client.get(page("timeline", busy), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "timeline__entry" in part.content.decode()


def test_the_timeline_asks_the_same_however_much_happened(client, wang, busy):
    client.force_login(wang)
    client.get(page("timeline", busy))
    first = queries_of(lambda: client.get(page("timeline", busy)))
    add_rows(busy, 3)
    more = queries_of(lambda: client.get(page("timeline", busy)))
    assert len(first) == len(more) <= MOST, told(more)


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(ValueError, match="Two sources"):
        register_source(
            "tickets", "x", "x", lambda *_all: None, at="at", tell=lambda *_all: None
        )


def test_amounts_keep_their_cents(client, wang, busy):
    client.force_login(wang)
    shown = client.get(f"{page('timeline', busy)}?kind=purchases").content.decode()
    assert "299.00 CNY" in shown


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "900000000"])
def test_numbers_that_nobody_has(number, client, wang):
    client.force_login(wang)
    assert client.get(f"/customers/{number}/").status_code == 404


@pytest.mark.parametrize("path", ["customer", "edit", "merge", "timeline"])
def test_a_value_that_was_tampered_with_is_told_and_breaks_no_page(
    path, client, zhao, hua
):
    other = CustomerFactory(name="别人", address="别处")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer mine SET name = other.name, "
            "address = other.address, notes = other.name FROM customers_customer other "
            "WHERE mine.id = %s AND other.id = %s",
            [hua.pk, other.pk],
        )
    client.force_login(zhao)
    answer = client.get(page(path, hua))
    assert answer.status_code == 200
    assert "Cannot be read" in answer.content.decode()
    assert "Cannot be read" in client.get("/customers/").content.decode()
    if path == "edit":
        kept = {"kind": "individual", "language": "en", "city": "广州", "notes": "x",
                "tags": [tag.pk for tag in hua.tags.all()]}  # fmt: skip
        assert client.post(page(path, hua), kept).status_code == 302
        hua.refresh_from_db(fields=["city"])
        assert hua.city == "广州"


def test_those_without_a_contact_are_looked_for_portion_by_portion(
    client, wang, desk, monkeypatch
):
    monkeypatch.setattr("customers.queries.listing.LOOKED_THROUGH", 2)
    bare = CustomerFactory()
    dead = ContactPointFactory(dead_at=bare.created_at).customer
    reached = [ContactPointFactory().customer for _each in range(3)]
    client.force_login(wang)
    address, shown = "/customers/?quality=incomplete", ""
    for _portion in range(3):
        answer = client.get(address)
        shown += answer.content.decode()
        address = answer.context["next_url"]
    assert not address
    assert all(each.code in shown for each in (bare, dead))
    assert not any(each.code in shown for each in reached)

"""Who can see a customer, and why; whom a person can see."""

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.actions.grants import approve, ask
from customers.actions.reveal import reveal_name
from customers.models import Customer
from customers.queries import sight
from servicedesk.staff.models import User
from tests.customers.looks import allow, at_desk
from tests.factories import DAY, TicketFactory, UserFactory

NOW = timezone.now()
"""The real one: a grant opens by the clock of the database."""


def grant(user, customer, by):
    row = ask(
        customer=customer, scope="contact", purpose="complaint", reason="x",
        length=DAY, by=user, now=NOW,
    )  # fmt: skip
    return approve(grant=row, until=row.until, by=by, now=NOW)


def why(customer):
    return {
        line.name: [each["words"] for each in line.reasons]
        for line in sight.people_of(customer)
    }


def test_everybody_who_sees_is_named_with_the_reason(wang, zhao, chen, sun, hua):
    ticket = TicketFactory(contact="13812345678")
    type(ticket).objects.update(assignee=sun)
    grant(chen, hua, zhao)
    told = why(hua)
    assert set(told) == {"Wang Fang", "Zhao Min", "Chen Jie", "Sun Hao"}
    assert told["Wang Fang"] == ["member of Call centre"]
    [words] = told["Chen Jie"]
    assert words == (
        "access grant: Contact details, Investigating a complaint, given by Zhao Min"
    )
    assert told["Sun Hao"] == [f"ticket {ticket.number}"]


def test_they_are_the_same_whom_the_query_lets_see(wang, zhao, chen, sun, hua):
    allow(sun, hua, "view_customer")
    for role in ("trainer", "management", "administrator"):
        UserFactory(display_name=role, role=role, team="call-centre")
    UserFactory(display_name="Gone", team="call-centre", is_active=False)
    seeing = {
        str(person)
        for person in User.objects.all()
        if Customer.objects.visible_to(person).filter(pk=hua.pk).exists()
    }
    assert set(why(hua)) == seeing == {"Wang Fang", "Zhao Min", "Sun Hao"}


def test_the_panel_shows_reasons_and_reveals_to_few(
    wang, zhao, sun, chen, officer, hua, client
):
    reveal_name(customer=hua, purpose="identity", by=wang, now=NOW)
    address = reverse("customers:access", args=[hua.number])
    assert client.get(address).status_code == 302
    for person in (wang, chen, sun):
        assert at_desk(person).get(address).status_code == 404
    for person in (zhao, officer):
        told = at_desk(person).get(address).content.decode()
        assert "member of Call centre" in told
        assert "Checking the identity" in told
        assert "no work of theirs" in told
        assert "李" not in told
    part = at_desk(zhao).get(address, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_from_the_persons_side(wang, zhao, chen, sun, officer, hua):
    grant(chen, hua, zhao)
    reveal_name(customer=hua, purpose="service", by=chen, now=NOW)
    address = reverse("customers:access-of", args=[chen.pk])
    told = at_desk(officer).get(address).content.decode()
    assert hua.code in told
    assert "given by Zhao Min" in told
    # Their own supervisor sees the person, but nothing of another team's customer.
    own = at_desk(sun).get(address).content.decode()
    assert hua.code not in own
    for person in (wang, chen, zhao):
        assert at_desk(person).get(address).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_it_asks_as_often_for_three_as_for_one(
    zhao, hua, number, django_assert_num_queries
):
    for step in range(number):
        person = UserFactory(display_name=f"Helper {step}", team="technical")
        grant(person, hua, zhao)
        reveal_name(customer=hua, purpose="service", by=person, now=NOW)
    with django_assert_num_queries(7):
        sight.people_of(hua)
        sight.reveals_of(zhao, customer=hua)

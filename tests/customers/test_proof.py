"""Which address on record proves who asks: none that somebody inside could have brought."""

from customers.actions.contacts import mark_dead
from customers.actions.identify import parse_contact
from customers.actions.merge import merge_customers
from customers.actions.wishes import look_into, write_wish
from customers.links import new_link
from customers.models import (
    RightsKind,
    RightsLinkPurpose,
    RightsRequest,
    RightsWish,
)
from tests.customers.persons import ding
from tests.desk import desk, fresh, wang, zhao
from tests.factories import DAY, NOW, ContactPointFactory, CustomerFactory

__all__ = ["desk", "ding", "wang", "zhao"]


def test_an_address_that_came_by_a_merge_proves_nothing(wang, ding, zhao):
    """A record of one's own, merged into a customer's, brings no address that counts."""
    hua = CustomerFactory(name="李华", created_at=NOW - 90 * DAY)
    own = CustomerFactory(name="x", created_at=NOW - 60 * DAY)
    mine = parse_contact("wang.private@example.net")
    ContactPointFactory(
        customer=own, kind="email", value=mine.value, created_at=NOW - 60 * DAY
    )
    merge_customers(kept=hua, gone=own, take={}, by=zhao, now=NOW)
    write_wish(contact=mine, kind=RightsKind.ACCESS, words="", now=NOW)
    look_into(pk=RightsWish.objects.get().pk)
    assert RightsRequest.objects.get().contact is None


def test_what_went_to_a_contact_that_is_dead_opens_nothing(wang, ding):
    hua = CustomerFactory(name="李华", created_at=NOW)
    point = ContactPointFactory(customer=hua, created_at=NOW)
    write_wish(
        contact=parse_contact(point.value), kind=RightsKind.ACCESS, words="", now=NOW
    )
    look_into(pk=RightsWish.objects.get().pk)
    asked = RightsRequest.objects.get()
    assert asked.contact == point
    link = new_link(request=asked, purpose=RightsLinkPurpose.IDENTITY, now=NOW)
    mark_dead(contact=point, dead=True, by=wang, now=NOW)
    assert fresh(link).revoked_at == NOW

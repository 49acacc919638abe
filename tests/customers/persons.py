"""A person with data of every kind, and officers who look after rights."""

import datetime as dt

import pytest

from customers.actions import rights
from customers.models import (
    Consent,
    IdentityFact,
    PaymentRecord,
    Purchase,
    Reveal,
    RightsKind,
    RightsWay,
)
from tests.factories import DAY, NOW, ContactPointFactory, TicketFactory, UserFactory
from tickets.models import Ticket

FACTS = (IdentityFact.NAME, IdentityFact.ORDER)


@pytest.fixture
def ding(desk):
    """Ding Yan looks after data protection."""
    return UserFactory(display_name="Ding Yan", role="data_protection_officer")


@pytest.fixture
def guo(desk):
    """Guo Tao does so, too."""
    return UserFactory(display_name="Guo Tao", role="data_protection_officer")


@pytest.fixture
def zhang(desk, wang):
    """Zhang Wei's ticket is closed; he bought, paid, agreed, and was looked at."""
    return person_with_everything(wang)


def person_with_everything(agent):
    ticket = TicketFactory(name="张伟", contact="zhang.wei@example.com")
    Ticket.objects.filter(pk=ticket.pk).update(
        status="closed", closed_at=NOW, solution="寄给张伟一副新耳机"
    )
    person = ticket.customer
    person.address, person.id_number = "上海市南京路 1 号", "310101199003078888"
    person.notes = "喜欢晚上接电话"
    person.city = "上海"
    person.save()
    ContactPointFactory(customer=person, kind="phone", value="+8613812345678")
    ContactPointFactory(
        customer=person, value="zhang.work@example.com", verified_at=NOW
    )
    bought = {"product": "Headphones", "amount": "399.00", "created_at": NOW}
    young = Purchase.objects.create(
        customer=person, order_number="O-1001", bought_at=NOW - 30 * DAY, **bought
    )
    Purchase.objects.create(
        customer=person, order_number="O-0007", bought_at=NOW - 1500 * DAY, **bought
    )
    PaymentRecord.objects.create(
        customer=person, purchase=young, method="card", account="6222020200001234567",
        amount="399.00", paid_at=NOW, created_at=NOW,
    )  # fmt: skip
    Consent.objects.create(
        customer=person, purpose="care", basis="consent", way="phone", given_at=NOW
    )
    Reveal.objects.create(
        customer=person, field="name", purpose="service", by=agent, at=NOW
    )
    return person


def asked_by(person, kind, *, by, now=NOW, checked=True, words=""):
    """Write down a wish of the person, whose identity was checked at the telephone."""
    asked = rights.receive(
        customer=person,
        kind=RightsKind(kind),
        way=RightsWay.PHONE,
        words=words,
        by=by,
        now=now,
    )
    if checked:
        asked = rights.check_by_staff(
            asked=asked, way=RightsWay.PHONE, facts=FACTS, by=by, now=now
        )
    return asked


def minutes(count):
    return dt.timedelta(minutes=count)

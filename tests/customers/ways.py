"""Records that tests of the pages work with."""

from django.urls import reverse

from customers.models import Consent, ContactPoint, Purchase, Tag
from tests.factories import NOW, ContactPointFactory, CustomerFactory


def full(**more):
    """Return a customer of the call centre with something in every part."""
    given = {
        "name": "李华", "city": "上海", "address": "上海市南京路 1 号",
        "id_number": "310101199003078888", "notes": "喜欢上午接电话",
    }  # fmt: skip
    customer = CustomerFactory(**{**given, **more})
    add_rows(customer, 1)
    return customer


def add_rows(customer, number):
    """Add so many rows to each part of a record."""
    for _each in range(number):
        place = ContactPoint.objects.count()
        ContactPointFactory(
            customer=customer, kind="phone", value=f"+86138{place:08}",
        )  # fmt: skip
        Purchase.objects.create(
            customer=customer, order_number=f"DD2026-{place}", product="蓝牙耳机",
            amount="299.00", bought_at=NOW, created_at=NOW,
        )  # fmt: skip
        Consent.objects.create(
            customer=customer, purpose="care", basis="consent", way="phone",
            given_at=NOW, withdrawn_at=NOW,
        )  # fmt: skip
        tag = Tag.objects.create(name_zh=f"重要 {place}", name_en=f"Important {place}")
        customer.tags.add(tag)
        company = CustomerFactory(kind="enterprise", name=f"上海公司{place}")
        customer.speaks_for.create(enterprise=company, created_at=NOW)


def page(name, customer, *more):
    return reverse(f"customers:{name}", args=[customer.number, *more])

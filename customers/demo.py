"""Bring the demonstration's customers to life: purchases, consents, tags, people."""

import datetime as dt
from decimal import Decimal
from itertools import cycle, islice

from django.db import transaction

from customers.actions.consents import record_consent, withdraw_consent
from customers.actions.contacts import add_contact, verify_contact
from customers.actions.identify import Contact, parse_contact
from customers.actions.people import link_person
from customers.actions.purchases import record_purchase
from customers.actions.records import (
    Given,
    change_customer,
    confirm_customer,
    create_customer,
)
from customers.models import ContactKind, Customer, CustomerKind, Purchase, Tag
from servicedesk.staff.models import User

DAY = dt.timedelta(days=1)
TAGS = (("重要客户", "Key account"), ("新客户", "New customer"), ("易流失", "At risk"))
PRODUCTS = (
    ("蓝牙耳机 A5", "299.00", "delivered"),
    ("智能手表 W2", "1299.00", "delivered"),
    ("空气炸锅 5L", "459.00", "shipped"),
    ("路由器 AX3000", "349.00", "returned"),
    ("咖啡机 Pro", "2199.00", "paid"),
)
NOTES = ("喜欢上午接电话。", "请先发微信，再打电话。", "发票抬头用公司全称。")


@transaction.atomic
def load_records(*, by: User | None, now: dt.datetime) -> int:
    """Fill the records that there are, once; return how many were filled."""
    if by is None or Purchase.objects.exists():
        return 0
    tags = [
        Tag.objects.get_or_create(name_zh=chinese, name_en=english)[0]
        for chinese, english in TAGS
    ]
    customers = list(Customer.objects.select_related("team").order_by("number"))
    goods = islice(cycle(PRODUCTS), 10**6)
    for place, customer in enumerate(customers):
        since = max(customer.created_at, now - 30 * DAY)
        _agree(customer, place, by=by, at=since)
        for turn in range(place % 3):
            _buy(customer, next(goods), f"DD{place:04}{turn}", by, now, place + turn)
        _more(customer, place, tags, by=by, now=now)
    _companies(customers, by=by, now=now)
    _a_duplicate(customers, by=by, now=now)
    return len(customers)


def _agree(customer: Customer, place: int, *, by: User, at: dt.datetime) -> None:
    record_consent(
        customer=customer, purpose="service", basis="contract", way="form",
        given_at=at, by=by, now=at,
    )  # fmt: skip
    if place % 2 == 0:
        care = record_consent(
            customer=customer, purpose="care", basis="consent", way="phone",
            given_at=at, by=by, now=at,
        )  # fmt: skip
        if place % 8 == 0:
            later = at + dt.timedelta(hours=5)
            withdraw_consent(consent=care, way="email", by=by, now=later)


def _buy(  # what one line of a shop says
    customer: Customer,
    good: tuple[str, str, str],
    order: str,
    by: User,
    now: dt.datetime,
    days: int,
) -> None:
    product, price, status = good
    bought_at = now - (12 + days) * DAY
    bought = {
        "order_number": order, "product": product, "amount": Decimal(price),
        "currency": "CNY", "status": status, "bought_at": bought_at,
    }  # fmt: skip
    record_purchase(customer=customer, bought=bought, by=by, now=bought_at)


def _more(
    customer: Customer, place: int, tags: list[Tag], *, by: User, now: dt.datetime
) -> None:
    if place % 4 == 0:
        changes = {"notes": NOTES[place % len(NOTES)], "channel": "phone"}
        change_customer(
            customer=customer, changes=changes, tags=[tags[place % len(tags)]],
            by=by, now=now - 3 * DAY,
        )  # fmt: skip
    if place % 5 == 0:
        account = Contact(ContactKind.WECHAT, f"wx_demo_{place:03}")
        add_contact(
            customer=customer, contact=account, note="", by=by, now=now - 2 * DAY
        )
    if place % 3 == 0:
        first = customer.contact_points.select_related("customer").order_by("pk")[0]
        verify_contact(contact=first, way="called", by=by, now=now - DAY)
        confirm_customer(customer=customer, by=by, now=now - DAY)


def _companies(customers: list[Customer], *, by: User, now: dt.datetime) -> None:
    """Give each company two people who speak for it."""
    people = [each for each in customers if each.kind == CustomerKind.INDIVIDUAL]
    companies = [each for each in customers if each.kind == CustomerKind.ENTERPRISE]
    for place, company in enumerate(companies):
        for role, person in zip(
            ("采购", "技术"), people[2 * place : 2 * place + 2], strict=False
        ):
            link_person(
                customer=company, other=person, role=role, by=by, now=now - 4 * DAY
            )


def _a_duplicate(customers: list[Customer], *, by: User, now: dt.datetime) -> None:
    """Have one customer on record twice, to be merged."""
    first = next((each for each in customers if each.city), None)
    if first is None or not isinstance(first.name, str):
        return
    create_customer(
        name=first.name,
        contact=parse_contact("second.address@example.com"),
        language=first.language,
        team=first.team,
        given=Given(kind=first.kind, city=first.city),
        by=by,
        now=now - DAY,
    )

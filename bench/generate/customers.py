"""Customers with sealed names and contact points, made by several processes."""

import datetime as dt
import io
import multiprocessing
import os
import random
import uuid
from typing import Any

from customers.models import ContactKind
from customers.models.contact_point import LAST4_LABEL, VALUE_LABEL
from servicedesk.core.encryption.blind_index import blind_index
from servicedesk.core.encryption.envelope import seal
from servicedesk.staff.models import Team

BATCH = 10_000
NAME_LABEL = "customers.customer.name"
FIRST_NUMBER = 10_000_000
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华梅飞玉红霞平刚桂兰"
FIRST = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Frank",
    "Grace",
    "Henry",
    "Ida",
    "Jack",
)
LAST = (
    "Miller",
    "Smith",
    "Garcia",
    "Brown",
    "Nguyen",
    "Khan",
    "Silva",
    "Rossi",
    "Novak",
)
CITIES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "南京", "西安", "")
ENGLISH, WITH_EMAIL = 0.3, 0.65

CUSTOMER = ("id", "number", "kind", "name", "name_index", "city", "language", "team_id",
            "channel", "created_at")  # fmt: skip
CONTACT = ("id", "customer_id", "kind", "value", "value_index", "last4_index", "note",
           "verified_at", "created_at")  # fmt: skip
# What nearly every record holds: an order or two, and what was agreed to.
PARTS = """
INSERT INTO customers_purchase (id, customer_id, order_number, product, amount, currency,
  status, bought_at, created_at)
SELECT uuidv7(), customer_id, 'DD' || place || '-' || turn, '蓝牙耳机 A5', 299, 'CNY',
  'delivered', %(now)s - make_interval(days => place %% 700), %(now)s
FROM bench.known, generate_series(1, 2) turn;
INSERT INTO customers_consent (id, customer_id, purpose, basis, way, given_at, withdrawn_way)
SELECT uuidv7(), customer_id, 'service', 'contract', 'form',
  %(now)s - make_interval(days => place %% 700), '' FROM bench.known;
"""
KNOWN = ("place", "customer_id", "phone_id", "email_id", "language")
Texts = tuple[str, str, str]


def fill(cursor: Any, number: int, *, now: dt.datetime, seed: int) -> None:
    """Make `number` customers, and a temporary table of who they are."""
    cursor.execute(
        "CREATE UNLOGGED TABLE bench.known (place int PRIMARY KEY, customer_id uuid, "
        "phone_id uuid, email_id uuid, language text)"
    )
    team = Team.objects.order_by("pk").values_list("pk", flat=True)[0]
    jobs = [
        (begin, min(begin + BATCH, number), team, now, seed)
        for begin in range(0, number, BATCH)
    ]
    # Forked: the children have the keys and the settings; they never ask the database.
    context = multiprocessing.get_context("fork")
    with context.Pool(min(os.cpu_count() or 1, 4)) as workers:
        for customers, contacts, known in workers.imap(_texts, jobs):
            _copy(cursor, "customers_customer", CUSTOMER, customers)
            _copy(cursor, "customers_contactpoint", CONTACT, contacts)
            _copy(cursor, "bench.known", KNOWN, known)
    cursor.execute(PARTS, {"now": now})
    cursor.execute(
        "SELECT setval('customer_number_seq', %s)", [FIRST_NUMBER + number + 1]
    )


def _copy(cursor: Any, table: str, columns: tuple[str, ...], text: str) -> None:
    cursor.copy_expert(
        f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(text)
    )


def _texts(job: tuple[int, int, int, dt.datetime, int]) -> Texts:
    """Return the lines of some customers, for COPY."""
    begin, end, team, now, seed = job
    chance = random.Random(f"{seed} customers {begin}")
    lines: tuple[list[str], list[str], list[str]] = ([], [], [])
    for place in range(begin, end):
        since = now - dt.timedelta(days=chance.uniform(730, 1500))
        _customer(place, team, since, chance, lines)
    return tuple("".join(each) for each in lines)  # type: ignore[return-value]


def _customer(
    place: int,
    team: int,
    since: dt.datetime,
    chance: random.Random,
    lines: tuple[list[str], list[str], list[str]],
) -> None:
    key = _key(since, chance)
    english = chance.random() < ENGLISH
    language = "en" if english else "zh-hans"
    kind = chance.choices(("individual", "enterprise", "partner"), (88, 10, 2))[0]
    name = _name(english, chance)
    index = blind_index(NAME_LABEL, "name", name)
    lines[0].append(
        f"{key}\t{FIRST_NUMBER + place}\t{kind}\t{_bytes(seal(name, NAME_LABEL, key))}"
        f"\t{_bytes(index)}\t{chance.choice(CITIES)}\t{language}\t{team}\t\t{since}\n"
    )
    phone = _contact(
        key, ContactKind.PHONE, f"+86139{place:08}", since, chance, lines[1]
    )
    email = "\\N"
    if chance.random() < WITH_EMAIL:
        address = f"customer{place}@example.com"
        email = _contact(key, ContactKind.EMAIL, address, since, chance, lines[1])
    lines[2].append(f"{place}\t{key}\t{phone}\t{email}\t{language}\n")


def _contact(  # what one line needs
    customer: uuid.UUID,
    kind: ContactKind,
    value: str,
    since: dt.datetime,
    chance: random.Random,
    lines: list[str],
) -> str:
    key = _key(since, chance)
    index = blind_index(VALUE_LABEL, kind.value, value)
    ends = "\\N"
    if kind == ContactKind.PHONE:
        ends = _bytes(blind_index(LAST4_LABEL, "last4", value))
    verified = since if chance.random() < 0.5 else "\\N"  # noqa: PLR2004 - every other
    lines.append(
        f"{key}\t{customer}\t{kind.value}\t{_bytes(seal(value, VALUE_LABEL, key))}"
        f"\t{_bytes(index)}\t{ends}\t\t{verified}\t{since}\n"
    )
    return str(key)


def _name(english: bool, chance: random.Random) -> str:  # noqa: FBT001 - of two
    if english:
        return f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    return chance.choice(SURNAMES) + "".join(
        chance.choice(GIVEN) for _ in range(chance.randint(1, 2))
    )


def _key(at: dt.datetime, chance: random.Random) -> uuid.UUID:
    """Return a UUIDv7 of the moment that is the same for the same seed."""
    value = int(at.timestamp() * 1000) << 80 | chance.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _bytes(value: bytes) -> str:
    return f"\\\\x{value.hex()}"

"""Plant made-up customers, and raise the alarm when somebody touches one."""

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from auditlog.context import set_actor
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from customers.actions import watch
from customers.models import (
    AccessAlarm,
    AlarmHow,
    AlarmKind,
    ContactKind,
    ContactPoint,
    Customer,
    HoneyRecord,
)
from customers.queries.honey import is_honey, new_id, new_reference
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team, User

# Long enough that what the officer did and what appeared are not side by side.
_SOONEST, _LATEST = 3600, 20 * 3600
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN: Final = (
    "建国", "秀英", "志强", "丽娜", "海燕", "文杰", "晓东", "玉兰", "俊峰", "思雨",
    "佳怡", "子轩", "桂英", "永刚", "雪梅", "国平", "静怡", "宏伟", "春花", "明辉",
)  # fmt: skip
_CITIES: Final = ("上海", "杭州", "成都", "武汉", "南京", "广州", "西安", "苏州")
_MOBILE: Final = ("138", "139", "150", "158", "186", "188", "177", "131")


def plant(*, team: Team, by: User, now: dt.datetime) -> HoneyRecord:
    """Have a customer made up, some hours from now, by the sweep; nobody is shown whom."""
    if not team.active:
        raise RuleError(_("This team is closed."))
    wait = _SOONEST + secrets.randbelow(_LATEST - _SOONEST)
    facts = {"team": team.pk, "by": by.pk, "asked": now.isoformat()}
    return HoneyRecord.objects.create(
        facts=json.dumps(facts), due_at=now + dt.timedelta(seconds=wait)
    )


def plant_due(*, now: dt.datetime) -> int:
    """Make up the customers that are due; return how many."""
    due = HoneyRecord.objects.filter(due_at__lte=now, retired=False)
    return sum(_make_up(pk, now) for pk in due.values_list("pk", flat=True)[:20])


@transaction.atomic
def retire(*, honey: HoneyRecord, by: User, now: dt.datetime) -> None:
    """Raise no more alarms for it; the made-up customer goes unless rows hang on it."""
    del by, now
    honey.retired, honey.due_at = True, None
    honey.save(update_fields=["retired", "due_at"])
    customer = str(facts_of(honey).get("customer", ""))
    if not customer:
        return
    untouched = Customer.objects.filter(
        pk=customer, reveals=None, grants=None, purchases=None
    )
    if untouched.exists():
        with suppress(ProtectedError), set_actor(None), transaction.atomic():
            # Where a ticket hangs on it, it stays: an ordinary customer from now on.
            ContactPoint.objects.filter(customer__pk=customer).delete()
            Customer.objects.get(pk=customer).delete()


def touched(
    customers: Iterable[uuid.UUID],
    *,
    how: AlarmHow,
    by: User | None,
    now: dt.datetime,
) -> list[AccessAlarm]:
    """Raise an alarm for each made-up customer among these; no query where there is none.

    Call it wherever customers are opened, revealed, exported or hit by an import.
    """
    made_up = [pk for pk in customers if is_honey(pk)]
    if not made_up:
        return []
    planted = {
        facts_of(each).get("customer"): each for each in HoneyRecord.objects.all()
    }
    raised = []
    for pk in made_up:
        honey = planted.get(str(pk))
        if honey is None or not honey.retired:
            raised.append(_alarm(honey, how, by, now))
    return raised


def poison_was_read(*, by: User | None, now: dt.datetime) -> AccessAlarm:
    """Raise the alarm: sealed words that nobody asks for were read in clear."""
    return _alarm(None, AlarmHow.READ, by, now)


def facts_of(honey: HoneyRecord) -> dict[str, Any]:
    """Return what is known about a honey record; nothing while its key is missing."""
    if isinstance(honey.facts, Unreadable):
        return {}
    found: dict[str, Any] = json.loads(honey.facts)
    return found


def _alarm(
    honey: HoneyRecord | None, how: AlarmHow, by: User | None, now: dt.datetime
) -> AccessAlarm:
    return watch.raise_alarm(
        kind=AlarmKind.HONEY, user=by, now=now, honey=honey, how=how
    )


@transaction.atomic
def _make_up(pk: uuid.UUID, now: dt.datetime) -> int:
    row = HoneyRecord.objects.select_for_update(skip_locked=True)
    honey = row.filter(pk=pk, due_at__isnull=False).first()
    if honey is None:
        return 0
    facts = facts_of(honey)
    # As from the web form: no person of the desk made it.
    with set_actor(None):
        customer = _customer(Team.objects.get(pk=facts["team"]), now)
    facts["customer"], facts["number"] = str(customer.pk), customer.number
    honey.facts, honey.due_at = json.dumps(facts), None
    honey.save(update_fields=["facts", "due_at"])
    return 1


def _customer(team: Team, now: dt.datetime) -> Customer:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customer_number_seq')")
        (number,) = cursor.fetchone()
    name = secrets.choice(_SURNAMES) + secrets.choice(_GIVEN)
    customer = Customer.objects.create(
        id=new_id(),
        number=number,
        name=name,
        city=secrets.choice(_CITIES),
        notes=f"旧系统编号 {new_reference()}",
        language="zh-hans",
        team=team,
        created_at=now,
    )
    digits = "".join(str(secrets.randbelow(10)) for _each in range(8))
    ContactPoint.objects.create(
        customer=customer,
        kind=ContactKind.PHONE,
        value=f"+86{secrets.choice(_MOBILE)}{digits}",
        created_at=now,
    )
    return customer

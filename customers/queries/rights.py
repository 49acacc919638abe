"""Requests of the person: whose, who handles them, and what is in the way."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from customers.models import (
    Customer,
    HeldBecause,
    LegalHold,
    RightsKind,
    RightsRequest,
    RightsSettings,
)
from customers.permissions import HANDLE_RIGHTS
from customers.signals import erasure_asked
from servicedesk.core.access import may
from servicedesk.staff.models import User

DEEPEST = 100
"""So many merges after another are followed; there are hardly ever two."""


def current_settings() -> RightsSettings:
    """Return the one row of times."""
    return RightsSettings.objects.select_related("calendar").get(pk=1)


def head_of(customer: Customer) -> Customer:
    """Return the record that this one was merged into, or itself."""
    for _turn in range(DEEPEST):
        if customer.merged_into is None:
            break
        customer = customer.merged_into
    return customer


def family_of(customer: Customer) -> list[Customer]:
    """Return the record and all that were merged into it: one person."""
    found = [customer]
    level = [customer.pk]
    while level:
        merged = list(Customer.objects.filter(merged_into__in=level).order_by("number"))
        found += merged
        level = [each.pk for each in merged]
    return found


def customers_of_requests(user: User) -> Any:
    """Return the customers whose open requests the person has taken on.

    Not where the person alone says that there is a request: they wrote it down, and
    nobody else checked who asks. Else any record would be one form away from them.
    """
    if not may(user, HANDLE_RIGHTS):
        return RightsRequest.objects.none().values("customer")
    alone = Q(recorded_by=user) & (Q(checked_at=None) | Q(checked_by=user))
    mine = RightsRequest.objects.waiting().filter(handler=user).exclude(alone)
    return mine.values("customer")


def officers() -> QuerySet[User]:
    """Return those who handle requests of the person: the data protection officers."""
    codename = HANDLE_RIGHTS.partition(".")[2]
    held = Q(
        groups__permissions__codename=codename,
        groups__permissions__content_type__app_label="customers",
    )
    return User.objects.filter(held, is_active=True).distinct()


@dataclass(frozen=True)
class Obstacle:
    """Why a person cannot be erased yet: of which sort, and in a sentence."""

    sort: HeldBecause
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def in_the_way(customer: Customer) -> list[Obstacle]:
    """Return why the person cannot be erased yet; nothing if they can."""
    people = family_of(customer)
    return _own_reasons(people) + [
        Obstacle(HeldBecause.WORK, sentence)
        for each in people
        for _receiver, sentences in erasure_asked.send(sender=Customer, customer=each)
        for sentence in sentences or ()
    ]


def days_left(asked: RightsRequest, now: dt.datetime) -> int:
    """Return the whole days to the limit; negative once it has passed."""
    return asked.left(now).days


def _own_reasons(people: list[Customer]) -> list[Obstacle]:
    found = []
    if LegalHold.objects.filter(customer__in=people, released_at=None).exists():
        words = _("A legal hold keeps these data until it is released.")
        found.append(Obstacle(HeldBecause.LEGAL, words))
    others = RightsRequest.objects.waiting().filter(customer__in=people)
    sentence = _("The request %(code)s of the same person is still open.")
    found += [
        Obstacle(HeldBecause.REQUEST, sentence % {"code": asked.code})
        for asked in others.exclude(kind=RightsKind.DELETE)[:3]
    ]
    return found


def customer_numbered(number: int) -> Customer:
    """Return the customer with this number; raises Http404.

    For officers, who place holds and write requests down for people of every team, and
    learn only the number by it.
    """
    return get_object_or_404(Customer, number=number)

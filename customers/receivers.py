"""Register what this app does and knows, and hear of saved records."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_save
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.actions import (
    moving_jobs,
    moving_notices,
    name_pairs,
    notices,
    package,
    retention_kinds,
    retention_notices,
    rights_notices,
)
from customers.actions.care import in_touch_since
from customers.actions.honey import poison_was_read
from customers.actions.leave import let_go
from customers.models import ContactPoint, Customer, register_way_in
from customers.permissions import APPROVE_GRANT, CARE, SEARCH_SETTING, VIEW
from customers.queries import masks, told
from customers.queries.honey import poison_read
from customers.queries.retention import register_trace
from customers.queries.rights import customers_of_requests
from servicedesk.audit.objects import register_finder
from servicedesk.core.encryption.reindex import OtherIndex, register_index
from servicedesk.core.jobs.registry import register_job
from servicedesk.core.models import Job
from servicedesk.core.panels import Panel, register
from servicedesk.staff.models import User
from servicedesk.staff.signals import person_left

_AT_MOST = 500
_LONGEST = 18  # digits that a number of the database holds


def connect() -> None:
    """Have masks come with the reader, and answer for customer numbers and long work."""
    masks.connect()
    moving_jobs.connect()
    moving_notices.register()
    notices.register()
    told.connect()
    register_finder("customers", rows_about)
    poison_read.connect(on_poison_read, dispatch_uid="customers.poison_read")
    register(
        "customer",
        Panel(_("Who can see this customer"), "customers:access", APPROVE_GRANT, 90),
    )
    person_left.connect(on_person_left, dispatch_uid="customers.person_left")
    _connect_names()
    _connect_rights()


def _connect_names() -> None:
    """Index parts of names where that is switched on."""
    register_job(
        name_pairs.KIND,
        title=_("Index the names of customers"),
        step=name_pairs.step,
        permission=SEARCH_SETTING,
        alone=True,
    )
    register_index(
        OtherIndex(
            name_pairs.INDEX,
            title=_("customer: parts of names"),
            versions=name_pairs.under_keys,
            work=name_pairs.bring_over,
        )
    )
    post_save.connect(on_saved, sender=Customer, dispatch_uid="customers.name_pairs")


def _connect_rights() -> None:
    """Tell of requests of the person, make packages, let in who works on one."""
    rights_notices.register()
    package.register(_("Package of a person’s data"), _request_of)
    register_way_in("rights", customers_of_requests)
    register(
        "customer",
        Panel(_("Requests of the person"), "customers:rights-panel", VIEW, order=60),
    )
    register("customer", Panel(_("Care"), "customers:care-panel", CARE, order=50))
    retention_kinds.register()
    retention_notices.register()
    register_trace("care", in_touch_since)


def _request_of(job: Job) -> str:
    return reverse("customers:rights-request", args=[(job.result or {})["request"]])


def on_person_left(user: User, by: User | None, now: dt.datetime, **_kw: Any) -> None:
    """End what was granted to somebody who leaves, and free what they worked on."""
    let_go(user=user, by=by, now=now)


def on_poison_read(user: User | None, **_kwargs: Any) -> None:
    """Raise the alarm; the one that read goes on and notices nothing."""
    # Django's signal carries no time: this is the edge where it comes in.
    poison_was_read(by=user, now=timezone.now())  # noqa: TID251


def on_saved(
    instance: Customer,
    update_fields: "frozenset[str] | None" = None,
    **_kwargs: Any,
) -> None:
    """Keep the index of parts of names in step, where there is one."""
    if update_fields is None or "name" in update_fields:
        name_pairs.index_one(instance)


def rows_about(typed: str) -> Iterable[tuple[type[Model], list[str]]]:
    """Yield the customer with this number, and their contacts."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST):
        return
    pk = Customer.objects.filter(number=int(typed)).values_list("pk", flat=True).first()
    if pk is None:
        return
    yield Customer, [str(pk)]
    contacts = ContactPoint.objects.filter(customer=pk).order_by("pk")
    keys = contacts.values_list("pk", flat=True)[:_AT_MOST]
    yield ContactPoint, [str(key) for key in keys]

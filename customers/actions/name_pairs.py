"""Find names by a part of them: switch it on or off, and keep the index of pairs."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from customers.models import Customer, NamePairs, SearchSetting
from customers.models.search_setting import THE_ONE
from customers.queries.pairs import pairs_of, versions
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.encryption.rotate import Turn
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import Step
from servicedesk.staff.models import User

if TYPE_CHECKING:
    from servicedesk.core.models import Job

KIND: Final = "customers.names"
INDEX: Final = "customers.namepairs.pairs"
_PORTION: Final = 500

# Spares each new customer the question; the statement itself asks again in any case.
_FLAG: Final = "customers:name-pairs"
_ON, _OFF, _KNOWN_SECONDS = "on", "off", 300

# Whoever indexes while it is being switched off waits, and then finds it off.
_KEEP: Final = """
INSERT INTO customers_namepairs (customer_id, pairs, key_version)
SELECT given.id, ARRAY(SELECT unnest(string_to_array(given.pairs, ','))::int), given.version
FROM unnest(%(keys)s::uuid[], %(pairs)s::text[], %(versions)s::int[])
  AS given (id, pairs, version),
  (SELECT id FROM customers_searchsetting WHERE id = %(one)s AND name_pairs FOR SHARE) wanted
ON CONFLICT (customer_id) DO UPDATE
SET pairs = excluded.pairs, key_version = excluded.key_version
"""


@transaction.atomic
def set_name_pairs(*, wanted: bool, by: User, now: dt.datetime) -> "Job | None":
    """Switch the search by parts of names on, which begins to index all, or off.

    Off erases the index. Raises RuleError while an indexing is under way already.
    """
    setting = SearchSetting.objects.select_for_update().get(pk=THE_ONE)
    setting.name_pairs = wanted
    setting.save(update_fields=["name_pairs"])
    if not wanted:
        # Whoever was indexing has committed by now, and the next one finds it off.
        NamePairs.objects.all().delete()
    transaction.on_commit(_remember_on if wanted else _forget, robust=True)
    return start_job(kind=KIND, params={}, by=by, now=now) if wanted else None


def index_one(customer: Customer) -> None:
    """Index the name that was just saved, if that is wanted; one statement."""
    if not isinstance(customer.name, Unreadable):
        index_names([customer])


def index_names(customers: Iterable[Customer]) -> None:
    """Index these names, if that is wanted; also for whoever makes many at once."""
    if cache.get(_FLAG) == _OFF:
        return
    version = versions()[0]
    rows = [
        (str(each.pk), ",".join(map(str, pairs_of(each.name, version))))
        for each in customers
        if not isinstance(each.name, Unreadable)
    ]
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "keys": [key for key, _pairs in rows],
            "pairs": [pairs for _key, pairs in rows],
            "versions": [version] * len(rows),
            "one": THE_ONE,
        }
        cursor.execute(_KEEP, values)
        off = bool(rows) and not cursor.rowcount
    if off:
        # Never in place of "on", which another process may just have written.
        cache.add(_FLAG, _OFF, _KNOWN_SECONDS)


def _remember_on() -> None:
    cache.set(_FLAG, _ON, None)


def _forget() -> None:
    cache.delete(_FLAG)


def step(job: "Job", now: dt.datetime) -> Step:
    """Index one portion of names; nothing once it was switched off."""
    del now
    done = int(job.done or 0)
    if not SearchSetting.objects.filter(pk=THE_ONE, name_pairs=True).exists():
        raise RuleError(_("The search by parts of names was switched off."))
    rest = Customer.objects.order_by("pk").only("pk", "name")
    if job.cursor:
        rest = rest.filter(pk__gt=job.cursor)
    rows = list(rest[:_PORTION])
    # A name that is changed meanwhile waits, and is indexed after.
    held = Customer.objects.select_for_update(of=("self",), no_key=True)
    index_names(held.filter(pk__in=[row.pk for row in rows]).order_by("pk"))
    total = job.total or Customer.objects.count()
    done += len(rows)
    if len(rows) < _PORTION:
        return Step(None, done, done, finished=True, result={"names": indexed()})
    return Step(str(rows[-1].pk), done, max(total, done))


def under_keys() -> dict[int, int]:
    """Count the names that are indexed by the version of the key."""
    rows = NamePairs.objects.order_by().values_list("key_version")
    return dict(rows.annotate(number=Count("pk")))


@transaction.atomic
def bring_over(after: str | None, limit: int) -> Turn:
    """Index a portion of names under the key that is written; for the work about keys.

    A name that cannot be read now keeps its pairs under the old key, and is named.
    """
    target = versions()[0]
    old = NamePairs.objects.exclude(key_version=target).order_by("pk")
    if after is not None:
        old = old.filter(pk__gt=after)
    keys = list(old.values_list("pk", flat=True)[:limit])
    # A name that is changed meanwhile waits, and is indexed after.
    held = Customer.objects.select_for_update(
        of=("self",), no_key=True, skip_locked=True
    )
    rows = list(held.filter(pk__in=keys).order_by("pk"))
    index_names(rows)
    trouble = [
        (INDEX, str(row.pk), "unreadable")
        for row in rows
        if isinstance(row.name, Unreadable)
    ]
    last = str(keys[-1]) if len(keys) == limit else None
    return Turn(last, len(rows) - len(trouble), trouble)


def indexed() -> int:
    """Return how many names are indexed."""
    return NamePairs.objects.count()

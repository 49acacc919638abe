"""How many notifications are unread, and which come first."""

from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from servicedesk.core.models import Notification
from servicedesk.core.notifications.registry import concerns

MOST_COUNTED: Final = 10
PAGE: Final = 30


def unread_of(user: Any) -> QuerySet[Notification]:
    """Return the unread ones of a user, newest first."""
    return Notification.objects.filter(user=user, read_at__isnull=True).order_by("-id")


def unread_told() -> ArraySubquery:
    """Return kind and `ref` of each user's first unread ones, within a query of users.

    Texts such as "tickets.assigned SD-2026-000123", up to `MOST_COUNTED`.
    """
    mine = Notification.objects.filter(user=OuterRef("pk"), read_at__isnull=True)
    told = mine.order_by("-id").annotate(told=Concat("kind", Value(" "), "ref"))
    return ArraySubquery(told.values("told")[:MOST_COUNTED])


def unread_count(user: Any) -> int:
    """Count the unread ones that concern the user, up to `MOST_COUNTED`."""
    kinds = unread_of(user).values_list("kind", flat=True)[:MOST_COUNTED]
    return sum(concerns(user, kind) for kind in kinds)


def count_words(number: int) -> str:
    """Return what stands at the bell: nothing, the number, or "9+"."""
    if number >= MOST_COUNTED:
        return f"{MOST_COUNTED - 1}+"
    return str(number) if number else ""


def page_of(
    user: Any, *, before: UUID | None
) -> tuple[list[Notification], list[Notification], bool]:
    """Return a page of unread ones, of read ones, and whether more of these follow.

    The unread come first, on the first page; the read ones go on by cursor.
    """
    unread = [] if before else list(unread_of(user)[: PAGE * 2])
    read = Notification.objects.filter(user=user, read_at__isnull=False)
    if before is not None:
        read = read.filter(pk__lt=before)
    found = list(read.order_by("-id")[: PAGE + 1])
    return unread, found[:PAGE], len(found) > PAGE

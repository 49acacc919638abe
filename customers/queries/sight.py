"""Who can see whom, and why: team, grant, work; and who looked behind masks last."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from customers.models import (
    AccessGrant,
    Customer,
    CustomerGroupObjectPermission,
    CustomerUserObjectPermission,
    GrantState,
    Reveal,
)
from customers.models.ways_in import reasons
from customers.permissions import APPROVE_GRANT, VIEW, WATCH
from customers.queries.people import holders
from customers.queries.reveals import place_label
from servicedesk.core.access import may
from servicedesk.staff.models import Membership, User
from servicedesk.staff.queries import team_ids

NEWEST = 50
_MOST = 500


@dataclass
class Line:
    """A person, or a customer, and the reasons."""

    name: str
    key: int | None
    reasons: list[dict[str, Any]] = field(default_factory=list)


def may_ask(user: User, customer: Customer) -> bool:
    """Tell whether the user may ask who sees the customer."""
    if may(user, WATCH):
        return True
    return may(user, APPROVE_GRANT) and customer.team_id in team_ids(user)


def may_ask_of(user: User, person: User) -> bool:
    """Tell whether the user may ask whom the person sees."""
    if may(user, WATCH):
        return True
    return may(user, APPROVE_GRANT) and bool(team_ids(user) & team_ids(person))


def people_of(customer: Customer) -> list[Line]:
    """Return who can see a customer just now, and why; in a fixed number of queries."""
    why: dict[int, list[dict[str, Any]]] = {}
    for pk, reason in _people(customer):
        why.setdefault(pk, []).append(reason)
    # Who may not read customers at all sees none, whatever else stands there.
    people = holders(VIEW).filter(pk__in=why).order_by("display_name", "pk")
    return [Line(str(each), each.pk, why[each.pk]) for each in people[:_MOST]]


def _people(customer: Customer) -> Iterator[tuple[int, dict[str, Any]]]:
    members = Membership.objects.filter(team=customer.team_id, team__active=True)
    words = {"words": _("member of %(team)s") % {"team": customer.team}}
    for pk in members.values_list("user", flat=True)[:_MOST]:
        yield pk, words
    granted = set()
    for grant in given().filter(customer=customer)[:_MOST]:
        granted.add(grant.user_id)
        yield grant.user_id, grant_words(grant)
    own = CustomerUserObjectPermission.objects.filter(
        Q(until=None) | Q(until__gt=Now()),
        content_object=customer, permission__codename="view_customer",
    )  # fmt: skip
    for pk in own.exclude(user__in=granted).values_list("user", flat=True)[:_MOST]:
        yield pk, {"words": _("an object permission set by hand")}
    shared = CustomerGroupObjectPermission.objects.filter(
        content_object=customer, permission__codename="view_customer"
    )
    for pk in shared.values_list("group__user", flat=True)[:_MOST]:
        if pk is not None:
            yield pk, {"words": _("shared with their team")}
    for reason in reasons(customer=customer.pk):
        yield reason.user_id, {"words": reason.words}


def customers_of(person: User, reader: User) -> list[Line]:
    """Return whom a person sees beyond their teams' own, and why."""
    why: dict[UUID, list[dict[str, Any]]] = {}
    for grant in given().filter(user=person)[:_MOST]:
        why.setdefault(grant.customer_id, []).append(grant_words(grant))
    for reason in reasons(user=person):
        why.setdefault(reason.customer_id, []).append({"words": reason.words})
    found = Customer.objects.filter(_within(reader), pk__in=why).order_by("number")
    return [Line(each.code, each.number, why[each.pk]) for each in found[:_MOST]]


def reveals_of(
    reader: User, *, customer: Customer | None = None, person: User | None = None
) -> list[dict[str, Any]]:
    """Return the newest reveals of one customer or by one person."""
    rows = Reveal.objects.select_related("by", "customer").order_by("-at")
    if customer is not None:
        rows = rows.filter(customer=customer)
    if person is not None:
        rows = rows.filter(_within(reader, "customer__"), by=person)
    return [
        {
            "at": row.at,
            "by": row.by,
            "customer": row.customer.code,
            "number": row.customer.number,
            "what": place_label(row.field),
            "purpose": row.get_purpose_display(),
            "ticket": row.ticket,
            "outside": not row.in_work,
        }
        for row in rows[:NEWEST]
    ]


def given() -> QuerySet[AccessGrant]:
    """Return the grants that are in force."""
    rows = AccessGrant.objects.filter(state=GrantState.GIVEN, until__gt=Now())
    return rows.select_related("customer", "decided_by").order_by("-pk")


def grant_words(grant: AccessGrant) -> dict[str, Any]:
    """Say what a grant opens, who gave it, and until when."""
    return {
        "words": _("access grant: %(scope)s, %(purpose)s, given by %(by)s")
        % {
            "scope": grant.get_scope_display(),
            "purpose": grant.get_purpose_display(),
            "by": grant.decided_by,
        },
        "until": grant.until,
        "grant": grant.pk,
    }


def _within(reader: User, path: str = "") -> Q:
    """Return the condition under which the reader may know of it at all."""
    if may(reader, WATCH):
        return Q()
    return Q(**{f"{path}team__in": team_ids(reader)})

"""The rows of an export: each value as whoever asked may see it, masked by the one gate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customers.models import ContactKind, Customer, Field, granted
from customers.permissions import EXPORT_ONE
from customers.queries.masks import shown
from servicedesk.staff.models import User

Show = Callable[[Customer, "Eye"], str]


@dataclass(frozen=True)
class Eye:
    """Who looks, and whose values are open to them in clear, by grant.

    `read` is whose were handed out in clear: they were looked at, as by a reveal.
    """

    user: User
    open: frozenset[Any]
    read: set[Any] = field(default_factory=set)

    def see(self, customer: Customer, field: Field, value: Any) -> str:
        """Return a value in clear under a grant for this customer, else as on a page."""
        seen = shown(field, value, self.user)
        if customer.pk in self.open and seen.revealable:
            # What cannot be read is no mask, and says so below.
            self.read.add(customer.pk)
            return str(value)
        return seen.text


def _contacts(kind: ContactKind) -> Show:
    def show(customer: Customer, eye: Eye) -> str:
        return "; ".join(
            eye.see(customer, Field(kind.value), each.value)
            for each in customer.contact_points.all()
            if each.kind == kind
        )

    return show


def _bought(name: str) -> Show:
    def show(customer: Customer, _eye: Eye) -> str:
        value = getattr(customer, name)
        return "" if value is None else str(value)

    return show


@dataclass(frozen=True)
class Rows:
    """Some rows, whose they are, and who of them stands there in clear."""

    lines: list[list[str]]
    customers: list[Customer]
    read: set[Any]


@dataclass(frozen=True)
class ExportColumn:
    key: str
    label: str | Promise
    show: Show


COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn("number", _("Customer number"), lambda c, _e: c.code),
    ExportColumn("name", _("Name"), lambda c, e: e.see(c, Field.NAME, c.name)),
    ExportColumn("kind", _("Kind"), lambda c, _e: c.get_kind_display()),
    ExportColumn("city", _("City"), lambda c, _e: c.city),
    ExportColumn("language", _("Language"), lambda c, _e: c.get_language_display()),
    ExportColumn("team", _("Owning team"), lambda c, _e: str(c.team)),
    ExportColumn("tags", _("Tags"),
                 lambda c, _e: ", ".join(str(tag) for tag in c.tags.all())),
    ExportColumn("since", _("Customer since"),
                 lambda c, _e: localdate(c.created_at).isoformat()),
    ExportColumn("phone", _("Phone"), _contacts(ContactKind.PHONE)),
    ExportColumn("email", _("E-mail"), _contacts(ContactKind.EMAIL)),
    ExportColumn("wechat", _("WeChat"), _contacts(ContactKind.WECHAT)),
    ExportColumn("address", _("Address"),
                 lambda c, e: e.see(c, Field.ADDRESS, c.address)),
    ExportColumn("purchases", _("Purchases"), _bought("bought_count")),
    ExportColumn("spent", _("Spent"), _bought("bought_sum")),
    ExportColumn("last", _("Last purchase"),
                 lambda c, _e: localdate(c.bought_last).isoformat()  # type: ignore[attr-defined]  # annotated
                 if c.bought_last else ""),  # type: ignore[attr-defined]
)  # fmt: skip
BY_KEY = {column.key: column for column in COLUMNS}


def chosen(filters: Mapping[str, Any], user: User) -> QuerySet[Customer]:
    """Return the customers that the filters name, of those whom the user may see."""
    found = Customer.objects.visible_to(user).present().filter(erased_at=None)
    for key, lookup in (("kind", "kind"), ("team", "team"), ("tag", "tags")):
        if filters.get(key):
            found = found.filter(**{lookup: filters[key]})
    since, until = (parse_date(filters.get(key) or "") for key in ("since", "until"))
    if since:
        found = found.filter(created_at__date__gte=since)
    if until:
        found = found.filter(created_at__date__lte=until)
    return found


def rows_of(customers: QuerySet[Customer], user: User, columns: Sequence[str]) -> Rows:
    """Return the rows for some customers; in a fixed number of queries."""
    found = list(
        customers.select_related("team").prefetch_related("contact_points", "tags")
    )
    _add_purchases(found, columns)
    keys = [customer.pk for customer in found]
    opened = Customer.objects.filter(pk__in=keys).filter(
        pk__in=granted(user, EXPORT_ONE)
    )
    eye = Eye(user, frozenset(opened.values_list("pk", flat=True)))
    shows = [BY_KEY[key].show for key in columns]
    lines = [[show(customer, eye) for show in shows] for customer in found]
    return Rows(lines, found, eye.read)


def _add_purchases(customers: Sequence[Customer], columns: Iterable[str]) -> None:
    names = {"purchases", "spent", "last"}
    if not names & set(columns):
        return
    sums = Customer.objects.filter(pk__in=[each.pk for each in customers]).annotate(
        bought_count=Count("purchases"),
        bought_sum=Sum("purchases__amount"),
        bought_last=Max("purchases__bought_at"),
    )
    fields = ("bought_count", "bought_sum", "bought_last")
    known = {pk: rest for pk, *rest in sums.values_list("pk", *fields)}
    for customer in customers:
        for name, value in zip(fields, known[customer.pk], strict=True):
            setattr(customer, name, value)

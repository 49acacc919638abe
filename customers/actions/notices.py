"""What people hear of about access: sentences with numbers, never with a customer's value."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import (
    AccessAlarm,
    AccessGrant,
    AlarmKind,
    ChangeByTwo,
    ChangeState,
    LimitsChange,
)
from customers.permissions import APPROVE_GRANT, SEE_GRANTS, SET_LIMITS, WATCH
from customers.permissions import MASKS as SET_MASKS
from customers.queries.people import approvers, holders, officers
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import User

ALARM: Final = "customers.alarm"
MASKS: Final = "customers.masks_changed"
LIMITS: Final = "customers.limits_changed"
ASKED: Final = "customers.grant_asked"
DECIDED: Final = "customers.grant_decided"
OVER: Final = "customers.grant_ended"


def register() -> None:
    """Register the kinds, in the order in which people find them to choose from."""
    _kind(ASKED, gettext_lazy("Somebody asks for access to a customer"), _asked,
          _grants, APPROVE_GRANT, way=Way.MAIL)  # fmt: skip
    _kind(DECIDED, gettext_lazy("My request for access was decided"), _decided,
          _grants, SEE_GRANTS, fixed=True)  # fmt: skip
    _kind(OVER, gettext_lazy("An access grant has ended"), _over,
          _grants, SEE_GRANTS)  # fmt: skip
    _kind(ALARM, gettext_lazy("An access alarm"), _alarm, _alarms, WATCH,
          way=Way.MAIL, urgent=True, fixed=True)  # fmt: skip
    _kind(MASKS, gettext_lazy("The mask matrix was changed"), _masks, _matrix, SET_MASKS,
          way=Way.MAIL, fixed=True)  # fmt: skip
    _kind(LIMITS, gettext_lazy("The limits of reveals were changed"), _limits,
          _limits_page, SET_LIMITS, way=Way.MAIL, fixed=True)  # fmt: skip


def tell_asked(grant: AccessGrant) -> None:
    """Tell those who may decide that somebody waits for them."""
    _about(grant, ASKED, approvers(grant.customer.team, but=grant.user), grant.asked_at)


def tell_decided(grant: AccessGrant, *, now: dt.datetime) -> None:
    """Tell whoever asked."""
    _about(grant, DECIDED, [grant.user_id], now)


def tell_over(grant: AccessGrant, *, by: User | None, now: dt.datetime) -> None:
    """Tell holder and approver, but for the one who ended it."""
    people = {grant.user_id, grant.decided_by_id} - {by.pk if by else None}
    _about(grant, OVER, people, now)


def tell_alarm(alarm: AccessAlarm, *, now: dt.datetime) -> None:
    """Tell all data protection officers at once, in the page and by e-mail."""
    notify(
        users=officers(), kind=ALARM, ref=str(alarm.pk), now=now,
        key=f"{ALARM}:{alarm.pk}", data={"kind": alarm.kind},
    )  # fmt: skip


def tell_change(change: ChangeByTwo, *, now: dt.datetime) -> None:
    """Tell those who may decide of a change, but the one who did this with it."""
    of_limits = isinstance(change, LimitsChange)
    kind, permission = (LIMITS, SET_LIMITS) if of_limits else (MASKS, SET_MASKS)
    people = holders(permission)
    if change.state != ChangeState.LAPSED:
        people = people.exclude(pk=change.decided_by_id or change.by_id)
    notify(
        users=people, kind=kind, ref=str(change.pk),
        now=now, key=f"{kind}:{change.pk}:{change.state}",
        data={"state": change.state, "raises": int(change.raises),
              "changed": len(change.values)},
    )  # fmt: skip


def _about(
    grant: AccessGrant, kind: str, users: Iterable[Any], now: dt.datetime
) -> None:
    notify(
        users=users, kind=kind, ref=str(grant.pk), key=f"{kind}:{grant.pk}", now=now,
        data={"customer": grant.customer.code, "state": grant.state},
    )  # fmt: skip


def _kind(
    key: str,
    title: Any,
    sentence: Callable[[Notification], str],
    url: Callable[[Notification], str],
    permission: str,
    **more: Any,
) -> None:
    register_kind(
        NotificationKind(
            key, title=title, sentence=sentence, url=url, permission=permission, **more
        )
    )


def _customer(row: Notification) -> dict[str, str]:
    return {"customer": str(row.data.get("customer", ""))}


def _asked(row: Notification) -> str:
    return _("Access to customer %(customer)s is asked for.") % _customer(row)


def _decided(row: Notification) -> str:
    if row.data.get("state") == "given":
        return _("Access to customer %(customer)s was given to you.") % _customer(row)
    return _("Access to customer %(customer)s was refused.") % _customer(row)


def _over(row: Notification) -> str:
    return _("The access to customer %(customer)s has ended.") % _customer(row)


def _alarm(row: Notification) -> str:
    kind = row.data.get("kind", "")
    known = kind in AlarmKind.values
    label = str(AlarmKind(kind).label) if known else str(kind)
    return _("Access alarm: %(kind)s.") % {"kind": label}


def _masks(row: Notification) -> str:
    sentences = {
        ChangeState.WAITING: _(
            "A mask matrix that shows more waits for another person: %(changed)s rules."
        ),
        ChangeState.DROPPED: _(
            "A mask matrix that shows more was not put in force: %(changed)s rules."
        ),
        ChangeState.LAPSED: _(
            "Nobody confirmed a mask matrix that shows more within 7 days: "
            "%(changed)s rules stay."
        ),
    }
    changed = _("The mask matrix was changed: %(changed)s rules.")
    text = sentences.get(row.data.get("state"), changed)
    return text % {"changed": row.data.get("changed", "")}


def _limits(row: Notification) -> str:
    sentences = {
        ChangeState.WAITING: _("Higher limits of reveals wait for another person."),
        ChangeState.DROPPED: _("Higher limits of reveals were not put in force."),
        ChangeState.LAPSED: _(
            "Nobody confirmed the higher limits of reveals within 7 days."
        ),
    }
    done = _("The limits of reveals were lowered.")
    if row.data.get("raises"):
        done = _("Higher limits of reveals are in force.")
    return sentences.get(row.data.get("state"), done)


def _limits_page(row: Notification) -> str:
    del row
    return reverse("customers:limits")


def _grants(row: Notification) -> str:
    del row
    return reverse("customers:grants")


def _alarms(row: Notification) -> str:
    del row
    return reverse("customers:alarms")


def _matrix(row: Notification) -> str:
    del row
    return reverse("customers:masks")

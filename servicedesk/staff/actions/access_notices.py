"""Tell of what takes two people: those who may confirm, who asked, and whose account it is."""

import datetime as dt
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import (
    ABOUT_ACCOUNT,
    AccessKind,
    AccessProposal,
    ChangeState,
)
from servicedesk.staff.queries.access import CONFIRM, seconds

ASKED: Final = "staff.access_asked"
DECIDED: Final = "staff.access_decided"
MINE: Final = "staff.access_to_mine"


def register() -> None:
    """Register the kinds; from `ready()`."""
    register_kind(
        NotificationKind(
            ASKED,
            title=gettext_lazy("A role or an account waits for a second person"),
            sentence=_asked,
            url=_page,
            way=Way.MAIL,
            fixed=True,
            permission=CONFIRM,
        )
    )
    register_kind(
        NotificationKind(
            DECIDED,
            title=gettext_lazy("What I asked for of a second person was decided"),
            sentence=_decided,
            url=_page,
            fixed=True,
            permission=CONFIRM,
        )
    )
    register_kind(
        NotificationKind(
            MINE,
            title=gettext_lazy("Somebody asks to change how I sign in"),
            sentence=_mine,
            url=lambda _row: reverse("staff:profile"),
            fixed=True,
            letter=_letter,
        )
    )


def tell_asked(proposal: AccessProposal, *, now: dt.datetime) -> None:
    """Tell those who may confirm it, and the person whose account it would open."""
    event = {"ref": str(proposal.pk), "data": {"kind": proposal.kind}, "now": now}
    notify(
        users=seconds().of(proposal),
        kind=ASKED,
        key=f"{ASKED}:{proposal.pk}",
        **event,  # type: ignore[arg-type]
    )
    if proposal.kind in ABOUT_ACCOUNT:
        notify(
            users=[proposal.user_id],
            kind=MINE,
            key=f"{MINE}:{proposal.pk}",
            **event,  # type: ignore[arg-type]
        )


def tell_decided(proposal: AccessProposal, *, now: dt.datetime) -> None:
    """Tell whoever asked, unless they withdrew it themselves."""
    if proposal.decided_by_id == proposal.by_id:
        return
    notify(
        users=[proposal.by_id],
        kind=DECIDED,
        ref=str(proposal.pk),
        key=f"{DECIDED}:{proposal.pk}",
        data={"kind": proposal.kind, "state": proposal.state},
        now=now,
    )


def _kind(row: Notification) -> str:
    named = dict(AccessKind.choices)
    return str(named.get(str(row.data.get("kind", "")), ""))


def _asked(row: Notification) -> str:
    return _("It waits for a second person: %(kind)s.") % {"kind": _kind(row)}


def _decided(row: Notification) -> str:
    state = str(row.data.get("state", ""))
    said = {
        ChangeState.IN_FORCE: pgettext("access by two", "Confirmed: %(kind)s."),
        ChangeState.LAPSED: pgettext(
            "access by two", "Nobody confirmed it in time: %(kind)s."
        ),
    }.get(ChangeState(state), pgettext("access by two", "Declined: %(kind)s."))
    return said % {"kind": _kind(row)}


def _mine(row: Notification) -> str:
    return _("An administrator asks to change your account: %(kind)s.") % {
        "kind": _kind(row)
    }


def _letter(row: Notification) -> tuple[str, str]:
    text = _(
        "Hello %(name)s,\n\nan administrator asks to change your account %(username)s: "
        "%(kind)s. A second person decides about it. If you did not ask for it, tell "
        "your data protection officer at once."
    )
    words = {
        "name": str(row.user),
        "username": row.user.username,
        "kind": _kind(row),
    }
    return _("Somebody asks to change how you sign in"), text % words


def _page(_row: Notification) -> str:
    return reverse("staff:powers")

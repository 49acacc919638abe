"""What people hear of retention rules: that one was proposed, approved, or stopped."""

import datetime as dt
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy

from customers.models import RetentionRule
from customers.permissions import APPROVE_ERASURE
from customers.queries.people import holders
from customers.queries.retention import find_kind
from servicedesk.core.models import Notification, Way
from servicedesk.core.notifications.notify import notify
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.staff.models import User

RETENTION: Final = "customers.retention"
PROPOSED: Final = "proposed"
APPROVED: Final = "approved"
DROPPED: Final = "dropped"
STOPPED: Final = "stopped"


def register() -> None:
    """Register the kind; from `ready()`. Nobody can switch it off."""
    register_kind(
        NotificationKind(
            RETENTION,
            title=gettext_lazy("A rule about how long data are kept changes"),
            sentence=_sentence,
            url=_address,
            way=Way.MAIL,
            fixed=True,
            permission=APPROVE_ERASURE,
        )
    )


def tell(rule: RetentionRule, what: str, *, by: User, now: dt.datetime) -> None:
    """Tell everybody who may approve or stop it, but the one who did this."""
    notify(
        users=holders(APPROVE_ERASURE).exclude(pk=by.pk),
        kind=RETENTION,
        ref=str(rule.pk),
        key=f"{RETENTION}:{rule.pk}:{what}:{now.timestamp()}",
        now=now,
        data={"rule": rule.key, "what": what, "rows": rule.proposed_seen or 0},
    )


def _sentence(row: Notification) -> str:
    kind = find_kind(str(row.data.get("rule", "")))
    given = {
        "rule": kind.title if kind else row.data.get("rule", ""),
        "rows": row.data.get("rows", 0),
    }
    words = _WORDS.get(str(row.data.get("what")), _WORDS[STOPPED])
    return str(words) % given


_WORDS: Final = {
    PROPOSED: gettext_lazy(
        "“%(rule)s”: purging %(rows)s rows waits for your approval."
    ),
    APPROVED: gettext_lazy("“%(rule)s”: purging begins in three days unless stopped."),
    DROPPED: gettext_lazy("“%(rule)s”: the proposal to purge was taken back."),
    STOPPED: gettext_lazy("“%(rule)s”: the rule was taken out of force."),
}


def _address(row: Notification) -> str:
    return reverse("customers:retention-rule", args=[row.ref])

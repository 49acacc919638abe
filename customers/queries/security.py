"""What the security checks ask about customers' data: grants, alarms, powers together."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers.models import (
    AccessAlarm,
    AccessGrant,
    AlarmKind,
    CustomerGroupObjectPermission,
    CustomerUserObjectPermission,
    GrantState,
)
from customers.permissions import (
    APPROVE_ERASURE,
    APPROVE_EXPORT,
    APPROVE_GRANT,
    ASK_GRANT,
    EXPORT,
    HANDLE_RIGHTS,
    REVEAL,
)
from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import Found, Said
from servicedesk.staff.queries.security import holders_of_both

SWEPT: Final = dt.timedelta(hours=1)
UNSEEN: Final = dt.timedelta(days=2)
# Who asks must not be who decides. The rules refuse one's own each time; fewer people
# with both leave less to a rule.
BOTH: Final = (
    (ASK_GRANT, APPROVE_GRANT),
    (EXPORT, APPROVE_EXPORT),
    (HANDLE_RIGHTS, APPROVE_ERASURE),
)
# Who makes accounts and gives roles must not look behind masks.
MANAGES: Final = "staff.change_user"

GRANTS_SAID: Final = {
    "without": Said(
        ngettext_lazy(
            "%(count)d person sees customers by a permission without a grant, and "
            "without end.",
            "%(count)d people see customers by permissions without a grant, and "
            "without end.",
            "count",
        ),
        _("Take the permission away; whoever needs it asks for access."),
    ),
    "groups": Said(
        ngettext_lazy(
            "%(count)d role or team sees customers by a permission without end.",
            "%(count)d roles or teams see customers by permissions without end.",
            "count",
        ),
        _("Take the permission away; grants are for one person and a time."),
    ),
    "over": Said(
        ngettext_lazy(
            "%(count)d grant is past its time and still open.",
            "%(count)d grants are past their time and still open.",
            "count",
        ),
        _("The sweep stands still: look whether beat and workers run."),
    ),
    "left": Said(
        ngettext_lazy(
            "%(count)d grant is held by somebody whose account is closed.",
            "%(count)d grants are held by people whose accounts are closed.",
            "count",
        ),
        _("End it on the page about access grants."),
    ),
    "long": Said(
        ngettext_lazy(
            "%(count)d grant lasts longer than %(days)d days.",
            "%(count)d grants last longer than %(days)d days.",
            "count",
        ),
        _("Ask whether it is still needed, and end it if not."),
    ),
}
ALARMS_SAID: Final = {
    "honey": Said(
        ngettext_lazy(
            "A honey record was touched, and nobody has said what came of it.",
            "Honey records were touched %(count)d times, and nobody has said what came "
            "of it.",
            "count",
        ),
        _("Ask the person today; then say on the page what came of it."),
    ),
    "unseen": Said(
        ngettext_lazy(
            "%(count)d access alarm has waited for more than two days.",
            "%(count)d access alarms have waited for more than two days.",
            "count",
        ),
        _("Look at each, and say what came of it."),
    ),
    "blocked": Said(
        ngettext_lazy(
            "%(count)d person is stopped from revealing.",
            "%(count)d people are stopped from revealing.",
            "count",
        ),
        _("Find out why, and lift it when it is settled."),
    ),
}
POWERS_SAID: Final = {
    "both": Said(
        ngettext_lazy(
            "%(count)d person may both ask and decide about access, exports or "
            "erasures.",
            "%(count)d people may both ask and decide about access, exports or "
            "erasures.",
            "count",
        ),
        _("Nobody can decide about their own; see that enough others can decide."),
    ),
    "manages": Said(
        ngettext_lazy(
            "%(count)d person gives roles and may look behind masks as well.",
            "%(count)d people give roles and may look behind masks as well.",
            "count",
        ),
        _("Take one of the two away: an administrator needs no customers’ data."),
    ),
}


def look_at_grants(now: dt.datetime) -> Iterator[Found]:
    """Find access that has no end, lasts too long, or outlived its holder."""
    given = AccessGrant.objects.filter(state=GrantState.GIVEN)
    mine = given.filter(user=OuterRef("user"), customer=OuterRef("content_object"))
    bare = CustomerUserObjectPermission.objects.filter(~Exists(mine))
    people = sorted(set(bare.values_list("user", flat=True)))
    yield from _about(Level.BAD, "without", people, people)
    groups = CustomerGroupObjectPermission.objects.values_list("group", flat=True)
    yield from _about(Level.WARN, "groups", set(groups))
    over = Q(state__in=[GrantState.ASKED, GrantState.GIVEN], until__lt=now - SWEPT)
    late = AccessGrant.objects.filter(over).values_list("pk", flat=True)
    yield from _about(Level.BAD, "over", late)
    left = given.filter(user__is_active=False).values_list("user", flat=True)
    yield from _about(Level.BAD, "left", left, sorted(set(left)))
    days = settings.LONG_GRANT_DAYS
    long = [
        user
        for user, decided, until in given.values_list("user", "decided_at", "until")
        if decided and until - decided > dt.timedelta(days=days)
    ]
    if long:
        yield Found(Level.NOTE, "long", len(long), {"days": days}, sorted(set(long)))


def look_at_alarms(now: dt.datetime) -> Iterator[Found]:
    """Find honey that woke, and alarms that nobody looked at."""
    waiting = AccessAlarm.objects.filter(seen_at=None)
    honey = waiting.filter(kind=AlarmKind.HONEY).values_list("pk", flat=True)
    yield from _about(Level.BAD, "honey", honey)
    others = waiting.exclude(kind=AlarmKind.HONEY).filter(last_at__lt=now - UNSEEN)
    yield from _about(Level.WARN, "unseen", others.values_list("pk", flat=True))
    blocked = AccessAlarm.objects.filter(kind=AlarmKind.BLOCKED, lifted_at=None)
    stopped = sorted(
        set(blocked.exclude(user=None).values_list("user", flat=True)), key=str
    )
    yield from _about(Level.NOTE, "blocked", stopped)


def look_at_powers(_now: dt.datetime) -> Iterator[Found]:
    """Find people in whose hands come together what two should hold."""
    both = sorted({pk for pair in BOTH for pk in holders_of_both(*pair)})
    yield from _about(Level.NOTE, "both", both, both)
    manages = holders_of_both(MANAGES, REVEAL)
    yield from _about(Level.WARN, "manages", manages, manages)


def _about(
    level: Level, code: str, found: Iterable[object], subjects: Iterable[int] = ()
) -> Iterator[Found]:
    count = len(list(found))
    if count:
        yield Found(level, code, count, {}, list(subjects))

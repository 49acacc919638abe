"""What the security checks ask about accounts: factors, use, leaving, roles."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import get_hasher, is_password_usable
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import Found, Said
from servicedesk.staff.clearance import Lack
from servicedesk.staff.models import Departure, DepartureState, User
from servicedesk.staff.queries.clearance import people
from servicedesk.staff.queries.second_factor import (
    PRIVILEGED,
    privileged_without_demand,
)

NEWCOMER: Final = dt.timedelta(days=30)
FEW_SUPERUSERS: Final = 2
EVERYDAY: Final = dt.timedelta(days=7)

FACTORS_SAID: Final = {
    "privileged": Said(
        ngettext_lazy(
            "%(count)d administrator or officer signs in with the password alone.",
            "%(count)d administrators and officers sign in with the password alone.",
            "count",
        ),
        _("Have them set up an app or a passkey today: Profile, Second factor."),
    ),
    "others": Said(
        ngettext_lazy(
            "%(count)d person signs in with the password alone.",
            "%(count)d people sign in with the password alone.",
            "count",
        ),
        _("Ask them to set up an app or a passkey: Profile, Second factor."),
    ),
    "not_demanded": Said(
        ngettext_lazy(
            "A second factor is not demanded of %(count)d role that opens more than work.",
            "A second factor is not demanded of %(count)d roles that open more than work.",
            "count",
        ),
        _("Demand it of administrators and officers: Settings, Roles."),
    ),
}
UNUSED_SAID: Final = {
    "unused": Said(
        ngettext_lazy(
            "%(count)d account has not been used for %(days)d days.",
            "%(count)d accounts have not been used for %(days)d days.",
            "count",
        ),
        _("Ask the teams; close the account of whoever does not work here any more."),
    ),
    "never": Said(
        ngettext_lazy(
            "%(count)d account was made more than 30 days ago and never used.",
            "%(count)d accounts were made more than 30 days ago and never used.",
            "count",
        ),
        _("Close it: its first password is still the one that somebody was told."),
    ),
}
LEFT_SAID: Final = {
    "active": Said(
        ngettext_lazy(
            "%(count)d person has left, and the account is open.",
            "%(count)d people have left, and their accounts are open.",
            "count",
        ),
        _("If they did not come back, close the account."),
    ),
    "overdue": Said(
        ngettext_lazy(
            "%(count)d departure was due more than an hour ago and has not begun.",
            "%(count)d departures were due more than an hour ago and have not begun.",
            "count",
        ),
        _("The sweep stands still: look whether beat and workers run."),
    ),
    "sessions": Said(
        ngettext_lazy(
            "%(count)d closed account still has sessions.",
            "%(count)d closed accounts still have sessions.",
            "count",
        ),
        _("They open nothing; set the account active and closed once more."),
    ),
    "powers": Said(
        ngettext_lazy(
            "%(count)d closed account still has roles, or is a superuser.",
            "%(count)d closed accounts still have roles, or are superusers.",
            "count",
        ),
        _("Take them away: who opens the account again would give them back."),
    ),
}
SUPERUSERS_SAID: Final = {
    "many": Said(
        ngettext_lazy(
            "There is %(count)d superuser.", "There are %(count)d superusers.", "count"
        ),
        _("One or two for emergencies are enough; others get roles."),
    ),
    "used": Said(
        ngettext_lazy(
            "%(count)d superuser has signed in within a week.",
            "%(count)d superusers have signed in within a week.",
            "count",
        ),
        _("Use an account with roles for everyday work."),
    ),
}
PASSWORDS_SAID: Final = {
    "weak_hash": Said(
        ngettext_lazy(
            "%(count)d password is stored in an older way.",
            "%(count)d passwords are stored in an older way.",
            "count",
        ),
        _(
            "Set a new one: one of an unknown method lets nobody in, a weak one is guessed."
        ),
    ),
}
SESSIONS_SAID: Final = {
    "old": Said(
        ngettext_lazy(
            "%(count)d session is past its time and still in the database.",
            "%(count)d sessions are past their time and still in the database.",
            "count",
        ),
        _("They open nothing, and are swept daily: look whether beat and workers run."),
    ),
}
CLEARANCE_SAID: Final = {
    "lapsed": Said(
        ngettext_lazy(
            "The security training of %(count)d person has lapsed.",
            "The security training of %(count)d people has lapsed.",
            "count",
        ),
        _("Customers’ data are closed to them until it is recorded anew."),
    ),
    "unsigned": Said(
        ngettext_lazy(
            "%(count)d person has not signed the confidentiality agreement in force.",
            "%(count)d people have not signed the confidentiality agreement in force.",
            "count",
        ),
        _("Customers’ data are closed to them until they sign."),
    ),
}


def look_at_factors(_now: dt.datetime) -> Iterator[Found]:
    """Find who has neither an app nor a passkey, and of whom it should be demanded."""
    strong = Authenticator.objects.filter(
        user=OuterRef("pk"),
        type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN],
    )
    bare = User.objects.filter(~Exists(strong), is_active=True)
    powerful = Q(is_superuser=True) | Q(is_staff=True)
    powerful |= Q(groups__role__key__in=PRIVILEGED)
    privileged = ids(bare.filter(powerful))
    yield from about(Level.BAD, "privileged", privileged)
    yield from about(Level.WARN, "others", ids(bare.exclude(pk__in=privileged)))
    if count := privileged_without_demand():
        yield Found(Level.WARN, "not_demanded", count)


def look_at_use(now: dt.datetime) -> Iterator[Found]:
    """Find the accounts that nobody uses."""
    active = User.objects.filter(is_active=True)
    days = settings.UNUSED_ACCOUNT_DAYS
    unused = ids(active.filter(last_login__lt=now - dt.timedelta(days=days)))
    yield from about(Level.WARN, "unused", unused, days=days)
    never = active.filter(last_login=None, date_joined__lt=now - NEWCOMER)
    yield from about(Level.WARN, "never", ids(never))


def look_at_leavers(now: dt.datetime) -> Iterator[Found]:
    """Find what is left open to those who left, or whose account was closed."""
    gone = Departure.objects.filter(
        user=OuterRef("pk"), state__in=[DepartureState.RUNNING, DepartureState.DONE]
    )
    yield from about(
        Level.WARN, "active", ids(User.objects.filter(Exists(gone), is_active=True))
    )
    late = Departure.objects.filter(
        state=DepartureState.PLANNED, leaves_at__lt=now - dt.timedelta(hours=1)
    )
    yield from about(Level.BAD, "overdue", sorted(late.values_list("user", flat=True)))
    closed = User.objects.filter(is_active=False)
    sessions = UserSession.objects.filter(user=OuterRef("pk"))
    yield from about(Level.BAD, "sessions", ids(closed.filter(Exists(sessions))))
    powers = closed.filter(Q(is_superuser=True) | Q(groups__isnull=False))
    yield from about(Level.NOTE, "powers", ids(powers))


def look_at_superusers(now: dt.datetime) -> Iterator[Found]:
    """Count those whom no role limits, and see whether they are for emergencies."""
    found = User.objects.filter(is_superuser=True, is_active=True)
    everybody = ids(found)
    if len(everybody) > FEW_SUPERUSERS:
        yield from about(Level.WARN, "many", everybody)
    used = found.filter(last_login__gt=now - EVERYDAY)
    yield from about(Level.NOTE, "used", ids(used))


def look_at_passwords(_now: dt.datetime) -> Iterator[Found]:
    """Find passwords that were hashed in another way than is usual now."""
    hasher = get_hasher()
    stored = User.objects.filter(is_active=True).values_list("pk", "password")
    old = [
        pk
        for pk, password in stored
        if is_password_usable(password)
        and (
            not password.startswith(f"{hasher.algorithm}$")
            or hasher.must_update(password)
        )
    ]
    yield from about(Level.WARN, "weak_hash", sorted(old))


def look_at_sessions(now: dt.datetime) -> Iterator[Found]:
    """Count the sessions that should have been swept."""
    day_before = now - dt.timedelta(days=2)
    old = Session.objects.filter(expire_date__lt=day_before).count()
    if old:
        yield Found(Level.NOTE, "old", old)


def look_at_clearance(now: dt.datetime) -> Iterator[Found]:
    """Find whose training lapsed, and who did not sign what is in force."""
    lapsed = people().filter(clearance__training_until__lte=now)
    yield from about(Level.NOTE, "lapsed", ids(lapsed))
    unsigned = people().filter(lacks__contains=[Lack.AGREEMENT])
    yield from about(Level.NOTE, "unsigned", ids(unsigned))


def holders(permission: str) -> QuerySet[User]:
    """Return the active people who hold a permission by a role or by name."""
    label, codename = permission.split(".")
    ways = Q()
    for way in ("groups__permissions", "user_permissions"):
        named = {f"{way}__codename": codename}
        ways |= Q(**named, **{f"{way}__content_type__app_label": label})
    return User.objects.filter(ways, is_active=True).distinct()


def holders_of_both(first: str, second: str) -> list[int]:
    """Return the ids of those who hold two permissions at once."""
    return sorted(set(ids(holders(first))) & set(ids(holders(second))))


def names_of(found: Sequence[int]) -> dict[int, str]:
    """Return what people are called, by their ids."""
    return {pk: str(user) for pk, user in User.objects.in_bulk(list(found)).items()}


def ids(users: QuerySet[Any]) -> list[int]:
    """Return the ids of people, each once."""
    return sorted(set(users.order_by().values_list("pk", flat=True)))


def about(
    level: Level, code: str, found: Iterable[int], **numbers: int
) -> Iterator[Found]:
    """Yield one finding about these people; none where there is nobody."""
    subjects = list(found)
    if subjects:
        yield Found(level, code, len(subjects), numbers, subjects)

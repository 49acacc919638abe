"""What the security checks ask the audit log: wrong passwords, refusals, its own seals."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, F, OuterRef, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.audit import outside
from servicedesk.audit.models import Kind, LogEntry, Verification
from servicedesk.audit.queries import seal_state
from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import Found, Said
from servicedesk.staff.models import User

DAY: Final = dt.timedelta(days=1)
WEEK: Final = 7
PER_ACCOUNT: Final = 20
PER_ADDRESS: Final = 50
USUAL: Final = 30
"""So many wrong passwords a day happen anywhere, at a desk of a hundred people."""
TIMES: Final = 3
REFUSALS: Final = 50
NEWCOMER: Final = dt.timedelta(days=30)
LATE_SEAL: Final = dt.timedelta(minutes=10)
LATE_LOOK: Final = dt.timedelta(days=2)

SIGN_INS_SAID: Final = {
    "accounts": Said(
        ngettext_lazy(
            "%(count)d account met %(limit)d wrong passwords or more within a day.",
            "%(count)d accounts met %(limit)d wrong passwords or more within a day.",
            "count",
        ),
        _("Ask the person; look in the audit log from where it came."),
    ),
    "addresses": Said(
        ngettext_lazy(
            "%(count)d address sent %(limit)d wrong passwords or more within a day.",
            "%(count)d addresses sent %(limit)d wrong passwords or more within a day.",
            "count",
        ),
        _("Look in the audit log which; shut it out at the proxy if it is not yours."),
    ),
    "more": Said(
        _(
            "%(count)d wrong passwords within a day; %(usual)d a day in the week before."
        ),
        _("Somebody may be trying passwords: look in the audit log."),
    ),
    "locked": Said(
        ngettext_lazy(
            "Signing in was closed for %(count)d account for a while within a day.",
            "Signing in was closed for %(count)d accounts for a while within a day.",
            "count",
        ),
        _("Ask the people whether it was them."),
    ),
}
REFUSED_SAID: Final = {
    "many": Said(
        ngettext_lazy(
            "%(count)d person was refused %(limit)d times or more within a day.",
            "%(count)d people were refused %(limit)d times or more within a day.",
            "count",
        ),
        _("Somebody tries addresses, or lacks a right for their work: ask."),
    ),
}
PASSWORDS_SAID: Final = {
    "first": Said(
        ngettext_lazy(
            "%(count)d person still uses the password that an administrator set.",
            "%(count)d people still use the password that an administrator set.",
            "count",
        ),
        _("Ask them to choose their own: Profile, Change password."),
    ),
}
LOG_SAID: Final = {
    "broken": Said(
        _("The audit log is not whole."),
        _("Run manage.py verify_audit, and keep the database as it is until then."),
    ),
    "never": Said(
        _("The audit log as a whole was never verified."),
        _("It happens by night; or run manage.py verify_audit."),
    ),
    "late": Said(
        _("The audit log was last verified %(days)d days ago."),
        _("Look whether beat and the worker for jobs run."),
    ),
    "unsealed": Said(
        _("Entries of the audit log have waited for %(minutes)d minutes for a seal."),
        _("Look in the log of the worker: a key may be missing, or the copy is ahead."),
    ),
    "behind": Said(
        _("The copy of the seals outside lacks the newest %(count)d."),
        _("Look whether AUDIT_SEALS_DIR can be written, and its disk is not full."),
    ),
    "ahead": Said(
        _("The copy of the seals knows what the database does not."),
        _("The database was set back, or seals were removed: manage.py verify_audit."),
    ),
    "beside": Said(
        _("The copy of the seals lies in the desk’s own folder of data."),
        _("Point AUDIT_SEALS_DIR at a disk that the database’s machine cannot write."),
    ),
}


def look_at_sign_ins(now: dt.datetime) -> Iterator[Found]:
    """Compare the wrong passwords of a day with limits and with the week before."""
    failed = LogEntry.objects.filter(action=Kind.SIGN_IN_FAILED)
    today = failed.filter(timestamp__gt=now - DAY)
    accounts = _often(today.exclude(object_pk=""), "object_pk", PER_ACCOUNT)
    if accounts:
        subjects = sorted(int(each) for each in accounts)
        yield Found(
            Level.WARN, "accounts", len(subjects), {"limit": PER_ACCOUNT}, subjects
        )
    # An address is somebody's: how many is told here, which only by the log.
    if addresses := _often(today, "remote_addr", PER_ADDRESS):
        yield Found(Level.WARN, "addresses", len(addresses), {"limit": PER_ADDRESS})
    count = today.count()
    before = failed.filter(
        timestamp__gt=now - (WEEK + 1) * DAY, timestamp__lte=now - DAY
    )
    usual = round(before.count() / WEEK)
    if count > max(USUAL, TIMES * usual):
        yield Found(Level.BAD, "more", count, {"usual": usual})
    locked = LogEntry.objects.filter(action=Kind.LOCKOUT, timestamp__gt=now - DAY)
    keys = Counter(locked.exclude(object_pk="").values_list("object_pk", flat=True))
    if keys:
        yield Found(Level.NOTE, "locked", len(keys), {}, sorted(map(int, keys)))


def look_at_refusals(now: dt.datetime) -> Iterator[Found]:
    """Find people who were refused more often than work explains."""
    refused = LogEntry.objects.filter(
        action=Kind.REFUSAL, timestamp__gt=now - DAY, actor__isnull=False
    )
    often = _often(refused, "actor", REFUSALS)
    if often:
        yield Found(Level.WARN, "many", len(often), {"limit": REFUSALS}, sorted(often))


def look_at_passwords(now: dt.datetime) -> Iterator[Found]:
    """Find who works with a password that somebody else set, as far as the log goes."""
    since = now - dt.timedelta(days=30 * settings.AUDIT_KEPT_MONTHS)
    own = LogEntry.objects.filter(
        action=Kind.PASSWORD,
        content_type=ContentType.objects.get_for_model(User),
        object_pk=Cast(OuterRef("pk"), TextField()),
        actor=OuterRef("pk"),
    )
    working = User.objects.filter(is_active=True, last_login__isnull=False)
    grown = working.filter(date_joined__gt=since, date_joined__lt=now - NEWCOMER)
    found = sorted(grown.filter(~Exists(own)).values_list("pk", flat=True))
    if found:
        yield Found(Level.NOTE, "first", len(found), {}, found)


def look_at_log(now: dt.datetime) -> Iterator[Found]:
    """See whether the log was verified lately, is sealed, and has its copy outside."""
    state = seal_state()
    verified = Verification.objects.first()
    if verified is None:
        yield Found(Level.NOTE, "never")
    elif not verified.whole:
        yield Found(Level.BAD, "broken")
    elif now - verified.started_at > LATE_LOOK:
        days = (now - verified.started_at).days
        yield Found(Level.WARN, "late", 1, {"days": days})
    if state.waiting_since and now - state.waiting_since > LATE_SEAL:
        minutes = int((now - state.waiting_since).total_seconds() // 60)
        yield Found(Level.BAD, "unsealed", 1, {"minutes": minutes})
    yield from _copy(state.last)


def _copy(last: Any) -> Iterator[Found]:
    copied = outside.end()
    behind = (last.number if last else 0) - (copied.number if copied else 0)
    if behind > 1:
        yield Found(Level.WARN, "behind", behind)
    elif behind < 0:
        yield Found(Level.BAD, "ahead")
    folder, data = Path(settings.AUDIT_SEALS_DIR), Path(settings.DATA_DIR)
    if folder.resolve().is_relative_to(data.resolve()):
        yield Found(Level.NOTE, "beside")


def _often(entries: Any, name: str, limit: int) -> list[Any]:
    found: Iterable[Any] = (
        entries.exclude(**{f"{name}__isnull": True})
        .order_by()
        .values(each=F(name))
        .annotate(times=Count("pk"))
        .filter(times__gte=limit)
        .values_list("each", flat=True)
    )
    return list(found)

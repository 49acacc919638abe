"""The page of the audit log, for the data protection officer."""

import datetime as dt
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servicedesk.audit import queries
from servicedesk.audit.actions import SAME_LOOK_SECONDS, record_search
from servicedesk.audit.forms import SearchForm
from servicedesk.audit.models import LogEntry
from servicedesk.core.access import require
from servicedesk.staff.models import User

VIEW = "audit.view_logentry"
# A seal each minute: three missed are worth a word.
LATE = dt.timedelta(minutes=3)


@login_required
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show entries, newest first, and the state of the seals."""
    user, moment = cast("User", request.user), now()
    require(user, VIEW)
    form = SearchForm(request.GET)
    rows: list[LogEntry] = []
    status, slow = 422, False
    if form.is_valid():
        status = 200
        _note(user, form.asked(), form.noted(), moment)
        before = queries.read_cursor(request.GET.get("before", ""))
        found = form.narrow(queries.readable_to(user))
        rows, slow = _in_time(found, before)
    more = len(rows) > queries.PAGE
    rows = rows[: queries.PAGE]
    asked = form.asked() if form.is_valid() else {}
    base = reverse("audit:log")
    state = queries.seal_state()
    context = {
        "form": form,
        "rows": queries.shown(rows, sealed=_("(sealed)"), last=state.last),
        "seals": state,
        "seals_late": _late(state.waiting_since, moment),
        "slow": slow,
        "filtered": bool(asked),
        "newer_url": _address(base, asked) if "before" in request.GET else "",
        "next_url": _address(base, asked | {"before": queries.cursor_of(rows[-1])})
        if more
        else "",
        "url": base,
    }
    return render(request, "audit/log.html", context, status=status)


def _note(
    user: User, asked: dict[str, str], noted: dict[str, str], moment: dt.datetime
) -> None:
    """Log the look itself; the same question within ten minutes is the same look."""
    question = sha256(repr(sorted(asked.items())).encode()).hexdigest()
    key = f"audit:search:{user.pk}:{question}"
    if cache.add(key, 1, SAME_LOOK_SECONDS):
        record_search(asked=noted, by=user, now=moment)


def _in_time(
    found: Any, before: tuple[dt.datetime, int] | None
) -> tuple[list[LogEntry], bool]:
    """Return a page; none, and True, if the database would take too long for it."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET LOCAL statement_timeout = '{queries.LONGEST_SEARCH}'"
                )
            return queries.page_of(found, before=before), False
    except OperationalError:
        return [], True


def _address(base: str, asked: dict[str, str]) -> str:
    return f"{base}?{urlencode(asked)}" if asked else base


def _late(waiting_since: dt.datetime | None, moment: dt.datetime) -> bool:
    return waiting_since is not None and moment - waiting_since > LATE

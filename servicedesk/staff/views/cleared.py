"""Who is cleared, who lacks what, what lapses soon; and recording what was passed."""

import csv
import datetime as dt
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from servicedesk.core.access import may, require
from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.clearance import record_training
from servicedesk.staff.clearance import Lack
from servicedesk.staff.forms import RecordForm, given
from servicedesk.staff.models import (
    AgreementSignature,
    Clearance,
    Team,
    TrainingRecord,
    User,
)
from servicedesk.staff.queries import clearance as queries
from servicedesk.staff.queries import team_ids
from servicedesk.staff.queries.leaving import PLAN, let_go_by
from servicedesk.staff.signals import rows_exported
from servicedesk.staff.views.agreements import copy_of

VIEW: Final = "staff.view_clearance"
RECORD: Final = "staff.record_clearance"
UNPROCESSABLE = 422
PAGE = 50
# What a spreadsheet would take for a formula when it stands first in a cell.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """List everybody with what they lack; as a table to keep with `?format=csv`."""
    user, moment = cast("User", request.user), now()
    require(user, VIEW)
    wanted, team = _show(request), _team(request)
    seen = queries.seen_people(user)
    found = queries.narrow(seen, wanted, now=moment, team=team)
    if request.GET.get("format") == "csv":
        return _table(list(found), user, moment, {"show": wanted or "all"})
    place = _place(request)
    shown = list(found[place : place + PAGE + 1])
    more, shown = len(shown) > PAGE, shown[:PAGE]
    theirs = let_go_by(user, shown)
    context = {
        "tabs": _tabs(wanted, team, queries.counts(seen, now=moment, team=team)),
        "teams": _teams(user),
        "team": team,
        "show": wanted,
        "rows": [_row(each, moment, leaves=each.pk in theirs) for each in shown],
        "csv_url": _address(wanted, team, format="csv"),
        "next_url": _address(wanted, team, after=str(place + PAGE)) if more else "",
        "newer_url": _address(wanted, team) if place else "",
        "may_let_go": may(user, PLAN),
        "may_write": may(user, "staff.change_confidentialityagreement"),
    }
    return render(request, "staff/people.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person's records and signatures; record what they passed."""
    user, moment = cast("User", request.user), now()
    require(user, VIEW)
    about = queries.seen_people(user).filter(pk=pk).first()
    if about is None:
        raise Http404
    mine = may(user, RECORD) and about.pk != user.pk
    if request.method == "POST" and not mine:
        raise PermissionDenied
    form = RecordForm(given(request), today=localtime(moment).date())
    if form.is_valid():
        try:
            record_training(user=about, by=user, now=moment, **form.wanted(moment))
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Recorded."))
            return redirect("staff:cleared-person", pk)
    records = TrainingRecord.objects.filter(user=about).select_related("by")
    context = {
        "row": _row(about, moment, leaves=bool(let_go_by(user, [about]))),
        "records": records[:PAGE],
        "signatures": queries.signatures_of(about),
        "form": form if mine else None,
        "own": about.pk == user.pk,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "staff/person.html", context, status=status)


@login_required
@require_GET
def persons_copy(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Show what somebody signed."""
    reader = cast("User", request.user)
    require(reader, VIEW)
    seen = queries.seen_people(reader).filter(pk=pk).values("pk")
    found = AgreementSignature.objects.filter(user__in=seen, agreement__number=version)
    signature = found.select_related("agreement", "user").first()
    if signature is None:
        raise Http404
    return copy_of(request, signature)


def _teams(user: User) -> QuerySet[Team]:
    teams = Team.objects.active()
    if may(user, queries.EVERY):
        return teams
    return teams.filter(pk__in=team_ids(user))


def _row(person: Any, moment: dt.datetime, *, leaves: bool) -> dict[str, Any]:
    until = _until(person)
    return {
        "person": person,
        "url": reverse("staff:cleared-person", args=[person.pk]),
        "lacks": [Lack(key).label for key in person.lacks],
        "signed": person.signed_number,
        "onboarded_at": getattr(_clearance(person), "onboarded_at", None),
        "training_until": until,
        "soon": bool(until and moment < until <= moment + queries.SOON),
        "leave_url": reverse("staff:leaving", args=[person.pk]) if leaves else "",
    }


def _clearance(person: Any) -> Any:
    return person.clearance if hasattr(person, "clearance") else None


def _until(person: Any) -> dt.datetime | None:
    until: dt.datetime | None = getattr(_clearance(person), "training_until", None)
    return until


def _table(
    found: list[Any], by: User, moment: dt.datetime, filters: dict[str, str]
) -> HttpResponse:
    rows_exported.send(
        sender=User,
        model=Clearance,
        count=len(found),
        purpose="clearance",
        by=by,
        now=moment,
        filters=filters,
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    day = localtime(moment).strftime("%Y-%m-%d")
    response["Content-Disposition"] = f'attachment; filename="clearance-{day}.csv"'
    response.write("\ufeff")  # so that spreadsheets read it as UTF-8
    writer = csv.writer(response)
    heads = (_("User name"), _("Name"), _("Missing"), _("Signed version"))
    writer.writerow([*heads, _("Onboarding passed"), _("Training valid until")])
    for person in found:
        lacks = "; ".join(str(Lack(key).label) for key in person.lacks)
        onboarded = getattr(_clearance(person), "onboarded_at", None)
        cells = [person.username, str(person), lacks, person.signed_number or ""]
        cells += [_day(onboarded), _day(_until(person))]
        writer.writerow([_plain(cell) for cell in cells])
    return response


def _plain(cell: object) -> str:
    """Write a cell so that no spreadsheet runs it as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _day(moment: dt.datetime | None) -> str:
    return localtime(moment).strftime("%Y-%m-%d") if moment else ""


def _tabs(
    wanted: str, team: int | None, counted: dict[str, int]
) -> list[dict[str, Any]]:
    labels = {
        "": _("All"),
        "lacking": _("Something is missing"),
        **{each.value: each.label for each in Lack},
        "lapsing": _("Lapses within 30 days"),
        "cleared": _("Cleared"),
    }
    return [
        {
            "label": label,
            "url": _address(key, team),
            "current": key == wanted,
            "count": str(counted[key or "all"]),
        }
        for key, label in labels.items()
    ]


def _address(wanted: str, team: int | None, **more: str) -> str:
    query = {"show": wanted, "team": team or "", **more}
    kept = {key: value for key, value in query.items() if value}
    address = reverse("staff:cleared")
    return f"{address}?{urlencode(kept)}" if kept else address


def _team(request: HttpRequest) -> int | None:
    return _number(request.GET.get("team", "")) or None


def _show(request: HttpRequest) -> str:
    """Return the state that is asked for; nonsense is all of them."""
    wanted = request.GET.get("show", "")
    return wanted if wanted in {"cleared", "lacking", "lapsing", *Lack.values} else ""


def _place(request: HttpRequest) -> int:
    return _number(request.GET.get("after", ""))


def _number(text: str) -> int:
    short = len(text) <= len("999999")
    return int(text) if text.isascii() and text.isdigit() and short else 0

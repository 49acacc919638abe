"""The pages about restore drills: all of them, one report; having one made, or stopped."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods

from servicedesk.backups.actions.drilling import ask_for_drill
from servicedesk.backups.drill.shown import drill_row, report_rows
from servicedesk.backups.live import EVERY
from servicedesk.backups.models import Drill
from servicedesk.backups.tasks import nudge_drills
from servicedesk.backups.views.acts import ask_to_stop
from servicedesk.backups.views.page import find as find_backup
from servicedesk.backups.views.paging import newest
from servicedesk.core.access import may, reader, require
from servicedesk.core.errors import RuleError

VIEW, ADD = "backups.view_drill", "backups.add_drill"


@login_required
@require_GET
def drills(request: HttpRequest) -> HttpResponse:
    """Show the newest drills and what each proved."""
    user = reader(request)
    require(user, VIEW)
    shown, links = newest(request, _all())
    request.live_channels = [EVERY]  # type: ignore[attr-defined]
    context = links | {
        "rows": [drill_row(each) for each in shown],
        "live": EVERY,
        "may_add": may(user, ADD),
    }
    return render(request, "backups/drills.html", context)


@login_required
@require_GET
def drill(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the report of one drill, or how far it is."""
    user = reader(request)
    require(user, VIEW)
    found = _find(pk)
    request.live_channels = [f"drill:{pk}"]  # type: ignore[attr-defined]
    context = (
        drill_row(found)
        | report_rows(found)
        | {
            "live": f"drill:{pk}",
            "may_cancel": may(user, ADD) and found.unfinished and not found.stopping,
        }
    )
    return render(request, "backups/drill.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def start_drill(request: HttpRequest) -> HttpResponse:
    """Ask first, then let the worker for drills begin."""
    user = _may_act(request)
    asked = request.GET.get("backup") or request.POST.get("backup") or ""
    backup = find_backup(int(asked)) if asked.isascii() and asked.isdecimal() else None
    if request.method == "GET":
        context = {"backup": backup, "back_url": reverse("backups:drills")}
        return render(request, "backups/drill_start.html", context)
    try:
        made = ask_for_drill(by=user, now=now(), backup=backup)
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("backups:drills")
    nudge_drills()
    return redirect("backups:drill", made.pk)


@login_required
@require_http_methods(["GET", "POST"])
def cancel_drill(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then stop it."""
    _may_act(request)
    back = reverse("backups:drill", args=[pk])
    return ask_to_stop(request, _find(pk), "backups/drill_cancel.html", back)


def _may_act(request: HttpRequest) -> AbstractBaseUser:
    """Return the person; 404 if they may not see drills, 403 if they may not make one."""
    user = reader(request)
    require(user, VIEW)
    if not may(user, ADD):
        raise PermissionDenied
    return user


def _find(pk: int) -> Drill:
    """Return a drill; 404 if there is none. Who may see one may see all."""
    found: Drill | None = _all().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _all() -> Any:
    return Drill.objects.select_related("asked_by", "backup").defer("backup__manifest")

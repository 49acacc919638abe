"""The page of all backups, and that of one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from servicedesk.backups.live import EVERY
from servicedesk.backups.models import Backup, BackupState
from servicedesk.backups.storages import place_of
from servicedesk.backups.views.paging import newest
from servicedesk.backups.views.shown import row_of, state_of
from servicedesk.core.access import may, reader, require

VIEW, ADD = "backups.view_backup", "backups.add_backup"


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show how backups stand, and the newest ones."""
    user = reader(request)
    require(user, VIEW)
    found = Backup.objects.select_related("asked_by").defer("manifest")
    shown, links = newest(request, found)
    request.live_channels = [EVERY]  # type: ignore[attr-defined]
    context = (
        state_of(now())
        | links
        | {
            "rows": [row_of(backup) for backup in shown],
            "live": EVERY,
            "may_add": may(user, ADD),
            "may_plan": may(user, "backups.change_backupplan"),
            "may_name": may(user, "backups.add_recipient"),
            "may_switch": may(user, "backups.change_recipient"),
        }
    )
    return render(request, "backups/page.html", context)


@login_required
@require_GET
def backup(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one backup: how far it is, or what it holds."""
    user = reader(request)
    require(user, VIEW)
    found = find(pk)
    request.live_channels = [f"backup:{pk}"]  # type: ignore[attr-defined]
    context = (
        row_of(found)
        | _held(found)
        | {
            "live": f"backup:{pk}",
            "over": not found.unfinished,
            "drill_query": f"?backup={pk}",
            "may_drill": may(user, "backups.add_drill")
            and found.state == BackupState.GOOD,
            "may_cancel": may(user, ADD) and found.unfinished and not found.stopping,
        }
    )
    return render(request, "backups/backup.html", context)


def find(pk: int) -> Backup:
    """Return a backup; 404 if there is none. Who may see one may see all."""
    found = Backup.objects.select_related("asked_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _held(found: Backup) -> dict[str, Any]:
    """Return what the manifest says, as rows for people."""
    said = found.manifest or {}
    tables = said.get("tables", {})
    return {
        "manifest": said,
        "place": place_of(found.destination),
        "tables": [(name, each["rows"]) for name, each in sorted(tables.items())],
        "rows_count": sum(each["rows"] for each in tables.values()),
        "keys": [
            f"{k['kind']}-{k['version']} {k['mark']}" for k in said.get("keys", [])
        ],
    }

"""The page about keys: which there are, what each holds, what to do next. No values."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from servicedesk.core.access import may, reader, require
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.encryption.jobs import COUNT, KIND, PERMISSION
from servicedesk.core.encryption.status import KeyLine, key_status, titles
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Job, KeyRun, KeyWork
from servicedesk.core.tasks import nudge_jobs

VIEW = "core.view_keyrun"
Busy = dict[str, uuid.UUID]
WORKS = {work.value: kind for work, kind in KIND.items()} | {"count": COUNT}


@login_required
@require_safe
def keys_page(request: HttpRequest) -> HttpResponse:
    """Show how the keys stand, by the newest count."""
    user = reader(request)
    require(user, VIEW)
    moment = now()
    status = key_status(now=moment)
    named = titles()
    busy = dict(Job.objects.active().values_list("kind", "pk"))
    context = {
        "status": status,
        "keys": [_line(line, named) for line in status.lines],
        "runs": [_run(run, named, busy, moment) for run in status.runs],
        "works": _works(busy, status.runs) if may(user, PERMISSION) else [],
    }
    return render(request, "system/keys.html", context)


@login_required
@require_POST
def start_work(request: HttpRequest, work: str) -> HttpResponse:
    """Let a worker begin, or go on with, one of the works; show how far it is."""
    user = reader(request)
    require(user, VIEW)
    if work not in WORKS:
        raise Http404
    try:
        job = start_job(kind=WORKS[work], params={}, by=user, now=now())
    except RuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("keys:page")
    nudge_jobs()
    return redirect("jobs:job", job.pk)


def _line(line: KeyLine, named: dict[str, str]) -> dict[str, Any]:
    file = line.file
    if file is None:
        state, label = "bad", pgettext("key", "missing")
    elif file.primary:
        state, label = "ok", pgettext("key", "is written")
    else:
        state, label = "", pgettext("key", "is read")
    kind = (
        pgettext("key", "Encryption")
        if line.kind == "field"
        else pgettext("key", "Index")
    )
    return {
        "name": f"{kind} {line.version}",
        "mark": file.mark if file else "–",
        "state": state,
        "label": label,
        "values": line.values,
        "holds": [(named.get(name, name), n) for name, n in line.holds.items()],
    }


def _run(
    run: KeyRun, named: dict[str, str], busy: Busy, moment: dt.datetime
) -> dict[str, Any]:
    found = run.result or {}
    recent = moment - run.changed_at < dt.timedelta(minutes=2)
    at_work = KIND[KeyWork(run.work)] in busy or recent
    if run.finished_at is None:
        state = pgettext("run", "under way") if at_work else pgettext("run", "stopped")
    elif found.get("complete") and found.get("unreadable"):
        state = pgettext("run", "finished, but for what is named below")
    elif found.get("complete"):
        state = pgettext("run", "finished")
    else:
        state = pgettext("run", "ended before all was done")
    return {
        "title": run.get_work_display(),
        "state": state,
        "tone": "ok" if found.get("complete") and not found["unreadable"] else "warn",
        "run": run,
        "by": str(run.started_by or ""),
        "result": found,
        "named": [
            (named.get(where, where), row, _why(why))
            for where, row, why in found.get("named", [])
        ],
    }


def _why(word: str) -> str:
    """Turn the word in a result into a sentence."""
    if word == "double":
        return _("another row holds the same value: merge the two")
    if word == "altered":
        return _("Cannot be read: the value was altered")
    if word.startswith("key-"):
        return _("Cannot be read: the key %(version)d is missing") % {
            "version": int(word.removeprefix("key-"))
        }
    return _("Cannot be read")


def _works(busy: Busy, runs: list[KeyRun]) -> list[dict[str, Any]]:
    labels: dict[str, str] = {work.value: str(work.label) for work in KeyWork}
    labels["count"] = pgettext("work on keys", "Count the values")
    why = {
        "rotate": _("Brings every value under the key that is written."),
        "reindex": _("Makes every value findable by the index key that is written."),
        "verify": _("Opens every value and names the rows that cannot be read."),
        "count": _("Counts the values of each key; once a day it happens by itself."),
    }
    stopped = {run.work for run in runs if run.finished_at is None}
    return [
        {
            "label": labels[work],
            "why": why[work],
            "url": reverse("keys:start", args=[work]),
            "job": reverse("jobs:job", args=[busy[kind]]) if kind in busy else "",
            "again": work in stopped,
        }
        for work, kind in WORKS.items()
    ]

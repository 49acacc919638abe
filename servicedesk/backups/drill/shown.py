"""What the pages and the command show of a drill."""

import datetime as dt
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from servicedesk.backups import errors
from servicedesk.backups.drill.words import (
    PROVEN,
    SAVED_WORDS,
    Saved,
    sentence,
    severity,
)
from servicedesk.backups.models import Drill

_TONES = {Saved.YES: "ok", Saved.PARTLY: "warn", Saved.NO: "bad", Saved.UNKNOWN: ""}
KEYS_BACKUP: Final = (
    "manage.py keys backup FOLDER --group-one group-one.txt --group-two group-two.txt"
)
_STATE_TONES = {"due": "", "running": "accent", "proven": "ok", "failed": "bad"}


def drill_row(drill: Drill) -> dict[str, Any]:
    """Return what lists and pages show of one drill."""
    report = drill.report or {}
    saved = Saved(report.get("saved", Saved.UNKNOWN))
    return {
        "drill": drill,
        "url": reverse("backups:drill", args=[drill.pk]),
        "state": _("Stopping …") if drill.stopping else drill.get_state_display(),
        "tone": _STATE_TONES.get(drill.state, ""),
        "over": drill.ended_at is not None,
        "saved": SAVED_WORDS[saved],
        "saved_tone": _TONES[saved],
        "why": why_of(drill, saved),
        "next": next_of(drill),
        "recovery": duration(report.get("recovery_seconds")) if _whole(drill) else "",
        "by": str(drill.asked_by) if drill.asked_by_id else _("the plan"),
        "step": _steps().get(drill.step, _("Getting ready")),
        "progress": progress_of(drill),
    }


def _whole(drill: Drill) -> bool:
    """Tell whether it came to its last step: else its time is of half a recovery."""
    return not drill.error and "inspect" in drill.seconds


def progress_of(drill: Drill) -> str:
    """Return how much of its step is done, such as "3 MB of 12 MB"; "" where unknown."""
    if not drill.total:
        return ""
    done, total = min(drill.done, drill.total), drill.total
    if drill.step == "compare":
        return _("%(done)s of %(total)s tables") % {"done": done, "total": total}
    words = {"done": filesizeformat(done), "total": filesizeformat(total)}
    return _("%(done)s of %(total)s") % words


def report_rows(drill: Drill) -> dict[str, Any]:
    """Return the parts of one report: steps with times, findings, what came back."""
    report = drill.report or {}
    made_at = parse_datetime(report["made_at"]) if "made_at" in report else None
    return {
        "report": report,
        "made_at": made_at,
        "numbers": report.get("numbers", {}),
        "steps": [
            (_steps().get(name, name), f"{seconds:.1f}")
            for name, seconds in sorted(
                drill.seconds.items(), key=lambda each: list(_steps()).index(each[0])
            )
        ],
        "findings": [
            {
                "text": sentence(each["code"], each),
                "code": each["code"],
                "tone": _TONES[severity(each["code"])],
                "notice": severity(each["code"]) is Saved.YES,
            }
            for each in drill.findings
        ],
        "passed": drill.verdict == PROVEN,
    }


def why_of(drill: Drill, saved: Saved) -> str:
    """Say in one sentence why the answer is what it is."""
    if drill.ended_at is None:
        return ""
    if drill.error == errors.CANCELLED:
        return sentence(drill.error, {})
    if drill.error:
        said = sentence(drill.error, {"detail": drill.detail})
        return _("The drill could not be made. %(why)s") % {"why": said}
    if saved is Saved.YES:
        return _(
            "All of it came back as it was. What was written after it was made would be "
            "lost."
        )
    worst = [e for e in drill.findings if severity(e["code"]) is saved]
    if not worst:
        worst = drill.findings
    first = sentence(worst[0]["code"], worst[0]) if worst else ""
    if len(worst) <= 1:
        return first
    # Some sentences end with a command or a name: nothing can follow them.
    data = {"number": len(worst), "first": first}
    return _("The first of %(number)s findings: %(first)s") % data


def next_of(drill: Drill) -> dict[str, str]:
    """Say what to do next, with the command, where it is one thing; {} otherwise."""
    if not any(each["code"] == "keys_not_saved" for each in drill.findings):
        return {}
    return {
        "words": _(
            "To do next: four people send their public keys (docs/recipes/lost-keys.md), "
            "and the keys are saved so that two of them open them together; then drill "
            "again."
        ),
        "command": KEYS_BACKUP,
    }


def duration(seconds: float | None) -> str:
    """Say how long something took, as people measure it."""
    if seconds is None:
        return ""
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return _("%(number)s seconds") % {"number": f"{seconds:.1f}"}
    length = dt.timedelta(seconds=round(seconds))
    minutes, rest = divmod(int(length.total_seconds()), 60)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


def _steps() -> dict[str, str]:
    return {
        "look": _("Manifest, sizes and digests"),
        "database": _("Opening the dump and putting the database back"),
        "compare": _("Counting and comparing every table"),
        "files": _("Opening and checking the files"),
        "inspect": _("Values, audit log, attachments"),
        "drop": _("Dropping the scratch database"),
    }

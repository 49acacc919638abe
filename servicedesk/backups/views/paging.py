"""A list of runs, the newest first, by the page."""

from typing import Any

from django.http import HttpRequest

from servicedesk.backups.models.run import R, RunQuerySet

PAGE = 25
_LONGEST = 18  # digits of a number that the database takes


def newest(
    request: HttpRequest, runs: RunQuerySet[R]
) -> tuple[list[R], dict[str, Any]]:
    """Return the runs of the page that is asked for, and what its links need."""
    found, before = runs.order_by("-pk"), request.GET.get("before", "")
    asked = before.isascii() and before.isdecimal() and len(before) <= _LONGEST
    if asked:
        found = found.filter(pk__lt=int(before))
    shown = list(found[: PAGE + 1])
    more, shown = len(shown) > PAGE, shown[:PAGE]
    return shown, {
        "url": request.get_full_path(),
        "next_url": f"{request.path}?before={shown[-1].pk}" if more else "",
        "newer_url": request.path if asked else "",
    }

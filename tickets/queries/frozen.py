"""Versions that never change once published: read once a process, kept by their id."""

from functools import lru_cache

from servicedesk.core.models import CalendarVersion
from tickets.models import ServiceLevelVersion

_KEPT = 256


@lru_cache(maxsize=_KEPT)
def level_version(pk: int) -> ServiceLevelVersion:
    """Return a version of a service level."""
    return ServiceLevelVersion.objects.get(pk=pk)


@lru_cache(maxsize=_KEPT)
def calendar_version(pk: int) -> CalendarVersion:
    """Return a version of a calendar."""
    return CalendarVersion.objects.get(pk=pk)

"""Periodic work of the foundation."""

from celery import shared_task
from django.utils.timezone import now

from servicedesk.core.live.publish import KEPT, purge


@shared_task(name="core.purge_live_events")
def purge_live_events() -> int:
    """Delete live events that no browser is promised any more."""
    return purge(before=now() - KEPT)

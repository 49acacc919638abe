"""Wake-ups about people."""

from celery import shared_task
from django.utils import timezone

from servicedesk.staff.actions import presence


@shared_task(name="staff.sweep_presence")
def sweep_presence() -> int:
    """Set away or offline whoever has fallen silent."""
    return presence.sweep(now=timezone.now())

"""Wake-ups about people."""

import logging

from celery import shared_task

from servicedesk.core.database_time import database_time
from servicedesk.core.tasks import nudge_jobs
from servicedesk.core.wake import stops_a_sweep
from servicedesk.staff.actions import (
    access_decide,
    leaving,
    presence,
    reminders,
    security,
)
from servicedesk.staff.queries.leaving import departures_due

log = logging.getLogger(__name__)


@shared_task(name="staff.sweep_presence")
def sweep_presence() -> int:
    """Set away or offline whoever has fallen silent."""
    return presence.sweep(now=database_time()())


@shared_task(name="staff.sweep_sessions")
def sweep_sessions() -> int:
    """Delete the sessions that are past their time."""
    return security.forget_sessions(now=database_time()())


@shared_task(name="staff.remind_clearance")
def remind_clearance() -> int:
    """Remind whose training lapses; close the streams of those it closes for."""
    now = database_time()()
    reminders.close_streams_of_unsigned(now=now)
    return reminders.remind(now=now)


@shared_task(name="staff.sweep_access")
def sweep_access() -> int:
    """End what waited too long for a second person."""
    return access_decide.lapse_due(now=database_time()())


@shared_task(name="staff.sweep_departures")
def sweep_departures() -> int:
    """Close the accounts of those whose day has come, and begin to hand over."""
    now = database_time()
    begun = 0
    for departure in departures_due(now=now()):
        try:
            begun += leaving.begin_leaving(departure=departure, now=now())
        except Exception as error:
            if stops_a_sweep(error):
                raise
            log.exception("A departure could not begin: %s", departure.pk)
    if begun:
        nudge_jobs()
    return begun

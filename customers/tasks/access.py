"""Periodic work about grants, honey records and changes that wait for another."""

from celery import shared_task

from customers.actions.by_two import lapse_due
from customers.actions.grants import end_due
from customers.actions.honey import plant_due
from servicedesk.core.database_time import database_time


@shared_task(name="customers.sweep_access")
def sweep_access() -> int:
    """End grants and waiting changes past their time; make up the honey that is due."""
    now = database_time()
    done = end_due(now=now())
    lapse_due(now=now())
    plant_due(now=now())
    return done

"""The Celery app and the one timetable of periodic work."""

import os

from celery import Celery
from django.conf import settings
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A worker without -Q takes both; which task goes where, the settings say.
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name) for name in ("celery", "letters")
]

EVERY = settings.SWEEP_SECONDS
app.conf.beat_schedule = {
    "letters that are due": {"task": "tickets.sweep_letters", "schedule": EVERY},
    "follow-ups that are due": {"task": "tickets.sweep_follow_ups", "schedule": EVERY},
    "clocks to warn of or breached": {
        "task": "tickets.sweep_clocks",
        "schedule": EVERY,
    },
    "old live events": {"task": "core.purge_live_events", "schedule": 3600.0},
    "away without a word": {"task": "staff.sweep_presence", "schedule": 60.0},
}
for entry in app.conf.beat_schedule.values():
    # A tick that nobody took before the next one is stale: the next does the same.
    entry["options"] = {"expires": max(float(entry["schedule"]), 30.0)}

"""The Celery app and the one timetable of periodic work."""

import os

from celery import Celery
from django.conf import settings
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A worker without -Q takes them all; which task goes where, the settings say.
ATTENDED = ("celery", "jobs", "letters")
# Drills wait for a machine that has a private key of the backups; most have none.
QUEUES = (*ATTENDED, "drills")
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name) for name in QUEUES
]

EVERY = settings.SWEEP_SECONDS
app.conf.beat_schedule = {
    "letters that are due": {"task": "tickets.sweep_letters", "schedule": EVERY},
    "follow-ups that are due": {"task": "tickets.sweep_follow_ups", "schedule": EVERY},
    "clocks to warn of or breached": {
        "task": "tickets.sweep_clocks",
        "schedule": EVERY,
    },
    "letters to persons about their data": {
        "task": "customers.sweep_rights_letters",
        "schedule": EVERY,
    },
    "codes for e-mail addresses": {"task": "customers.sweep_codes", "schedule": EVERY},
    "requests of persons that are due": {
        "task": "customers.sweep_rights",
        "schedule": EVERY,
    },
    "data past their time": {"task": "customers.sweep_retention", "schedule": 3600.0},
    "care that is due": {"task": "customers.sweep_care", "schedule": 3600.0},
    "profile of customers": {"task": "customers.count_profile", "schedule": 3600.0},
    "erasures to copy": {"task": "customers.copy_erasures", "schedule": EVERY},
    "jobs that wait for a worker": {"task": "core.run_jobs", "schedule": 5.0},
    # Often, because a page that wrote something does not wait to tell the broker.
    "texts to be found": {"task": "tickets.sweep_texts", "schedule": min(EVERY, 3.0)},
    "old searches": {"task": "tickets.forget_searches", "schedule": 3600.0},
    "forms posted long ago": {"task": "tickets.forget_forms", "schedule": 3600.0},
    "values by key": {"task": "core.count_keys", "schedule": 3600.0},
    "keys without a backup": {"task": "core.watch_key_backups", "schedule": 3600.0},
    "notifications by e-mail": {"task": "core.send_notifications", "schedule": EVERY},
    "notifications long read": {
        "task": "core.purge_notifications",
        "schedule": 3600.0,
    },
    "old live events": {"task": "core.purge_live_events", "schedule": 3600.0},
    # Daily, but a beat that is started anew each day must come to it as well.
    "files without a message": {
        "task": "tickets.sweep_orphan_files",
        "schedule": 6 * 3600.0,
    },
    "restore drills that are due": {
        "task": "backups.sweep_drills",
        "schedule": 60.0,
    },
    "access that is over": {"task": "customers.sweep_access", "schedule": EVERY},
    "away without a word": {"task": "staff.sweep_presence", "schedule": 60.0},
    "imports and exports to forget": {
        "task": "customers.forget_moved",
        "schedule": 3600.0,
    },
    "clearance that lapses": {"task": "staff.remind_clearance", "schedule": 60.0},
    "sessions past their time": {"task": "staff.sweep_sessions", "schedule": 3600.0},
    "security checks": {"task": "core.start_security_check", "schedule": 3600.0},
    "people who leave today": {"task": "staff.sweep_departures", "schedule": 60.0},
    "access that nobody confirmed": {"task": "staff.sweep_access", "schedule": 3600.0},
    "backups that are due": {"task": "backups.sweep", "schedule": EVERY},
    "backups that are over": {"task": "backups.tidy", "schedule": 3600.0},
    "audit entries to seal": {"task": "audit.seal", "schedule": 60.0},
    "months of the audit log": {"task": "audit.keep_months", "schedule": 3600.0},
    "the audit log as a whole": {"task": "audit.verify_nightly", "schedule": 3600.0},
}
# Whoever takes it writes down that beat, broker and this queue's workers work together.
for name in ATTENDED:
    app.conf.beat_schedule[f"a sign of life of {name}"] = {
        "task": "core.tick",
        "schedule": EVERY,
        "options": {"queue": name},
    }
for entry in app.conf.beat_schedule.values():
    # A tick that nobody took before the next one is stale: the next does the same.
    expires = max(float(entry["schedule"]), 30.0)
    entry.setdefault("options", {})["expires"] = expires

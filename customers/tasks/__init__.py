"""Periodic work on customers, a file for each part; Celery finds the tasks here."""

from customers.tasks.access import sweep_access
from customers.tasks.codes import nudge_codes, sweep_codes
from customers.tasks.moving import forget_moved
from customers.tasks.rights import (
    copy_erasures,
    count_profile,
    nudge_erasures,
    nudge_rights_letters,
    sweep_care,
    sweep_retention,
    sweep_rights,
    sweep_rights_letters,
)

__all__ = [
    "copy_erasures",
    "count_profile",
    "forget_moved",
    "nudge_codes",
    "nudge_erasures",
    "nudge_rights_letters",
    "sweep_access",
    "sweep_care",
    "sweep_codes",
    "sweep_retention",
    "sweep_rights",
    "sweep_rights_letters",
]

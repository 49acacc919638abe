"""What is known of backups, their plan, who can open them, and what drills proved."""

from servicedesk.backups.models.backup import (
    BACKUP_MOVES,
    Backup,
    BackupState,
    Destination,
    Generation,
)
from servicedesk.backups.models.drill import Drill, DrillState
from servicedesk.backups.models.plan import BackupPlan
from servicedesk.backups.models.recipient import FEWEST, Recipient
from servicedesk.backups.models.run import DUE, FAILED, RUNNING, UNFINISHED, Run

__all__ = [
    "BACKUP_MOVES",
    "DUE",
    "FAILED",
    "FEWEST",
    "RUNNING",
    "UNFINISHED",
    "Backup",
    "BackupPlan",
    "BackupState",
    "Destination",
    "Drill",
    "DrillState",
    "Generation",
    "Recipient",
    "Run",
]

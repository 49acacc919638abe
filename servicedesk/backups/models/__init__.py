"""What is known of backups, their plan, who can open them, and what drills proved."""

from servicedesk.backups.models.backup import (
    BACKUP_MOVES,
    UNFINISHED,
    Backup,
    BackupState,
    Destination,
    Generation,
)
from servicedesk.backups.models.drill import Drill, DrillState
from servicedesk.backups.models.plan import BackupPlan
from servicedesk.backups.models.recipient import FEWEST, Recipient

__all__ = [
    "BACKUP_MOVES",
    "FEWEST",
    "UNFINISHED",
    "Backup",
    "BackupPlan",
    "BackupState",
    "Destination",
    "Drill",
    "DrillState",
    "Generation",
    "Recipient",
]

"""Who sees backups, has one made, and decides who can open them, to begin with."""

PERMISSIONS: dict[str, list[str]] = {
    "administrator": [
        "backups.view_backup",
        "backups.add_backup",
        "backups.view_drill",
        "backups.add_drill",
        "backups.view_backupplan",
        "backups.change_backupplan",
        "backups.view_recipient",
        "backups.add_recipient",
        "backups.change_recipient",
    ],
    "data_protection_officer": [
        "backups.view_backup",
        "backups.view_drill",
        "backups.view_backupplan",
        "backups.view_recipient",
    ],
}

"""Who may look at the audit log, to begin with."""

PERMISSIONS = {"data_protection_officer": ["audit.view_logentry"]}

"""What is done about backups: ask, make, stop, keep, remove."""

"""The pages about backups."""

"""Backups: made by plan, sealed to keys that are not here, kept by generations."""

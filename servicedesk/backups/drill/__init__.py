"""Restore drills: put a backup back into a scratch database and look whether it is whole."""

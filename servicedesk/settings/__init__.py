"""Settings: base.py, and one module for each place the system runs in."""

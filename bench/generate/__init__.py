"""Fill a database with tickets as users have them, fast, the same for the same seed."""

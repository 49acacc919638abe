"""Put a backup back for real, in place of the live database, and what has to follow."""

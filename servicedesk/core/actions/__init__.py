"""What can be done to the facts of the core."""

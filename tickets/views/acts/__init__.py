"""What one does to a ticket: a file for each kind of act."""

"""What changes about people: every write goes through here."""

"""What may be done with customers."""

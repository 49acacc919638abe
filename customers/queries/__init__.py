"""What is asked about customers."""

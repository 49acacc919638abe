"""What may be done with tickets: all writing happens here."""

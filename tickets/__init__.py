"""Tickets: the daily work."""

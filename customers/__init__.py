"""Customers: the only home of personal data."""

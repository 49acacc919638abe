"""Servicedesk: what makes the apps a system."""

"""Marks of tickets in templates."""

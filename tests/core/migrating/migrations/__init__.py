"""Migrations that an app without any borrows: the second wants a table to itself."""

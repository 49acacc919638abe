"""People, teams and roles in Django admin; what is saved goes through the actions."""

from servicedesk.staff.admin import people, roles, teams

__all__ = ["people", "roles", "teams"]

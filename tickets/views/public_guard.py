"""The guard of the pages about tickets that anybody may open."""

from servicedesk.core.public_guard import HOUR, MINUTE, Guard, limit

_guard = Guard("tickets/public/too_many.html")
guarded = _guard.guarded
too_many = _guard.too_many

__all__ = ["HOUR", "MINUTE", "guarded", "limit", "too_many"]

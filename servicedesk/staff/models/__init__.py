"""The facts about people."""

from servicedesk.staff.models.presence import Presence, PresenceState
from servicedesk.staff.models.role import Role, RoleKey
from servicedesk.staff.models.team import Membership, Team, TeamFunction
from servicedesk.staff.models.user import Theme, User

__all__ = [
    "Membership",
    "Presence",
    "PresenceState",
    "Role",
    "RoleKey",
    "Team",
    "TeamFunction",
    "Theme",
    "User",
]

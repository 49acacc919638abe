"""The facts about people."""

from servicedesk.staff.models.access import (
    ABOUT_ACCOUNT,
    AccessKind,
    AccessProposal,
)
from servicedesk.staff.models.agreement import (
    AgreementSignature,
    ConfidentialityAgreement,
)
from servicedesk.staff.models.by_two import WAITS, ChangeByTwo, ChangeState
from servicedesk.staff.models.clearance import Clearance, TrainingKind, TrainingRecord
from servicedesk.staff.models.departure import (
    OPEN,
    Departure,
    DepartureState,
    Successor,
)
from servicedesk.staff.models.presence import Presence, PresenceState
from servicedesk.staff.models.role import Role, RoleKey
from servicedesk.staff.models.team import Membership, Team, TeamFunction
from servicedesk.staff.models.user import Theme, User

__all__ = [
    "ABOUT_ACCOUNT",
    "OPEN",
    "WAITS",
    "AccessKind",
    "AccessProposal",
    "AgreementSignature",
    "ChangeByTwo",
    "ChangeState",
    "Clearance",
    "ConfidentialityAgreement",
    "Departure",
    "DepartureState",
    "Membership",
    "Presence",
    "PresenceState",
    "Role",
    "RoleKey",
    "Successor",
    "Team",
    "TeamFunction",
    "Theme",
    "TrainingKind",
    "TrainingRecord",
    "User",
]

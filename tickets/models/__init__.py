"""The facts about tickets."""

from tickets.models.category import Category, PriorityRule
from tickets.models.clock import (
    LIVE,
    ClockInterval,
    ClockState,
    ClockTarget,
    ServiceClock,
)
from tickets.models.event import EventKind, TicketEvent
from tickets.models.follow_up import (
    ASK_AFTER,
    CALL_AFTER,
    DUE_AFTER,
    OWED,
    TRIES,
    TRY_GAP,
    FollowUp,
    FollowUpOutcome,
    FollowUpStage,
    scaled,
)
from tickets.models.intake import Intake
from tickets.models.letter import Letter, LetterKind, LetterState, TicketLink
from tickets.models.message import Attachment, Draft, Message, MessageKind
from tickets.models.search import Search, TextDue, TicketText
from tickets.models.service_level import ServiceLevel, ServiceLevelVersion
from tickets.models.status import (
    ACTIVE,
    NEXT,
    WAITING,
    Channel,
    Phase,
    Priority,
    Severity,
    TicketKind,
    TicketStatus,
    Urgency,
)
from tickets.models.ticket import (
    Ticket,
    TicketGroupObjectPermission,
    TicketUserObjectPermission,
    granted_to,
    seen_by,
)

__all__ = [
    "ACTIVE",
    "ASK_AFTER",
    "CALL_AFTER",
    "DUE_AFTER",
    "LIVE",
    "NEXT",
    "OWED",
    "TRIES",
    "TRY_GAP",
    "WAITING",
    "Attachment",
    "Category",
    "Channel",
    "ClockInterval",
    "ClockState",
    "ClockTarget",
    "Draft",
    "EventKind",
    "FollowUp",
    "FollowUpOutcome",
    "FollowUpStage",
    "Intake",
    "Letter",
    "LetterKind",
    "LetterState",
    "Message",
    "MessageKind",
    "Phase",
    "Priority",
    "PriorityRule",
    "Search",
    "ServiceClock",
    "ServiceLevel",
    "ServiceLevelVersion",
    "Severity",
    "TextDue",
    "Ticket",
    "TicketEvent",
    "TicketGroupObjectPermission",
    "TicketKind",
    "TicketLink",
    "TicketStatus",
    "TicketText",
    "TicketUserObjectPermission",
    "Urgency",
    "granted_to",
    "scaled",
    "seen_by",
]

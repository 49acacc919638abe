"""The states a ticket can be in, and the one table of permitted moves."""

from django.db import models
from django.utils.translation import pgettext_lazy


class TicketStatus(models.TextChoices):
    NEW = "new", pgettext_lazy("ticket status", "New")
    OPEN = "open", pgettext_lazy("ticket status", "Open")
    WAITING_CUSTOMER = (
        "waiting_customer",
        pgettext_lazy("ticket status", "Waiting on customer"),
    )
    WAITING_COLLEAGUES = (
        "waiting_colleagues",
        pgettext_lazy("ticket status", "Waiting on colleagues"),
    )
    RESOLVED = "resolved", pgettext_lazy("ticket status", "Resolved")
    CLOSED = "closed", pgettext_lazy("ticket status", "Closed")
    MERGED = "merged", pgettext_lazy("ticket status", "Merged")
    SPAM = "spam", pgettext_lazy("ticket status", "Spam")


S = TicketStatus
ACTIVE = (S.NEW, S.OPEN, S.WAITING_CUSTOMER, S.WAITING_COLLEAGUES)
"""The states in which somebody still owes work."""
WAITING = (S.WAITING_CUSTOMER, S.WAITING_COLLEAGUES)
"""The states in which the next step is somebody else's."""

NEXT: dict[TicketStatus, frozenset[TicketStatus]] = {
    S.NEW: frozenset(
        {S.OPEN, S.WAITING_CUSTOMER, S.WAITING_COLLEAGUES, S.RESOLVED, S.SPAM, S.MERGED}
    ),
    S.OPEN: frozenset(
        {S.WAITING_CUSTOMER, S.WAITING_COLLEAGUES, S.RESOLVED, S.SPAM, S.MERGED, S.NEW}
    ),
    S.WAITING_CUSTOMER: frozenset(
        {S.OPEN, S.WAITING_COLLEAGUES, S.RESOLVED, S.SPAM, S.MERGED}
    ),
    S.WAITING_COLLEAGUES: frozenset(
        {S.OPEN, S.WAITING_CUSTOMER, S.RESOLVED, S.SPAM, S.MERGED}
    ),
    S.RESOLVED: frozenset(
        {S.OPEN, S.CLOSED, S.NEW, S.WAITING_CUSTOMER, S.WAITING_COLLEAGUES}
    ),
    S.CLOSED: frozenset({S.OPEN}),
    S.MERGED: frozenset({S.OPEN}),
    S.SPAM: frozenset({S.OPEN}),
}


class Channel(models.TextChoices):
    PHONE = "phone", pgettext_lazy("channel", "Phone")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    CHAT = "chat", pgettext_lazy("channel", "Live chat")
    WEB = "web", pgettext_lazy("channel", "Website")
    SOCIAL = "social", pgettext_lazy("channel", "Social media")
    IN_PERSON = "in_person", pgettext_lazy("channel", "In person")
    API = "api", pgettext_lazy("channel", "API")


class TicketKind(models.TextChoices):
    INQUIRY = "inquiry", pgettext_lazy("ticket kind", "Inquiry")
    PROBLEM = "problem", pgettext_lazy("ticket kind", "Problem")
    COMPLAINT = "complaint", pgettext_lazy("ticket kind", "Complaint")
    SUGGESTION = "suggestion", pgettext_lazy("ticket kind", "Suggestion")


class Phase(models.TextChoices):
    PRE_SALE = "pre_sale", pgettext_lazy("sales phase", "Pre-sale")
    IN_SALE = "in_sale", pgettext_lazy("sales phase", "In-sale")
    AFTER_SALE = "after_sale", pgettext_lazy("sales phase", "After-sale")


class Severity(models.IntegerChoices):
    CRITICAL = 1, pgettext_lazy("severity", "Critical")
    MAJOR = 2, pgettext_lazy("severity", "Major")
    NORMAL = 3, pgettext_lazy("severity", "Normal")
    MINOR = 4, pgettext_lazy("severity", "Minor")


class Urgency(models.IntegerChoices):
    NOW = 1, pgettext_lazy("urgency", "At once")
    HIGH = 2, pgettext_lazy("urgency", "Soon")
    NORMAL = 3, pgettext_lazy("urgency", "Normal")
    LOW = 4, pgettext_lazy("urgency", "Can wait")


class Priority(models.IntegerChoices):
    URGENT = 1, pgettext_lazy("priority", "Urgent")
    HIGH = 2, pgettext_lazy("priority", "High")
    NORMAL = 3, pgettext_lazy("priority", "Normal")
    LOW = 4, pgettext_lazy("priority", "Low")

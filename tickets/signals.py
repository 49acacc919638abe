"""What tickets announces to the apps above it, inside the same transaction."""

from django.dispatch import Signal

ticket_created = Signal()
ticket_resolved = Signal()
resolution_undone = Signal()
ticket_reopened = Signal()
ticket_closed = Signal()
follow_up_answered = Signal()

"""Keep what is being written, as it is typed."""

import datetime as dt

from servicedesk.staff.models import User
from tickets.models import Draft, MessageKind, Ticket


def save_draft(
    *, ticket: Ticket, kind: MessageKind, body: str, by: User, now: dt.datetime
) -> None:
    """Keep the text for the next time the page is opened; an empty text forgets it."""
    if not body.strip():
        Draft.objects.filter(ticket=ticket, user=by, kind=kind).delete()
        return
    Draft.objects.update_or_create(
        ticket=ticket, user=by, kind=kind, defaults={"body": body, "changed_at": now}
    )

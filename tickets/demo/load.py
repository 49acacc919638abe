"""Fill an empty desk: the people, and sixty requests of the last ten days."""

import datetime as dt
import os
import secrets
from pathlib import Path

from django.db import transaction
from django.db.models import F

from servicedesk.core.models import MailState, Notification
from servicedesk.staff.models import Team
from tickets.demo.script import callers, scripts
from tickets.demo.stories import Story
from tickets.models import Letter, LetterState, Ticket

PASSWORD_FILE = "demo-password"  # noqa: S105  # the name of a file


def demo_password(folder: Path, *, make: bool) -> str:
    """Return this installation's demonstration password; "" if there is none yet."""
    file = folder / PASSWORD_FILE
    if not file.exists() and make:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(f"desk-{secrets.token_hex(4)}-{secrets.token_hex(4)}\n")
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


@transaction.atomic
def load_tickets(*, now: dt.datetime) -> int:
    """Play all requests, unless there are tickets already; return how many were made."""
    # Two loads at once: the second waits here, and then finds tickets.
    list(Team.objects.select_for_update().order_by("pk"))
    if Ticket.objects.exists():
        return 0
    known = callers()
    told = [
        Story(each, known[each.who], place=place, now=now).play()
        for place, each in enumerate(scripts())
    ]
    _count_as_sent(told)
    return len(told)


def _count_as_sent(told: list[Ticket]) -> None:
    """Keep letters to made-up people from being sent: customers' look sent."""
    Notification.objects.filter(mail_state=MailState.DUE).update(
        mail_state=MailState.SKIPPED
    )
    due = Letter.objects.filter(ticket__in=told, state=LetterState.DUE)
    due.update(state=LetterState.SENT, sent_at=F("due_at"), tries=1)
    troubled = Letter.objects.filter(ticket__in=told, kind="reply").order_by("-due_at")
    for letter in troubled[:1]:
        letter.state = LetterState.FAILED
        letter.sent_at, letter.error = None, "SMTPRecipientsRefused 550"
        letter.save(update_fields=["state", "sent_at", "error"])

"""Send what people are due by e-mail, at most once each."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Min
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from servicedesk.core import post
from servicedesk.core.models import MailState, Notification
from servicedesk.core.notifications.plan import Plan, plan_for
from servicedesk.core.notifications.words import letter_of, sentence_of


def people_due(*, now: dt.datetime, most: int) -> list[int]:
    """Return the ids of those who are due something, who has waited longest first."""
    due = Notification.objects.filter(mail_state=MailState.DUE, mail_due_at__lte=now)
    people = due.values("user").annotate(since=Min("mail_due_at")).order_by("since")
    return [each["user"] for each in people[:most]]


def send_to(*, user_id: int, now: dt.datetime, line: post.Line) -> int:
    """Send one person what is due now; return how many letters were taken.

    With a line that cannot be opened nothing is taken: `put_off` is the caller's.
    """
    if line.open() is None:
        return 0
    plan = plan_for(user_id=user_id, now=now)
    if plan is None:
        return 0
    waiting = list(plan.letters)
    try:
        while waiting:
            rows = waiting.pop(0)
            server = line.open()
            if server is None:
                # Taken, but certainly not sent.
                _later(rows, line.trouble, now)
            elif not _send(plan, rows, server, now):
                line.drop()
    finally:
        # After a fault in one of them: the others were taken, and nobody sent them.
        for rows in waiting:
            _later(rows, "", now)
    return len(plan.letters)


def put_off(*, now: dt.datetime, why: str) -> None:
    """Put off all that is due, because the mail server cannot be reached."""
    due = Notification.objects.filter(mail_state=MailState.DUE, mail_due_at__lte=now)
    due.filter(mail_taken_at__lte=now - post.SERVER_PATIENCE).update(
        mail_state=MailState.FAILED, mail_error=why[:200]
    )
    since, again = post.put_off_until("mail_taken_at", now)
    due.update(mail_taken_at=since, mail_due_at=again, mail_error=why[:200])


def mark_stuck(*, now: dt.datetime) -> int:
    """Mark what a sender held when it died: possibly sent, so not sent again."""
    stuck = Notification.objects.filter(
        mail_state=MailState.SENDING, mail_taken_at__lt=now - post.STUCK_AFTER
    )
    return stuck.update(
        mail_state=MailState.UNSURE, mail_error="interrupted while sending"
    )


def hold(*, why: str) -> int:
    """Send none of what waits: after a restore it may have been sent; how many.

    People still find it in the page.
    """
    Notification.objects.filter(mail_state=MailState.SENDING).update(
        mail_state=MailState.UNSURE, mail_error=why[:200]
    )
    return Notification.objects.filter(mail_state=MailState.DUE).update(
        mail_state=MailState.SKIPPED, mail_error=why[:200]
    )


def _send(
    plan: Plan, rows: list[Notification], server: BaseEmailBackend, now: dt.datetime
) -> bool:
    """Hand one letter over and note the outcome; tell whether all was well."""
    try:
        mail = _compose(plan, rows)
    except Exception as error:
        # Certainly not sent: it is due again, and the fault is told to the log.
        _later(rows, type(error).__name__, now)
        raise
    mail.connection = server
    outcome = post.hand_over(mail, tries=max(row.mail_tries for row in rows))
    if outcome.later:
        _later(rows, outcome.error, now)
    elif outcome.sent:
        _note(rows, MailState.SENT, mail_sent_at=now, mail_error="")
    else:
        state = MailState.FAILED if outcome.refused else MailState.UNSURE
        _note(rows, state, mail_error=outcome.error[:200])
    return outcome.sent


def _compose(plan: Plan, rows: Sequence[Notification]) -> EmailMessage:
    with translation.override(plan.user.language):
        subject, body = letter_of(rows[0]) or _bundle(rows)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        from_email=settings.MAIL_FROM,
        to=[plan.user.email],
        headers={
            "Message-ID": post.message_id(f"{rows[0].pk}.{rows[0].mail_tries}"),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def _bundle(rows: Sequence[Notification]) -> tuple[str, str]:
    lines = [{"text": sentence_of(row), "url": _address(row)} for row in rows]
    preferences = settings.BASE_URL + reverse("notifications:preferences")
    context = {
        "lines": lines,
        "first": lines[0]["text"],
        "count": len(lines),
        "site": settings.SITE_NAME,
        "preferences": preferences,
    }
    subject = render_to_string("notifications/emails/bundle_subject.txt", context)
    return subject, render_to_string("notifications/emails/bundle.txt", context)


def _address(row: Notification) -> str:
    return settings.BASE_URL + reverse("notifications:open", args=[row.pk])


def _later(rows: Sequence[Notification], error: str, now: dt.datetime) -> None:
    wait = post.wait_after(max(row.mail_tries for row in rows))
    _note(rows, MailState.DUE, mail_due_at=now + wait, mail_error=error[:200])


def _note(rows: Sequence[Notification], state: MailState, **values: object) -> None:
    taken = Notification.objects.filter(
        pk__in=[row.pk for row in rows], mail_state=MailState.SENDING
    )
    taken.update(mail_state=state, **values)

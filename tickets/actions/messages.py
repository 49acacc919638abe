"""Append a message to a conversation; the parts that reply, note and intake share."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from pathlib import PurePath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User
from tickets.models import Attachment, Message, MessageKind, Ticket

_LONGEST_NAME = 120


class NewerMessageError(RuleError):
    """The customer wrote while the answer was being written; nothing was sent."""


def append(
    ticket: Ticket,
    kind: MessageKind,
    body: str,
    *,
    author: User | None,
    now: dt.datetime,
    channel: str | None = None,
    client_key: uuid.UUID | None = None,
    files: Sequence["File[bytes]"] = (),
) -> Message:
    """Write the next message of a locked ticket; the caller saves the ticket."""
    ticket.message_count += 1
    message = Message.objects.create(
        ticket=ticket,
        seq=ticket.message_count,
        kind=kind,
        channel=channel or ticket.channel,
        author=author,
        body=body.strip(),
        client_key=client_key,
        created_at=now,
    )
    for file in files:
        _attach(message, file, now)
    return message


def sent_before(ticket: Ticket, client_key: uuid.UUID | None) -> Message | None:
    """Return the message that an earlier post of the same form made, if any."""
    if client_key is None:
        return None
    return ticket.messages.filter(client_key=client_key).first()


def refuse_unseen(ticket: Ticket, seen_seq: int | None) -> None:
    """Refuse what answers the customer without having seen the newest message.

    `seen_seq` is the last position that the writer had before the eyes; None where
    no person writes from a page.
    """
    if seen_seq is None:
        return
    unseen = ticket.messages.filter(seq__gt=seen_seq, kind=MessageKind.INBOUND)
    if unseen.exists():
        raise NewerMessageError(
            _(
                "The customer wrote again while you were writing. Read the new "
                "message above, then send; your text is kept."
            )
        )


def _attach(message: Message, file: "File[bytes]", now: dt.datetime) -> Attachment:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    name = _clean_name(file.name or "")
    attachment = Attachment(
        message=message,
        name=name,
        size=file.size,
        sha256=digest.hexdigest(),
        created_at=now,
    )
    # On disk the name is a random id: nothing that the sender chose.
    attachment.file.save(f"{uuid7().hex}.bin", file, save=False)
    attachment.save()
    return attachment


def _clean_name(name: str) -> str:
    name = PurePath(name.replace("\\", "/")).name.strip() or "file"
    try:
        name = get_valid_filename(name)
    except SuspiciousFileOperation:
        # Nothing is left of it, or only dots.
        name = "file"
    stem, dot, suffix = name.rpartition(".")
    if len(name) > _LONGEST_NAME:
        name = stem[: _LONGEST_NAME - len(suffix) - 1] + dot + suffix[:20]
    return name

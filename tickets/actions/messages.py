"""Append a message to a conversation; the parts that reply, note and intake share."""

import contextlib
import datetime as dt
import hashlib
import logging
import uuid
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.db import connection
from django.db.models import Exists, OuterRef, Subquery
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User
from tickets.models import Attachment, Message, MessageKind, Ticket

log = logging.getLogger(__name__)
_LONGEST_NAME = 120


class FileNotKeptError(RuleError):
    """The disk took no file; nothing was written or sent."""


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
    message = following(
        ticket,
        kind,
        body,
        author=author,
        now=now,
        channel=channel,
        client_key=client_key,
    )
    write(message, files)
    return message


def write(message: Message, files: Sequence["File[bytes]"] = ()) -> None:
    """Write a message with its attachments."""
    message.save(force_insert=True)
    if files:
        Attachment.objects.bulk_create(_attachment(message, each) for each in files)


def following(
    ticket: Ticket,
    kind: MessageKind,
    body: str,
    *,
    author: User | None,
    now: dt.datetime,
    channel: str | None = None,
    client_key: uuid.UUID | None = None,
) -> Message:
    """Return the next message of a locked ticket, not written yet."""
    ticket.message_count += 1
    return Message(
        ticket=ticket,
        seq=ticket.message_count,
        kind=kind,
        channel=channel or ticket.channel,
        author=author,
        body=body.strip(),
        client_key=client_key,
        created_at=now,
    )


# A letter falls with its message; foreign keys are checked at the commit.
_TAKE_OFF = """
WITH letters AS (DELETE FROM tickets_letter WHERE message_id = ANY(%(keys)s)),
  files AS (DELETE FROM tickets_attachment WHERE message_id = ANY(%(keys)s))
DELETE FROM tickets_message WHERE id = ANY(%(keys)s)
"""


def take_off(messages: Sequence[Message]) -> None:
    """Delete messages that nobody has read yet, with what belongs to them."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OFF, {"keys": [each.pk for each in messages]})


def questions(client_key: uuid.UUID | None, seen_seq: int | None) -> dict[str, Any]:
    """Return what a lock asks along, for `sent_before` and `refuse_unseen`."""
    said = Message.objects.filter(ticket=OuterRef("pk"))
    asked: dict[str, Any] = {
        "last_said": Subquery(said.order_by("-seq").values("seq")[:1])
    }
    if client_key is not None:
        asked["said_before"] = Exists(said.filter(client_key=client_key))
    if seen_seq is not None:
        asked["unseen"] = Exists(
            said.filter(seq__gt=seen_seq, kind=MessageKind.INBOUND)
        )
    return asked


def _ruled_out(ticket: Ticket, question: str) -> bool:
    """Tell whether the lock's answer was no, and nothing was said while it waited."""
    answers = ticket.__dict__
    return (
        answers.get(question) is False
        and answers.get("last_said") == ticket.message_count
    )


def sent_before(ticket: Ticket, client_key: uuid.UUID | None) -> Message | None:
    """Return the message that an earlier post of the same form made, if any."""
    if client_key is None or _ruled_out(ticket, "said_before"):
        return None
    return ticket.messages.filter(client_key=client_key).first()


def refuse_unseen(ticket: Ticket, seen_seq: int | None) -> None:
    """Refuse what answers the customer without having seen the newest message.

    `seen_seq` is the last position that the writer had before the eyes; None where
    no person writes from a page.
    """
    if seen_seq is None or ticket.message_count <= seen_seq:
        return
    if _ruled_out(ticket, "unseen"):
        return
    unseen = ticket.messages.filter(seq__gt=seen_seq, kind=MessageKind.INBOUND)
    if unseen.exists():
        raise NewerMessageError(
            _(
                "The customer wrote again while you were writing. Read the new "
                "message above, then send; your text is kept."
            )
        )


def _attachment(message: Message, file: "File[bytes]") -> Attachment:
    """Store the file; return its row, not written yet."""
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
        created_at=message.created_at,
    )
    # On disk the name is a random id: nothing that the sender chose.
    _store(attachment, f"{uuid7().hex}.bin", file)
    return attachment


def _store(attachment: Attachment, name: str, file: "File[bytes]") -> None:
    try:
        attachment.file.save(name, file, save=False)
    except OSError as error:
        # Half of it may be there. What even now cannot be removed, the sweep of files
        # without a message puts aside.
        written = attachment.file.field.generate_filename(attachment, name)
        with contextlib.suppress(OSError):
            attachment.file.storage.delete(written)
        log.error("An attachment could not be stored: %s", error.strerror)  # noqa: TRY400
        raise FileNotKeptError(
            _(
                "Files cannot be stored at the moment. Nothing was sent: send it "
                "without files, or try again later."
            )
        ) from None


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

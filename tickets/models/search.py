"""What search knows of a ticket, which tickets it has yet to read, and what was asked."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.search.fields import VectorField
from servicedesk.staff.models import Team, User
from tickets.models.ticket import Ticket


class TicketText(models.Model):
    """The words of a ticket and its conversation, as an index.

    Apart from the ticket, whose row changes all the time. The team is kept here, too,
    so that one index answers for team and words together; a trigger has it follow the
    ticket. Who may see a ticket is still asked of the ticket itself.
    """

    ticket = models.OneToOneField(
        Ticket, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    vector = VectorField()
    moment = models.DateTimeField(_("last written"))
    # Which reading this is, in the order of their beginning: none replaces a later one.
    mark = models.BigIntegerField()
    cut = models.BooleanField(_("too long to be searched as a whole"), default=False)

    audit_skip = "is made from the ticket and its messages"

    class Meta:
        verbose_name = _("searchable text")
        verbose_name_plural = _("searchable texts")
        indexes = [
            # Without a pending list: else one unlucky page stalls while it is merged.
            GinIndex(
                name="text_team_words", fields=["team", "vector"], fastupdate=False
            ),
            models.Index(
                name="text_team_newest", fields=["team", "-moment", "-ticket"]
            ),
        ]


class TextDue(models.Model):
    """A ticket whose words changed: written by triggers in the same transaction.

    Rows are only added and deleted, so that nobody waits for the reader of them.
    """

    id = models.BigAutoField(primary_key=True)
    # Without a constraint: deleting a ticket must not trip over its own messages.
    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # Set where everything is read again: what changed just now goes first.
    rebuild = models.BooleanField(default=False, db_default=False)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())

    audit_skip = "a duty that is gone once it is done"

    class Meta:
        verbose_name = _("text to be read")
        verbose_name_plural = _("texts to be read")
        indexes = [models.Index(name="text_due_order", fields=["rebuild", "id"])]


class Search(models.Model):
    """What somebody typed, kept for a day so that no address has to carry it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    words = SealedTextField(_("words"), label="tickets.search.words", max_length=200)
    created_at = models.DateTimeField(db_index=True)

    audit_skip = "is forgotten after a day"

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")

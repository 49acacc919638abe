"""Live events: what changed, told to open browsers in the order of commits."""

from django.db import models
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

KIND_LENGTH = 40
CHANNEL_LENGTH = 80
REF_LENGTH = 64


class LiveEvent(models.Model):
    """One change on one channel; kept a day, so that a browser can catch up.

    Ids are drawn before transactions commit, so a row with a lower id may appear
    after one with a higher id. `xid` names the transaction that wrote the row:
    together with a snapshot of PostgreSQL it tells exactly which rows a reader
    has seen (`servicedesk.core.live.snapshot`).

    `ref` is an id or a number of ours, never a value that a customer gave.
    """

    # Written by the database only: the row is inserted by `publish` in one
    # statement together with its notification.
    xid = models.BigIntegerField(
        editable=False,
        db_default=Cast(
            Cast(
                models.Func(function="pg_current_xact_id"),
                output_field=models.TextField(),
            ),
            output_field=models.BigIntegerField(),
        ),
    )
    channel = models.CharField(max_length=CHANNEL_LENGTH)
    kind = models.CharField(max_length=KIND_LENGTH)
    ref = models.CharField(max_length=REF_LENGTH)
    at = models.DateTimeField(editable=False, db_default=Now())

    audit_skip = "tells of what is logged itself, and is gone within hours"

    class Meta:
        verbose_name = _("live event")
        verbose_name_plural = _("live events")
        indexes = [
            models.Index(fields=["xid", "id"], name="live_by_transaction"),
            models.Index(fields=["channel", "id"], name="live_by_channel"),
            models.Index(fields=["at"], name="live_by_age"),
        ]

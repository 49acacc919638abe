"""A made-up customer whom nobody has a reason to open (蜜罐): who does, is noticed."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.core.encryption.fields import SealedTextField


class HoneyRecord(models.Model):
    """Which customer it is, stands sealed; a key tells by the customer's id alone.

    No time and no person in clear, and a key that tells no time: nothing here leads to
    the row that was made meanwhile. See `customers.queries.honey`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    facts = SealedTextField(
        _("facts"), label="customers.honeyrecord.facts", max_length=400
    )
    # Made some hours after it was asked for, by the sweep: then this is empty.
    due_at = models.DateTimeField(null=True, blank=True)
    retired = models.BooleanField(_("retired"), default=False)

    audit_skip = "a trace beside the made-up customer's would tell which one it is"

    class Meta:
        verbose_name = _("honey record")
        verbose_name_plural = _("honey records")
        indexes = [
            models.Index(
                name="honey_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            )
        ]

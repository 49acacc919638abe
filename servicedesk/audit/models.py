"""The log, its seals, and what looking at them found."""

from typing import Any

from auditlog.cid import get_cid
from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.timezone import now  # noqa: TID251 - signals carry no time
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.audit.batch import write


class Kind(models.IntegerChoices):
    """What happened; the first four numbers are django-auditlog's own."""

    CREATE = 0, pgettext_lazy("audit entry", "Created")
    UPDATE = 1, pgettext_lazy("audit entry", "Changed")
    DELETE = 2, pgettext_lazy("audit entry", "Deleted")
    ACCESS = 3, pgettext_lazy("audit entry", "Opened")
    REVEAL = 4, pgettext_lazy("audit entry", "Revealed")
    EXPORT = 5, pgettext_lazy("audit entry", "Exported")
    REFUSAL = 6, pgettext_lazy("audit entry", "Refused")
    SIGN_IN = 7, pgettext_lazy("audit entry", "Signed in")
    SIGN_IN_FAILED = 8, pgettext_lazy("audit entry", "Failed to sign in")
    SIGN_OUT = 9, pgettext_lazy("audit entry", "Signed out")
    LOCKOUT = 10, pgettext_lazy("audit entry", "Locked out")
    FACTOR = 11, pgettext_lazy("audit entry", "Second factor changed")
    PASSWORD = 12, pgettext_lazy("audit entry", "Password changed")
    AUDIT = 13, pgettext_lazy("audit entry", "Audit log")


class EntryManager(LogEntryManager):  # type: ignore[misc] # untyped library
    """Writes each entry by one insert, and those of a batch by one for all."""

    def create(self, **fields: Any) -> Any:
        return write(self.model(**fields))

    def log_create(
        self,
        instance: models.Model,
        force_log: bool = False,  # noqa: FBT001, FBT002 - the library's signature
        **fields: Any,
    ) -> Any:
        """Log what happened to `instance`; None if nothing did and nothing is forced."""
        if fields.get("changes") is None and not force_log:
            return None
        fields.setdefault("content_type", ContentType.objects.get_for_model(instance))
        fields.setdefault("object_pk", str(instance.pk))
        fields.setdefault("object_repr", str(instance))
        if isinstance(instance.pk, int):
            fields.setdefault("object_id", instance.pk)
        fields.setdefault("cid", get_cid())
        return self.create(**fields)


class LogEntry(AbstractLogEntry):  # type: ignore[misc] # untyped library
    """One thing that happened. The database refuses to change or remove it.

    The table is partitioned by month. `xid` (the transaction that wrote the row) and
    `digest` (of all other columns) are set by a trigger, whatever is sent.
    """

    Action = Kind

    id = models.BigAutoField(primary_key=True)
    content_type = models.ForeignKey(
        ContentType,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        # Every entry would lock the row of its type against all the others.
        db_constraint=False,
        verbose_name=_("kind of object"),
    )
    object_pk = models.CharField(_("object"), max_length=255, blank=True)
    object_id = models.BigIntegerField(_("object number"), null=True, blank=True)
    object_repr = models.TextField(_("object in words"), blank=True)
    serialized_data = None
    changes_text = None
    action = models.PositiveSmallIntegerField(
        _("what happened"), choices=Kind.choices, db_index=False
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # Who is named in the log is deactivated, never deleted.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    cid = models.CharField(_("correlation id"), max_length=255, null=True, blank=True)  # noqa: DJ001 - the library's
    timestamp = models.DateTimeField(_("when"), default=now)
    source = models.CharField(_("task or command"), max_length=120, blank=True)
    xid = models.BigIntegerField(default=0, editable=False)
    digest = models.BinaryField(default=b"", editable=False)

    objects = EntryManager()

    class Meta:
        default_permissions = ("view",)
        get_latest_by = "timestamp"
        ordering = ["-timestamp", "-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        # Their SQL is in the migration: the table is partitioned by hand.
        indexes = [
            models.Index(fields=["xid"], name="audit_entry_xid"),
            models.Index(fields=["timestamp", "id"], name="audit_entry_when"),
            models.Index(fields=["actor", "timestamp"], name="audit_entry_who"),
            models.Index(
                fields=["content_type", "object_pk", "timestamp"],
                name="audit_entry_object",
            ),
            models.Index(fields=["content_type", "timestamp"], name="audit_entry_type"),
            models.Index(
                fields=["action", "timestamp"],
                name="audit_entry_rare",
                condition=models.Q(action__gte=Kind.DELETE),
            ),
            models.Index(
                fields=["remote_addr", "timestamp"], name="audit_entry_address"
            ),
            models.Index(fields=["cid"], name="audit_entry_cid"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_action_display()} {self.object_repr}"


class SealKind(models.TextChoices):
    ENTRIES = "entries", pgettext_lazy("seal", "Entries")
    DROPPED = "dropped", pgettext_lazy("seal", "Retention")
    MOVED = "moved", pgettext_lazy("seal", "Move to another database")


class Seal(models.Model):
    """A signed root over settled entries, chained to the seal before.

    A seal of entries covers the rows of this era whose `xid` is in [from_xid, to_xid).
    An era ends when the database moves to another cluster, whose transactions are
    numbered anew. A seal of retention says that the entries from `first_at` until
    `last_at` were dropped as a whole partition.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=SealKind.choices)
    cluster = models.CharField(_("database cluster"), max_length=40)
    era = models.PositiveIntegerField(_("era"))
    from_xid = models.BigIntegerField(_("from transaction"))
    to_xid = models.BigIntegerField(_("until transaction"))
    count = models.PositiveIntegerField(_("entries"), default=0)
    first_id = models.BigIntegerField(_("first entry"))
    last_id = models.BigIntegerField(_("last entry"))
    first_at = models.DateTimeField(_("from"), null=True)
    last_at = models.DateTimeField(_("until"), null=True)
    # id, microseconds and digest of each entry: 48 bytes, by id.
    leaves = models.BinaryField(editable=False)
    root = models.BinaryField(editable=False)
    previous = models.BinaryField(editable=False)
    digest = models.BinaryField(editable=False)
    key = models.CharField(_("key"), max_length=16)
    signature = models.BinaryField(editable=False)
    made_at = models.DateTimeField(_("made"))

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [
            models.UniqueConstraint(fields=["previous"], name="audit_seal_one_line")
        ]
        indexes = [
            models.Index(fields=["era", "to_xid"], name="audit_seal_reach"),
        ]


class Verification(models.Model):
    """What one look at the whole log found."""

    started_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"))
    whole = models.BooleanField(_("whole"))
    entries = models.BigIntegerField(_("entries"))
    seals = models.BigIntegerField(_("seals"))
    unsealed = models.BigIntegerField(_("not sealed yet"))
    dropped = models.BigIntegerField(_("kept by seal only"))
    # The first thing that is not right, in English: it is read by auditors.
    finding = models.TextField(_("finding"), blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-started_at", "-id"]
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")

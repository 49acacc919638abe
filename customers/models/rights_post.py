"""What goes to the person: signed links, letters, and the package of all their data."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.contact_point import ContactPoint
from customers.models.kinds import ContactKind
from customers.models.rights import RightsKind, RightsRequest
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User


class RightsWish(models.Model):
    """What came by the public form: written whoever it is from, and looked into later.

    So the form takes the same time for somebody we know and somebody we do not.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact_kind = models.CharField(max_length=10, choices=ContactKind)
    contact = SealedTextField(
        _("contact"), label="customers.rightswish.contact", max_length=254
    )
    kind = models.CharField(max_length=10, choices=RightsKind)
    words = SealedTextField(
        _("in the person’s words"),
        label="customers.rightswish.words",
        null=True,
        max_length=4000,
    )
    # Of a wish for correction: which field, and how it should read.
    field = models.CharField(max_length=20, blank=True, default="", db_default="")
    proposed = SealedTextField(
        _("should read"),
        label="customers.rightswish.proposed",
        null=True,
        max_length=500,
    )
    created_at = models.DateTimeField()

    audit_skip = "is gone within a minute"

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [
            models.CheckConstraint(
                name="rights_wish_values_known",
                condition=Q(
                    contact_kind__in=ContactKind.values, kind__in=RightsKind.values
                ),
            )
        ]
        indexes = [models.Index(name="rights_wish_oldest", fields=["created_at"])]


class RightsLinkPurpose(models.TextChoices):
    """What a link opens, and nothing else."""

    IDENTITY = "identity", pgettext_lazy("rights link", "Say that it is me")
    PACKAGE = "package", pgettext_lazy("rights link", "Download the package")
    ANSWER = "answer", pgettext_lazy("rights link", "Read the answer")


class RightsLink(models.Model):
    """A way to one page of one request: signed, expiring, revocable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        RightsRequest, on_delete=models.CASCADE, related_name="links"
    )
    purpose = models.CharField(max_length=10, choices=RightsLinkPurpose)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("link of a request")
        verbose_name_plural = _("links of requests")
        constraints = [
            models.CheckConstraint(
                name="rights_link_purpose_known",
                condition=Q(purpose__in=RightsLinkPurpose.values),
            )
        ]


class RightsLetterKind(models.TextChoices):
    IDENTITY = "identity", pgettext_lazy("rights letter", "Is it you?")
    ANSWER = "answer", pgettext_lazy("rights letter", "Answer")
    PACKAGE = "package", pgettext_lazy("rights letter", "The package is ready")
    PASSWORD = "password", pgettext_lazy("rights letter", "Password of the package")
    ERASED = "erased", pgettext_lazy("rights letter", "Erased")


class RightsLetterState(models.TextChoices):
    DUE = "due", pgettext_lazy("letter state", "Waiting to be sent")
    SENDING = "sending", pgettext_lazy("letter state", "Being sent")
    SENT = "sent", pgettext_lazy("letter state", "Sent")
    FAILED = "failed", pgettext_lazy("letter state", "Failed")
    UNSURE = "unsure", pgettext_lazy("letter state", "Possibly sent")


class RightsLetter(models.Model):
    """A letter owed to the person; taken once, like letters about tickets.

    Of who is erased only this row still has the address, until the letter is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest, on_delete=models.CASCADE, related_name="letters"
    )
    kind = models.CharField(max_length=10, choices=RightsLetterKind)
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    address = SealedTextField(
        _("address"), label="customers.rightsletter.address", null=True, max_length=254
    )
    state = models.CharField(
        max_length=10, choices=RightsLetterState, default=RightsLetterState.DUE
    )
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    audit_skip = "its state is its history"

    class Meta:
        verbose_name = _("letter of a request")
        verbose_name_plural = _("letters of requests")
        constraints = [
            models.CheckConstraint(
                name="rights_letter_values_known",
                condition=Q(
                    kind__in=RightsLetterKind.values,
                    state__in=RightsLetterState.values,
                ),
            )
        ]
        indexes = [
            models.Index(
                name="rights_letter_due", fields=["due_at"], condition=Q(state="due")
            ),
            models.Index(
                name="rights_letter_taken",
                fields=["taken_at"],
                condition=Q(state="sending"),
            ),
        ]


class PackageState(models.TextChoices):
    MAKING = "making", pgettext_lazy("package state", "Being made")
    READY = "ready", pgettext_lazy("package state", "Ready")
    DESTROYED = "destroyed", pgettext_lazy("package state", "Destroyed")


class RightsPackage(models.Model):
    """Everything on a person in a file that only its password opens.

    The file is named by the row's key and encrypted before it touches a disk. The
    password stays here, sealed, until it was told once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest, on_delete=models.PROTECT, related_name="packages"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=PackageState, default=PackageState.MAKING
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked for"))
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    password = SealedTextField(
        _("password"),
        label="customers.rightspackage.password",
        null=True,
        max_length=40,
    )
    told_at = models.DateTimeField(_("password told"), null=True, blank=True)
    told_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    downloads = models.PositiveSmallIntegerField(_("downloads"), default=0)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    class Meta:
        verbose_name = _("package of a person’s data")
        verbose_name_plural = _("packages of persons’ data")
        constraints = [
            models.CheckConstraint(
                name="rights_package_state_known",
                condition=Q(state__in=PackageState.values),
            ),
            models.CheckConstraint(
                name="rights_package_ready_has_an_end",
                condition=~Q(state="ready") | Q(expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rights_package_downloads_bounded", condition=Q(downloads__lte=5)
            ),
            models.UniqueConstraint(
                name="one_package_at_a_time",
                fields=["request"],
                condition=Q(state__in=["making", "ready"]),
            ),
        ]
        indexes = [
            models.Index(
                name="rights_package_ends",
                fields=["expires_at"],
                condition=Q(state="ready"),
            ),
        ]

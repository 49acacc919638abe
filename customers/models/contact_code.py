"""A code that goes to an e-mail address, to see whether the customer reads there (验证码)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.contact_point import ContactPoint
from customers.models.rights_post import RightsLetterState
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import User

MOST_TRIES = 5


class ContactCode(models.Model):
    """A code and the letter that it is owed in; good for a while and for few tries."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="codes"
    )
    code = SealedTextField(
        _("code"), label="customers.contactcode.code", null=True, max_length=20
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("until"))
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=RightsLetterState, default=RightsLetterState.DUE
    )
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    sendings = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("code for a contact")
        verbose_name_plural = _("codes for contacts")
        constraints = [
            models.CheckConstraint(
                name="contact_code_state_known",
                condition=Q(state__in=RightsLetterState.values),
            ),
            models.CheckConstraint(
                name="contact_code_tries_bounded", condition=Q(tries__lte=MOST_TRIES)
            ),
        ]
        indexes = [
            models.Index(
                name="contact_code_due", fields=["due_at"], condition=Q(state="due")
            ),
            models.Index(
                name="contact_code_taken",
                fields=["taken_at"],
                condition=Q(state="sending"),
            ),
        ]

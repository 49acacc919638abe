"""Models with sealed fields for tests only; their tables live as long as a test."""

from django.db import models

from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7


class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    name = SealedTextField("name", label="tests.patient.name", max_length=20)
    name_index = BlindIndexField(
        source="name", normalise="name", label="tests.patient.name"
    )
    note = SealedTextField(
        "note", label="tests.patient.note", null=True, blank=True, default=None
    )
    kind = models.CharField(max_length=10, default="phone")
    contact = SealedTextField("contact", label="tests.patient.contact", blank=True)
    contact_index = BlindIndexField(
        source="contact",
        normalise_with="kind",
        label="tests.patient.contact",
        null=True,
    )
    last_four = BlindIndexField(
        source="contact", normalise="last4", label="tests.patient.last4", bytes=8
    )
    city = models.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "encryption_tests"

    def __str__(self):
        return f"patient {self.pk}"


class Doctor(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    name = SealedTextField("name", label="tests.doctor.name")

    class Meta:
        app_label = "encryption_tests"

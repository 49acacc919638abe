import pytest
from auditlog.registry import auditlog
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from servicedesk.core.encryption import checks
from servicedesk.core.encryption.blind_index import BlindIndexField
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7
from tests.core.encryption_app.fixtures import keys
from tests.core.encryption_app.models import Patient

assert keys  # a fixture


class Config:
    """An app of the models given."""

    def __init__(self, *models):
        self.models = models

    def get_models(self):
        return self.models


def ids(check, *models):
    return [message.id for message in check([Config(*models)])]


def test_good_models_have_nothing_to_hear():
    assert ids(checks.check_models, Patient) == []
    assert ids(checks.check_labels, Patient) == []


def test_our_own_models_are_in_order():
    assert [m for m in run_checks(tags=["models"]) if "encryption" in m.id] == []


@isolate_apps("servicedesk.core")
def test_labels_are_there_and_not_shared():
    class One(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)
        a = SealedTextField(label="same")
        b = SealedTextField(label="same")
        c = SealedTextField(label="")

        class Meta:
            app_label = "core"

    assert ids(checks.check_labels, One) == ["encryption.E002", "encryption.E001"]
    with pytest.raises(TypeError, match="label"):
        SealedTextField()


@isolate_apps("servicedesk.core")
def test_the_key_is_known_before_the_value():
    class Counted(models.Model):
        a = SealedTextField(label="a")

        class Meta:
            app_label = "core"

    class Late(models.Model):
        a = SealedTextField(label="b")
        id = models.UUIDField(primary_key=True, default=uuid7)

        class Meta:
            app_label = "core"

    assert ids(checks.check_models, Counted) == ["encryption.E003"]
    assert ids(checks.check_models, Late) == ["encryption.E004"]


@isolate_apps("servicedesk.core")
def test_ciphertext_is_not_ordered_indexed_or_unique():
    class Sorted(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)
        a = SealedTextField(label="a")
        b = SealedTextField(label="b")
        c = SealedTextField(label="c", unique=True)
        d = SealedTextField(label="d")

        class Meta:
            app_label = "core"
            ordering = ["-a"]
            indexes = [models.Index(fields=["b"], name="x")]
            constraints = [models.UniqueConstraint(fields=["d"], name="y")]

    assert ids(checks.check_models, Sorted) == ["encryption.E005"] * 4


@isolate_apps("servicedesk.core")
def test_an_index_has_a_sealed_source_and_a_known_form():
    class Wrong(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)
        plain = models.TextField()
        a = BlindIndexField(source="plain", normalise="emial", label="a")
        b = BlindIndexField(source="absent", normalise_with="kind", label="b")

        class Meta:
            app_label = "core"

    found = ["encryption.E006", "encryption.E007"]
    assert ids(checks.check_models, Wrong) == found * 2


def test_what_the_audit_log_would_show_is_an_error():
    auditlog.register(Patient, mask_fields=["name", "note"])
    try:
        assert set(ids(checks.check_audit, Patient)) == {"encryption.E008"}
        assert len(ids(checks.check_audit, Patient)) == 4
    finally:
        auditlog.unregister(Patient)


def test_keys_are_there_and_nobody_elses(keys, settings):
    assert checks.check_keys() == checks.check_key_folder() == []
    (keys.folder / "field-1.key").chmod(0o644)
    assert [m.id for m in checks.check_keys()] == ["encryption.E010"]
    assert [m.id for m in checks.check_key_folder()] == ["encryption.W001"]
    settings.FIELD_KEYS_DIR = keys.folder / "absent"
    assert [m.id for m in checks.check_keys()] == ["encryption.E009"]
    assert checks.check_key_folder() == []

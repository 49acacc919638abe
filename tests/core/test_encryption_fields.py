import copy
import pickle

import pytest
from django import forms
from django.apps import AppConfig, apps
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, transaction
from django.db.models import F, Value
from django.forms.models import model_to_dict
from django.utils import translation

from servicedesk.core.encryption.envelope import key_version
from servicedesk.core.encryption.errors import SealedValueError, Unreadable
from servicedesk.core.encryption.rotation import reseal
from servicedesk.core.encryption.sealed import Sealed, clear_text
from servicedesk.core.ids import uuid7
from tests.core import encryption_app
from tests.core.encryption_app.fixtures import keys, overwrite, stored, tables
from tests.core.encryption_app.models import Doctor, Patient

assert all([keys, overwrite, stored, tables])  # fixtures

SECRET = "欧阳娜娜"


@pytest.fixture
def nana(tables):
    return Patient.objects.create(name=SECRET, note="过敏", contact="13812345678")


def test_a_text_comes_back_as_a_plain_text(nana):
    found = Patient.objects.get(pk=nana.pk)
    assert type(found.name) is str
    assert (found.name, found.note) == (SECRET, "过敏")


@pytest.mark.parametrize("text", ["", " ", "a\0b", "👩‍⚕️", "x" * 5000])
def test_any_text_comes_back(tables, text):
    row = Patient.objects.create(name="王芳", note=text)
    assert Patient.objects.get(pk=row.pk).note == text


def test_none_is_null_and_empty_is_not(nana, stored):
    nana.note = None
    nana.save()
    assert stored(nana, "note") is None
    assert Patient.objects.filter(note__isnull=True).get().note is None
    nana.note = ""
    nana.save()
    assert stored(nana, "note")
    assert Patient.objects.filter(note__isnull=False).get().note == ""


def test_the_table_holds_no_clear_text(nana):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p::text FROM {Patient._meta.db_table} p")
        whole = cursor.fetchone()[0]
    for secret in (SECRET, "13812345678", "过敏"):
        assert secret not in whole
        assert secret.encode().hex() not in whole


def test_an_untouched_value_is_written_back_as_it_was(nana, stored):
    before = stored(nana, "name")
    found = Patient.objects.get(pk=nana.pk)
    assert found.name == SECRET
    found.city = "成都"
    found.save()
    assert stored(nana, "name") == before


def test_a_changed_value_is_sealed_anew(nana, stored):
    before = stored(nana, "name")
    nana.name = "娜娜"
    nana.save()
    assert stored(nana, "name") != before
    assert Patient.objects.get(pk=nana.pk).name == "娜娜"


def test_refresh_and_deferred_loading_keep_the_stored_bytes(nana, stored):
    before = stored(nana, "name"), stored(nana, "note")
    found = Patient.objects.only("city").get(pk=nana.pk)
    assert found.get_deferred_fields() >= {"name", "note"}
    assert found.name == SECRET
    assert isinstance(found.__dict__["name"], Sealed)
    found.refresh_from_db()
    found.save()
    assert (stored(nana, "name"), stored(nana, "note")) == before


def test_refresh_shows_what_another_wrote(nana):
    other = Patient.objects.get(pk=nana.pk)
    other.name = "娜娜"
    other.save()
    nana.refresh_from_db()
    assert nana.name == "娜娜"


def test_a_copied_row_is_sealed_for_itself(nana, stored):
    twin = Patient.objects.get(pk=nana.pk)
    twin.pk = None
    twin._state.adding = True
    twin.save()
    assert twin.pk != nana.pk
    assert stored(twin, "name") != stored(nana, "name")
    assert Patient.objects.get(pk=twin.pk).name == SECRET
    assert Patient.objects.get(pk=nana.pk).name == SECRET


def test_a_row_without_a_key_is_refused_until_it_has_one(tables):
    row = Patient(id=None, name=SECRET)
    assert row.name == SECRET
    with pytest.raises(SealedValueError, match="not pickled"):
        pickle.dumps(row)
    with pytest.raises(SealedValueError, match="primary key"):
        Patient._meta.get_field("name").pre_save(row, add=True)
    row.save()  # the default gives it one
    assert Patient.objects.get(pk=row.pk).name == SECRET


def test_the_key_may_be_given_as_text(nana):
    found = Patient.objects.get(pk=nana.pk)
    found.id = str(nana.pk).upper()
    found.name = "娜娜"
    found.save()
    assert Patient.objects.get(pk=nana.pk).name == "娜娜"


# --- what cannot be read ---


def assert_altered(row, name="name"):
    value = getattr(row, name)
    assert isinstance(value, Unreadable)
    assert not isinstance(value, str)
    assert value
    assert value.reason == "altered"
    with translation.override("en"):
        assert str(value) == "Cannot be read: the value was altered"


def test_a_value_moved_to_another_row_is_unreadable(nana, stored, overwrite):
    thief = Patient.objects.create(name="小偷", contact="1")
    overwrite(thief, "name", stored(nana, "name"))
    assert_altered(Patient.objects.get(pk=thief.pk))
    assert_altered(Patient.objects.defer("name").get(pk=thief.pk))


def test_a_value_moved_to_another_column_is_unreadable(nana, stored, overwrite):
    overwrite(nana, "note", stored(nana, "name"))
    assert_altered(Patient.objects.get(pk=nana.pk), "note")


def test_a_value_moved_to_another_table_is_unreadable(nana, stored, overwrite):
    doctor = Doctor.objects.create(pk=nana.pk, name="医生")
    overwrite(doctor, "name", stored(nana, "name"))
    assert_altered(Doctor.objects.get(pk=nana.pk))


@pytest.mark.parametrize("garbage", [b"", b"\1", b"\1\0\1", b"clear text of old days"])
def test_garbage_is_unreadable_and_no_crash(nana, overwrite, garbage):
    overwrite(nana, "name", garbage)
    assert isinstance(Patient.objects.get(pk=nana.pk).name, Unreadable)


def test_a_lost_key_is_said_and_the_bytes_survive_a_save(nana, keys, stored):
    before = stored(nana, "name"), stored(nana, "name_index")
    keys.add("field", 2)
    keys.lose("field", 1)
    found = Patient.objects.get(pk=nana.pk)
    with translation.override("en"):
        assert str(found.name) == "Cannot be read: the key 1 is missing"
    with pytest.raises(SealedValueError):
        clear_text(found.name)
    found.city = "成都"
    found.full_clean()
    found.name = found.name
    found.save()
    found.refresh_from_db()
    found.save()
    assert (stored(nana, "name"), stored(nana, "name_index")) == before
    keys.find("field", 1)
    assert Patient.objects.get(pk=nana.pk).name == SECRET


def test_no_keys_at_all_do_not_crash_a_page(nana, settings):
    found = Patient.objects.get(pk=nana.pk)
    settings.FIELD_KEYS_DIR = None
    with translation.override("en"):
        assert str(found.name) == "Cannot be read: the keys are missing"


def test_what_cannot_be_read_cannot_be_moved(nana, overwrite):
    overwrite(nana, "name", b"garbage")
    found = Patient.objects.get(pk=nana.pk)
    found.note = found.name
    with pytest.raises(SealedValueError, match="cannot be saved"), transaction.atomic():
        found.save()
    twin = Patient.objects.get(pk=nana.pk)
    twin.pk = uuid7()
    twin._state.adding = True
    with pytest.raises(SealedValueError, match="cannot be copied"):
        twin.save()


def test_two_keys_are_read_and_new_values_take_the_primary(nana, keys, stored):
    keys.add("field", 2)
    fang = Patient.objects.create(name="王芳", contact="1")
    assert key_version(stored(nana, "name")) == 1
    assert key_version(stored(fang, "name")) == 2
    assert {p.name for p in Patient.objects.all()} == {SECRET, "王芳"}


def test_a_row_is_brought_under_the_new_key(nana, keys, stored, overwrite):
    before = stored(nana, "name_index")
    overwrite(nana, "note", b"garbage")
    keys.add("field", 2)
    found = Patient.objects.get(pk=nana.pk)
    assert reseal(found) == ["name", "contact"]
    found.save(update_fields=["name", "contact"])
    assert reseal(Patient.objects.get(pk=nana.pk)) == []
    keys.lose("field", 1)
    found = Patient.objects.get(pk=nana.pk)
    assert (found.name, found.contact) == (SECRET, "13812345678")
    assert stored(nana, "note") == b"garbage"
    assert stored(nana, "name_index") == before


# --- what is refused ---


@pytest.mark.parametrize(
    "lookup", ["name", "name__exact", "name__in", "name__icontains", "name__gt"]
)
def test_lookups_point_to_the_blind_index(tables, lookup):
    value = ["x"] if lookup.endswith("in") else "x"
    with pytest.raises(FieldError, match="blind index"):
        list(Patient.objects.filter(**{lookup: value}))


@pytest.mark.parametrize("value", ["张三", Value("张三"), F("note"), b"x"])
def test_update_is_refused(nana, value):
    with pytest.raises(FieldError, match="saving its object"):
        Patient.objects.update(name=value)


def test_bulk_update_is_refused(nana):
    nana.name = "娜娜"
    with pytest.raises(FieldError, match="saving its object"):
        Patient.objects.bulk_update([nana], ["name"])


def test_update_may_clear_and_touch_other_columns(nana):
    Patient.objects.update(note=None, city="成都")
    nana.refresh_from_db()
    assert (nana.note, nana.city, nana.name) == (None, "成都", SECRET)


def test_bulk_create_works(tables):
    Patient.objects.bulk_create(
        [Patient(name=n, contact=c) for n, c in [("张三", "10086"), ("李四", "10010")]]
    )
    assert {p.name for p in Patient.objects.all()} == {"张三", "李四"}


@pytest.mark.parametrize("value", [7, b"bytes", F("note"), ["a"]])
def test_only_text_can_be_set(tables, value):
    with pytest.raises(SealedValueError, match="takes text"):
        Patient(name=value)


def test_serialisers_are_refused(nana):
    with pytest.raises(SealedValueError, match="not serialised"):
        serializers.serialize("json", [nana])


# --- what never shows ---


def test_values_give_an_opaque_thing(nana):
    [(name,)] = Patient.objects.values_list("name")
    assert (str(name), repr(name), f"{name}") == ("<sealed>",) * 3
    assert SECRET not in repr(list(Patient.objects.values()))


@pytest.fixture
def installed(monkeypatch):
    """Let Django find the models by name, as copying and unpickling do."""
    config = AppConfig("tests.core.encryption_app", encryption_app)
    config.label, config.apps = "encryption_tests", apps
    config.models = apps.all_models[config.label]
    monkeypatch.setitem(apps.app_configs, config.label, config)


@pytest.mark.parametrize("fresh", [True, False])
def test_an_object_in_memory_holds_no_clear_text(nana, installed, fresh):
    row = nana if fresh else Patient.objects.get(pk=nana.pk)
    assert row.name == SECRET
    assert SECRET not in repr(row.__dict__)
    for pickled in (pickle.dumps(row, p) for p in range(2, 6)):
        assert SECRET.encode() not in pickled
        assert pickle.loads(pickled).name == SECRET
    assert copy.deepcopy(row).name == SECRET
    assert copy.copy(row).name == SECRET


# --- forms ---


class PatientForm(forms.ModelForm):
    class Meta:
        model = Patient
        fields = ["name", "note", "city"]


def test_a_form_reads_and_writes(nana):
    assert model_to_dict(nana)["name"] == SECRET
    form = PatientForm({"name": "娜娜", "note": "", "city": ""}, instance=nana)
    assert isinstance(form.fields["note"].widget, forms.Textarea)
    form.save()
    nana.refresh_from_db()
    assert (nana.name, nana.note) == ("娜娜", None)


def test_the_length_of_the_clear_text_is_checked(nana):
    form = PatientForm({"name": "长" * 21}, instance=nana)
    assert "name" in form.errors
    nana.name = "长" * 21
    with pytest.raises(ValidationError):
        nana.full_clean()


def test_a_form_shows_what_cannot_be_read_and_leaves_it(nana, overwrite, stored):
    overwrite(nana, "name", b"garbage")
    found = Patient.objects.get(pk=nana.pk)
    with translation.override("en"):
        page = str(PatientForm(instance=found))
    assert "Cannot be read: the value was altered" in page
    assert "disabled" in page
    posted = {"name": "Cannot be read: the value was altered", "city": "成都"}
    PatientForm(posted, instance=found).save()
    assert stored(nana, "name") == b"garbage"
    assert Patient.objects.get(pk=nana.pk).city == "成都"

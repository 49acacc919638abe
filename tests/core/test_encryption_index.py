import pytest
from django.core.exceptions import FieldError

from servicedesk.core.encryption.blind_index import (
    BlindIndexField,
    blind_index,
    blind_indexes,
)
from servicedesk.core.encryption.errors import SealedValueError
from servicedesk.core.encryption.normalise import normalise
from tests.core.encryption_app.fixtures import keys, overwrite, stored, tables
from tests.core.encryption_app.models import Patient

assert all([keys, overwrite, stored, tables])  # fixtures

CONTACT = "tests.patient.contact"
NAME = ("tests.patient.name", "name")


@pytest.mark.parametrize(
    ("normaliser", "typed", "normal"),
    [
        ("phone", "138 1234 5678", "+8613812345678"),
        ("phone", "+86-138-1234-5678", "+8613812345678"),
        ("phone", "１３８１２３４５６７８", "+8613812345678"),
        ("phone", "010-12345678", "+861012345678"),
        ("phone", "010-12345678 ext. 12", "+861012345678x12"),
        ("phone", "+44 20 7946 0018", "+442079460018"),
        ("phone", "内线 12", "12"),
        ("phone", "", ""),
        ("last4", "+86 138 1234 5678", "5678"),
        ("last4", "5678", "5678"),
        ("email", " Zhang.San@Example.COM ", "zhang.san@example.com"),
        ("id", "11010119900307888x", "11010119900307888X"),
        ("name", "John  Smith", "johnsmith"),
        ("name", " 张 三", "张三"),
        ("wechat", " ZhangSan ", "zhangsan"),
    ],
)
def test_what_people_type_becomes_one_form(normaliser, typed, normal):
    assert normalise(normaliser, typed) == normal


def test_an_unknown_normaliser_is_an_error():
    with pytest.raises(SealedValueError, match="emial"):
        normalise("emial", "x")


def test_a_row_is_found_however_the_number_is_typed(tables):
    nana = Patient.objects.create(name="欧阳娜娜", contact="138-1234-5678")
    Patient.objects.create(name="王芳", contact="13912345678")
    found = blind_indexes(CONTACT, "phone", "+86 13812345678")
    assert Patient.objects.get(contact_index__in=found) == nana
    four = blind_indexes("tests.patient.last4", "last4", "5678", size=8)
    assert Patient.objects.filter(last_four__in=four).count() == 2


def test_the_kind_of_the_row_chooses_the_form(tables):
    Patient.objects.create(name="A", kind="email", contact="Zhang@Example.com")
    found = blind_indexes(CONTACT, "email", "zhang@example.com")
    assert Patient.objects.get(contact_index__in=found).name == "A"


def test_the_index_follows_the_value(tables):
    nana = Patient.objects.create(name="欧阳娜娜", contact="13812345678")
    nana.contact = "13900000000"
    nana.save()
    old, new = (
        blind_index(CONTACT, "phone", n) for n in ("13812345678", "13900000000")
    )
    assert not Patient.objects.filter(contact_index=old).exists()
    assert Patient.objects.get(contact_index=new) == nana


def test_a_value_is_not_saved_without_its_index(tables, stored):
    nana = Patient.objects.create(name="欧阳娜娜", contact="13812345678")
    nana.name = "娜娜"
    with pytest.raises(SealedValueError, match="name_index"):
        nana.save(update_fields=["name"])
    assert stored(nana, "name_index") == blind_index(*NAME, "欧阳娜娜")
    nana.save(update_fields=["name", "name_index"])
    nana.save(update_fields=["name"])
    assert stored(nana, "name_index") == blind_index(*NAME, "娜娜")
    nana.save(update_fields=["city"])


def test_nothing_has_no_index(tables, stored):
    row = Patient.objects.create(name="", contact="")
    assert stored(row, "name_index") == b""
    assert stored(row, "contact_index") is None
    assert blind_indexes(CONTACT, "phone", " ") == []
    assert blind_index(CONTACT, "phone", "") == b""


def test_an_unloaded_or_unreadable_source_leaves_the_index(tables, stored, overwrite):
    nana = Patient.objects.create(name="欧阳娜娜", contact="13812345678")
    before = stored(nana, "name_index")
    found = Patient.objects.defer("name").get(pk=nana.pk)
    found.save()
    assert stored(nana, "name_index") == before
    overwrite(nana, "name", b"garbage")
    Patient.objects.get(pk=nana.pk).save()
    assert stored(nana, "name_index") == before


def test_rows_of_an_old_index_key_are_still_found(tables, keys, stored):
    nana = Patient.objects.create(name="欧阳娜娜", contact="13812345678")
    keys.add("index", 2)
    both = blind_indexes(CONTACT, "phone", "13812345678")
    assert [index[0] for index in both] == [2, 1]
    assert Patient.objects.get(contact_index__in=both) == nana
    Patient.objects.get(pk=nana.pk).save()
    assert stored(nana, "contact_index") == both[0]


def test_labels_and_keys_separate_indexes(keys):
    one = blind_index("a", "name", "王芳")
    assert len(one) == 17
    assert blind_index("b", "name", "王芳") != one
    keys.lose("index", 1)
    keys.add("index", 1)
    assert blind_index("a", "name", "王芳") != one


def test_asking_with_the_text_itself_is_refused(tables):
    with pytest.raises(FieldError, match="blind_indexes"):
        Patient.objects.filter(contact_index="13812345678").exists()


def test_a_function_may_normalise(keys):
    assert blind_index("a", str.lower, "ABC") == blind_index("a", str.lower, "abc")


def test_a_migration_makes_the_same_field():
    for name in ("contact_index", "last_four", "name_index", "contact", "note"):
        field = Patient._meta.get_field(name)
        _name, _path, args, kwargs = field.deconstruct()
        again = type(field)(*args, **kwargs)
        assert again.deconstruct()[1:] == field.deconstruct()[1:]
    with pytest.raises(SealedValueError, match="normalised"):
        BlindIndexField(source="name", label="x")

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicedesk.core.encryption import keys as keys_module
from servicedesk.core.encryption.envelope import key_version, seal, unseal
from servicedesk.core.encryption.errors import KeyMissing, SealError, Tampered
from servicedesk.core.encryption.keys import keyring, make_key, reload_keys
from servicedesk.core.ids import uuid7
from tests.core.encryption_app.fixtures import keys

assert keys  # a fixture

LABEL = "tests.patient.name"
texts = st.text(st.characters(exclude_categories=["Cs"]))
quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@quick
@given(text=texts, pk=st.uuids())
def test_what_is_sealed_opens_in_its_own_place(keys, text, pk):
    assert unseal(seal(text, LABEL, pk), LABEL, pk) == text


@quick
@given(text=texts, pk=st.uuids(), other=st.uuids())
def test_it_opens_in_no_other_row(keys, text, pk, other):
    if pk != other:
        with pytest.raises(Tampered):
            unseal(seal(text, LABEL, pk), LABEL, other)


@quick
@given(parts=st.tuples(st.text("ab1-", max_size=4), st.text("ab1-", min_size=1)))
def test_a_label_and_a_row_that_read_alike_together_are_not_confused(keys, parts):
    label, pk = parts
    envelope = seal("王芳", label, pk)
    with pytest.raises(Tampered):
        unseal(envelope, label + pk[:1], pk[1:])


@quick
@given(garbage=st.binary(max_size=80))
def test_garbage_is_an_error_of_ours_and_nothing_else(keys, garbage):
    with pytest.raises(SealError):
        unseal(garbage, LABEL, 1)


def test_every_byte_counts(keys):
    pk = uuid7()
    envelope = seal("张三丰 13812345678", LABEL, pk)
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 1
        with pytest.raises(SealError):
            unseal(bytes(changed), LABEL, pk)
        with pytest.raises(SealError):
            unseal(envelope[:position], LABEL, pk)
    with pytest.raises(Tampered):
        unseal(envelope + b"\0", LABEL, pk)


def test_the_same_text_never_looks_the_same(keys):
    pk = uuid7()
    assert len({seal("李娜", LABEL, pk) for _ in range(50)}) == 50


def test_a_new_key_seals_once_it_is_primary_and_the_old_one_still_opens(keys):
    pk = uuid7()
    old = seal("李娜", LABEL, pk)
    keys.primary(1)
    keys.add("field", 2)
    assert key_version(seal("李娜", LABEL, pk)) == 1
    keys.primary(2)
    new = seal("李娜", LABEL, pk)
    assert (key_version(old), key_version(new)) == (1, 2)
    assert unseal(old, LABEL, pk) == unseal(new, LABEL, pk) == "李娜"


def test_a_version_cannot_be_swapped_for_another(keys):
    pk = uuid7()
    envelope = seal("李娜", LABEL, pk)
    keys.add("field", 2)
    relabelled = envelope[:1] + b"\0\2" + envelope[3:]
    with pytest.raises(Tampered):
        unseal(relabelled, LABEL, pk)


def test_a_lost_key_is_named(keys):
    pk = uuid7()
    keys.add("field", 3)
    envelope = seal("李娜", LABEL, pk)
    keys.lose("field", 3)
    with pytest.raises(KeyMissing) as caught:
        unseal(envelope, LABEL, pk)
    assert caught.value.version == 3


def test_a_new_key_is_noticed_by_a_running_process(keys, monkeypatch):
    assert keyring().primary == 1
    path = keys.folder / "field-2.key"
    path.write_text(make_key())
    assert keyring().primary == 1
    monkeypatch.setattr(keys_module._Cache, "look_again", 0.0)
    assert keyring().primary == 2


def test_a_half_written_key_does_not_stop_a_running_process(keys, monkeypatch, caplog):
    ring = keyring()
    (keys.folder / "field-2.key").write_text("aGFsZg==")
    monkeypatch.setattr(keys_module._Cache, "look_again", 0.0)
    assert keyring() is ring
    assert "keys at hand stay" in caplog.text
    reload_keys()
    with pytest.raises(KeyMissing, match="32 bytes"):
        keyring()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("field-1.key", "not base64!", "cannot be read"),
        ("field-1.key", base64.b64encode(b"short").decode(), "32 bytes"),
        ("primary", "7", "must name the version"),
        ("primary", "two", "must name the version"),
        ("index-256.key", base64.b64encode(bytes(32)).decode(), "end at 255"),
    ],
)
def test_an_unfit_folder_says_why(keys, name, content, message):
    (keys.folder / name).write_text(content)
    reload_keys()
    with pytest.raises(KeyMissing, match=message):
        keyring()


def test_no_folder_and_no_setting_say_so(keys, settings):
    settings.FIELD_KEYS_DIR = keys.folder / "absent"
    with pytest.raises(KeyMissing, match="does not exist"):
        keyring()
    settings.FIELD_KEYS_DIR = None
    with pytest.raises(KeyMissing, match="FIELD_KEYS_DIR"):
        keyring()


def test_the_ring_shows_no_key(keys):
    ring = keyring()
    assert repr(ring) == "KeyRing(primary=1)"


def test_fields_do_not_share_a_key(keys):
    ring = keyring()
    assert ring.mac(1, "a", b"x") != ring.mac(1, "b", b"x")
    assert ring.cipher(1, "a") is ring.cipher(1, "a")
    assert ring.cipher(1, "a") is not ring.cipher(1, "b")

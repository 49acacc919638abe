"""Seals and their copy are changed, removed, forged or set back: it is found and named."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from servicedesk.audit import outside
from servicedesk.audit.database import TABLE
from servicedesk.audit.hashing import pack, root_of, seal_digest, statement, unpack
from servicedesk.audit.keys import sign
from servicedesk.audit.models import Seal
from tests.audit.ways import entries, found, rehash, run, update


@pytest.mark.django_db  # one test has to say so, else no database is made
def test_no_leaves_have_a_root():
    assert root_of(b"") == root_of(pack([]))


def reseal(seal, *, key=None):
    """Make a seal look right again, as far as one can without the key."""
    if key is not None:
        seal.key = key[0]
    seal.root = root_of(bytes(seal.leaves))
    seal.digest = seal_digest(seal)
    if key is not None:
        seal.signature = sign(key[1], statement(seal))
    run("DELETE FROM audit_seal WHERE number = %s", seal.number)
    seal.save(force_insert=True)


def forged_leaf(pk):
    """Change an entry, its digest, and the seal's leaf; return the seal."""
    update(pk, object_repr="'another thing'")
    rehash(pk)
    (digest,) = run(f"SELECT digest FROM {TABLE} WHERE id = %s", pk)[0]
    seal = Seal.objects.order_by("-number")[1]
    leaves = [
        leaf._replace(digest=bytes(digest)) if leaf.id == pk else leaf
        for leaf in unpack(bytes(seal.leaves))
    ]
    seal.leaves = pack(leaves)
    return seal


def test_entry_digest_and_root_are_rewritten_without_the_key(tampering):
    pk = entries(1)[1]
    seal = forged_leaf(pk)
    reseal(seal)
    said = found()
    assert f"Entry {pk} of 20" in said
    assert f"Seal {seal.number} was forged" in said


def test_all_is_rewritten_and_signed_with_another_key(tampering):
    pk = entries(1)[1]
    seal = forged_leaf(pk)
    reseal(seal, key=("0" * 16, Ed25519PrivateKey.generate()))
    said = found()
    assert f"Entry {pk} of 20" in said
    assert f"Seal {seal.number} was forged" in said


def test_a_signature_is_replaced_under_the_name_of_the_genuine_key(tampering):
    seal = Seal.objects.order_by("-number")[1]
    reseal(seal, key=(seal.key, Ed25519PrivateKey.generate()))
    assert f"Seal {seal.number} was forged" in found()


def test_leaves_are_cut(tampering):
    seal = Seal.objects.order_by("-number")[1]
    run("UPDATE audit_seal SET leaves = '\\x00' WHERE number = %s", seal.number)
    assert f"Seal {seal.number} was forged" in found()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("made_at", "made_at + interval '1 second'"),
        ("count", "count + 1"),
        ("to_xid", "to_xid + 1"),
        ("first_id", "0"),
        ("kind", "'moved'"),
    ],
)
def test_a_seal_is_changed(tampering, column, value):
    seal = Seal.objects.order_by("-number")[1]
    run(f"UPDATE audit_seal SET {column} = {value} WHERE number = %s", seal.number)
    assert f"Seal {seal.number} was forged" in found()


def test_a_seal_is_deleted(tampering):
    number, first = Seal.objects.latest("number").number - 1, entries(1)[0]
    run("DELETE FROM audit_seal WHERE number = %s", number)
    said = found()
    assert f"Seal {number} is missing" in said
    assert f"Entry {first} of 20" in said


def test_the_last_seal_is_deleted(tampering):
    number, first = Seal.objects.latest("number").number, entries(0)[0]
    run("DELETE FROM audit_seal WHERE number = %s", number)
    said = found()
    assert f"Seal {number} is missing" in said
    assert f"Entry {first} of 20" in said


def test_two_seals_change_places(tampering):
    newest = Seal.objects.latest("number").number
    for before, after in ((newest, 0), (newest - 1, newest), (0, newest - 1)):
        run("UPDATE audit_seal SET number = %s WHERE number = %s", after, before)
    assert f"Seal {newest - 1} does not continue" in found()


def test_everything_is_truncated(tampering):
    first = entries(Seal.objects.count() - 1)[0]
    run(f"TRUNCATE {TABLE}, audit_seal")
    said = found()
    assert "Seal 1 is missing" in said
    assert f"Entry {first} of 20" in said


def test_an_older_copy_of_the_database_is_restored(tampering):
    newest, first = Seal.objects.latest("number").number, entries(0)[0]
    run(f"DELETE FROM {TABLE} WHERE id >= %s", first)
    run("DELETE FROM audit_seal WHERE number = %s", newest)
    said = found()
    assert f"Seal {newest} is missing" in said
    assert "the database was set back" in said
    assert f"Entry {first} of 20" in said
    with pytest.raises(outside.RolledBackError, match=f"seal {newest}"):
        outside.refuse_rollback()


def copy_file():
    (path,) = settings.AUDIT_SEALS_DIR.glob("seals-*.jsonl")
    return path


@pytest.mark.parametrize("part", ["signature", "leaves", "made_at", "count"])
def test_the_copy_outside_is_changed(tampering, part):
    lines = copy_file().read_text().splitlines(keepends=True)
    said = json.loads(lines[1])
    said[part] = {
        "signature": "00" * 64,
        "leaves": base64.b64encode(b"x").decode(),
        "made_at": "2026-01-01T00:00:00+00:00",
        "count": 99,
    }[part]
    lines[1] = json.dumps(said, sort_keys=True, separators=(",", ":")) + "\n"
    copy_file().write_text("".join(lines))
    assert "copy outside has another seal 2" in found()


def test_a_line_of_the_copy_outside_is_gone_or_makes_no_sense(tampering):
    lines = copy_file().read_text().splitlines(keepends=True)
    copy_file().write_text("".join([lines[0], *lines[2:]]))
    assert "line 2 should be seal 2" in found()
    copy_file().write_text("".join([lines[0], "{}\n", *lines[2:]]))
    assert "line 2 should be seal 2" in found()

"""Every kind of damage that was planted for real is found, and called by its name."""

import pytest
from django.utils import translation

from servicedesk.backups.drill.run import make_drill
from servicedesk.backups.drill.words import Saved, sentence
from servicedesk.backups.manifest import DATABASE, FILES, MANIFEST
from servicedesk.backups.sealed import make_identity
from servicedesk.backups.storages.local import LocalFolder
from servicedesk.core.encryption.keys import make_key, reload_keys
from tests.backups.drills import scratch_databases
from tests.backups.planting import Planted, first_file
from tests.backups.whole import LATER, two

assert two  # a fixture
# Scratch databases lie on the one server of all tests: one after the other.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


@pytest.fixture
def planted(two, tmp_path):
    return Planted(two[0], tmp_path)


def look(planted, **other):
    return make_drill(
        **{
            "storage": LocalFolder(planted.folder),
            "name": planted.name,
            "identities": [planted.identity],
            "now": LATER,
        }
        | other
    )


def said(found):
    with translation.override("en"):
        return [sentence(each.code, each.data) for each in found.findings]


# --- the bytes of the backup, as it lies there ---


def swap_parts(planted, two):
    other = two[1].folder / two[1].name / DATABASE
    planted.path(DATABASE).write_bytes(other.read_bytes())


def foreign_manifest(planted, two):
    other = two[1].folder / two[1].name / MANIFEST
    planted.path(MANIFEST).write_bytes(other.read_bytes())


def half_written(planted, _two):
    for part in (FILES, MANIFEST):
        planted.path(part).unlink()
    planted.path(DATABASE).rename(planted.path(f".{DATABASE}.12ab.new"))


def more_bytes(planted, _two):
    with planted.path(FILES).open("ab") as file:
        file.write(b"more")


LYING = {
    "manifest removed": (lambda p, _t: p.path(MANIFEST).unlink(), "manifest_missing"),
    "manifest edited": (lambda p, _t: p.edit(app="9.9"), "manifest_changed"),
    "manifest cut": (lambda p, _t: p.cut(MANIFEST, 0.5), "manifest"),
    "manifest empty": (lambda p, _t: p.cut(MANIFEST, 0), "manifest"),
    "manifest without its signature": (
        lambda p, _t: p.path(MANIFEST).write_text('{"name": "x"}'),
        "manifest",
    ),
    "manifest of another backup": (foreign_manifest, "manifest_foreign"),
    "a bit at the beginning of the database": (
        lambda p, _t: p.flip(DATABASE, 0.0),
        "part_changed",
    ),
    "a bit in the middle of the database": (
        lambda p, _t: p.flip(DATABASE, 0.5),
        "part_changed",
    ),
    "the last bit of the database": (
        lambda p, _t: p.flip(DATABASE, -1),
        "part_changed",
    ),
    "a bit in the files": (lambda p, _t: p.flip(FILES, 0.7), "part_changed"),
    "the database cut to nothing": (lambda p, _t: p.cut(DATABASE, 0), "part_cut"),
    "the database cut in half": (lambda p, _t: p.cut(DATABASE, 0.5), "part_cut"),
    "the database cut at its end": (lambda p, _t: p.cut(DATABASE, 0.9999), "part_cut"),
    "the files cut": (lambda p, _t: p.cut(FILES, 0.8), "part_cut"),
    "the files longer": (more_bytes, "part_long"),
    "no database": (lambda p, _t: p.path(DATABASE).unlink(), "part_missing"),
    "no files": (lambda p, _t: p.path(FILES).unlink(), "part_missing"),
    "the database of another backup": (swap_parts, "part_"),
    "half written": (half_written, "backup_not_found"),
}


@pytest.mark.parametrize("damage", LYING)
def test_damage_to_what_lies_there_is_named_before_anything_is_opened(
    planted, two, damage
):
    plant, verdict = LYING[damage]
    plant(planted, two)
    found = look(planted, identities=[])
    assert found.verdict.startswith(verdict), found
    assert found.saved is Saved.NO
    assert list(found.seconds) == ["look"]
    assert all("%(" not in words and "–" not in words for words in said(found))


def test_a_manifest_signed_by_an_insider_is_not_the_one_that_was_noted(planted, two):
    planted.sign(app="9.9")
    found = look(planted, digest="0" * 64)
    assert found.verdict == "manifest_changed"


# --- who can open it, and what the values need ---


def test_made_for_others(planted):
    clear = {part: planted.clear(part) for part in (DATABASE, FILES)}
    strangers = [make_identity()[1]]
    for part, held in clear.items():
        planted.put(part, held, keys=strangers)
    found = look(planted)
    assert (found.verdict, found.saved) == ("wrong_identity", Saved.NO)
    assert scratch_databases() == []


def test_the_wrong_private_key(planted):
    found = look(planted, identities=[make_identity()[0]])
    assert (found.verdict, found.saved) == ("wrong_identity", Saved.NO)
    assert "made for others" in said(found)[0]


@pytest.fixture
def other_keys(settings, tmp_path):
    """A copy of the keys of this desk, to be lost or exchanged."""
    folder = tmp_path / "keys"
    folder.mkdir()
    for path in settings.FIELD_KEYS_DIR.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    settings.FIELD_KEYS_DIR = folder
    reload_keys()
    yield folder
    reload_keys()


def test_a_field_key_is_missing(planted, other_keys):
    (other_keys / "field-2.key").write_text(make_key())
    (other_keys / "field-1.key").unlink()
    reload_keys()
    found = look(planted)
    assert (found.verdict, found.saved) == ("key_missing", Saved.NO)
    assert "field-1.key" in said(found)[0]


def test_another_field_key_with_the_same_number(planted, other_keys):
    (other_keys / "field-1.key").write_text(make_key())
    reload_keys()
    found = look(planted)
    assert (found.verdict, found.saved) == ("key_other", Saved.NO)


def test_another_index_key_with_the_same_number(planted, other_keys):
    (other_keys / "index-1.key").write_text(make_key())
    reload_keys()
    found = look(planted)
    assert (found.verdict, found.saved) == ("key_other", Saved.PARTLY)
    assert "index-1.key is another key here" in said(found)[0]


# --- what came back ---

INSIDE = {
    "a row removed": (
        [
            (
                "DELETE FROM tickets_ticketevent"
                " WHERE id = (SELECT min(id) FROM tickets_ticketevent)"
            )
        ],
        "rows_differ",
        {"table": "public.tickets_ticketevent"},
    ),
    "a row changed": (
        ["UPDATE tickets_ticket SET subject = 'something else'"],
        "content_differs",
        {"table": "public.tickets_ticket"},
    ),
    "a row added": (
        ["INSERT INTO auth_group (name) VALUES ('intruders')"],
        "rows_differ",
        {"table": "public.auth_group"},
    ),
    "two rows exchanged a value": (
        ["UPDATE staff_role SET name_en = (SELECT max(name_en) FROM staff_role)"],
        "content_differs",
        {"table": "public.staff_role"},
    ),
    "a table gone": (
        ["DROP TABLE tickets_draft CASCADE"],
        "table_missing",
        {"table": "public.tickets_draft", "rows": 0},
    ),
    "a table more": (
        ["CREATE TABLE implant (id int)"],
        "table_unexpected",
        {"table": "public.implant"},
    ),
    "a counter set back": (
        ["SELECT setval('audit_logentry_id_seq', 1, true)"],
        "sequence_back",
        {"sequence": "public.audit_logentry_id_seq"},
    ),
}


@pytest.mark.parametrize("damage", INSIDE)
def test_what_came_back_is_compared_with_what_was_there(planted, damage):
    statements, code, data = INSIDE[damage]
    planted.sql(*statements)
    found = look(planted)
    named = [each for each in found.findings if each.code == code]
    assert named, found
    assert data.items() <= named[0].data.items()
    assert found.saved is Saved.PARTLY
    assert scratch_databases() == []


def on_log(statement):
    """Return the SQL that an owner needs to change the log, and to hide how."""
    each = (
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_class"
        " WHERE relname ~ '^audit_(logentry|seal)' AND relkind IN ('r', 'p') LOOP"
        " EXECUTE format('ALTER TABLE %I {} TRIGGER USER', t); END LOOP; END $$"
    )
    again = each.replace("{} TRIGGER USER", "ENABLE ALWAYS TRIGGER audit_keep")
    stamp = each.replace("{} TRIGGER USER", "ENABLE ALWAYS TRIGGER audit_keep_all")
    stamped = each.replace("{} TRIGGER USER", "ENABLE ALWAYS TRIGGER audit_stamp")
    entries = stamped.replace("(logentry|seal)", "logentry")
    return [each.replace("{}", "DISABLE"), statement, again, stamp, entries]


FIRST = "(SELECT min(id) FROM audit_logentry)"
LOG = {
    "an entry altered": (
        f"UPDATE audit_logentry SET object_repr = 'nobody' WHERE id = {FIRST}",
        "was changed",
    ),
    "an entry removed": (
        f"DELETE FROM audit_logentry WHERE id = {FIRST}",
        "is missing",
    ),
    "the last seal removed": (
        "DELETE FROM audit_seal WHERE number = (SELECT max(number) FROM audit_seal)",
        "when the backup was made, with",
    ),
}


@pytest.mark.parametrize("damage", LOG)
def test_the_seals_find_what_even_the_manifest_was_made_to_agree_with(planted, damage):
    statement, words = LOG[damage]
    planted.sql(*on_log(statement), honest=True)
    found = look(planted)
    assert found.verdict == "audit.broken", found
    assert words in said(found)[0]


def test_a_sealed_value_altered(planted):
    planted.sql(
        "UPDATE customers_contactpoint SET value = set_byte(value,"
        " octet_length(value) - 1, get_byte(value, octet_length(value) - 1) # 1)",
        honest=True,
    )
    found = look(planted)
    assert found.verdict == "values_unreadable", found
    assert found.numbers["values_opened"] > 0, "the others open"


def altered(place):
    first_file(place).write_bytes(b"a photograph of a broken bottle")


ATTACHMENTS = {
    "missing": (lambda place: first_file(place).unlink(), "missing"),
    "altered": (altered, "changed"),
    "of no length": (lambda place: first_file(place).write_bytes(b""), "empty"),
}


@pytest.mark.parametrize("damage", ATTACHMENTS)
def test_every_attachment_is_compared_with_its_row(planted, damage):
    change, code = ATTACHMENTS[damage]
    planted.files(change)
    found = look(planted)
    assert found.verdict == f"tickets.attachment_{code}", found
    assert found.saved is Saved.PARTLY
    assert found.findings[-1].data["number"] == 1


def test_files_that_are_not_those_of_the_manifest(planted):
    files = planted.manifest.files
    planted.files(altered)
    planted.sign(files=files)
    found = look(planted)
    assert found.verdict == "files", found


# --- the program and the backup do not fit ---


def test_an_older_schema_is_brought_up_and_is_as_good(planted):
    planted.manage("migrate", "tickets", "0007", "--verbosity", "0")
    found = look(planted)
    assert [each.code for each in found.findings] == ["schema_older"]
    assert found.proven
    assert found.saved is Saved.YES
    assert "older version; 1 migrations" in said(found)[0]


def test_a_newer_schema_is_refused_by_name(planted):
    planted.sql(
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('tickets', '0999_the_future', now())",
        honest=True,
    )
    found = look(planted)
    assert found.verdict == "schema_newer", found
    assert found.saved is Saved.NO
    assert "tickets.0999_the_future" in " ".join(said(found))


@pytest.mark.parametrize("what", ["no byte", "no table"])
def test_an_empty_dump(planted, two, what):
    if what == "no byte":
        planted.put(DATABASE, b"")
    else:
        planted.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    found = look(planted)
    assert (found.verdict, found.saved) == ("dump_empty", Saved.NO)


def test_a_dump_that_is_none(planted):
    planted.put(DATABASE, b"PGDMP but not really" * 100)
    found = look(planted)
    assert (found.verdict, found.saved) == ("dump_unreadable", Saved.NO)

"""The backup of the keys: two groups, nobody alone, and back again on another machine."""

import datetime as dt
import io
import json
import re

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from customers.models import ContactPoint
from servicedesk.core.encryption import keyfiles
from servicedesk.core.encryption.keys import make_key, read_ring, reload_keys
from servicedesk.core.models import KeyBackup, Notification
from servicedesk.core.tasks import watch_key_backups
from tests.core.encryption_app.fixtures import keys
from tests.desk import desk
from tests.factories import ContactPointFactory, UserFactory

assert all([keys, desk])  # fixtures


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


PAGE = "/system/keys/"


class People:
    """Four people with keys of their own: two groups, each with a deputy."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.public = {}
        for name in ("Lin", "Otto", "Mei", "Ada"):
            made = pyrage.x25519.Identity.generate()
            self.public[name] = str(made.to_public())
            (folder / name).write_text(f"# {name}\n{made}\n")
        self.group("one", "Lin", "Otto")
        self.group("two", "Mei", "Ada")

    def group(self, number, *names):
        lines = [f"# {name}\n{self.public[name]}\n" for name in names]
        (self.folder / number).write_text("".join(lines))

    def who(self, *names):
        return [f"--identity={self.folder / name}" for name in names]

    @property
    def groups(self):
        return [f"--group-{n}={self.folder / n}" for n in ("one", "two")]


@pytest.fixture(autouse=True)
def no_seal_key(settings, keys):
    settings.AUDIT_SEAL_KEYS_DIR = keys.folder


@pytest.fixture
def people(tmp_path):
    return People(tmp_path / "people")


def say(*words):
    out = io.StringIO()
    call_command("keys", *(str(word) for word in words), stdout=out)
    return out.getvalue()


@pytest.fixture
def saved(keys, people, tmp_path, db):
    """A backup of the keys of today."""
    path = tmp_path / "keys.age"
    say("backup", path, *people.groups)
    return path


def texts(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_one_of_each_group_brings_the_keys_back_and_the_data_with_them(
    saved, keys, people, tmp_path, settings
):
    point = ContactPointFactory(value="lin@example.com")
    settings.FIELD_KEYS_DIR = tmp_path / "another machine"
    said = say(
        "recover", saved, "--into", settings.FIELD_KEYS_DIR, *people.who("Otto", "Ada")
    )
    assert "written field-1.key, index-1.key; every mark is right" in said
    assert texts(settings.FIELD_KEYS_DIR) == texts(keys.folder)
    for path in settings.FIELD_KEYS_DIR.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    reload_keys()
    assert ContactPoint.objects.get(pk=point.pk).value == "lin@example.com"


def test_one_after_another_on_two_machines(saved, keys, people, tmp_path):
    inner = tmp_path / "inner.age"
    assert "Someone of group one" in say("open-outer", saved, inner, *people.who("Mei"))
    assert b"files" not in inner.read_bytes()
    say("open-inner", inner, "--into", tmp_path / "new", *people.who("Lin"))
    assert texts(tmp_path / "new") == texts(keys.folder)


@pytest.mark.parametrize(
    ("names", "whose"),
    [
        (["Lin"], "group two"),
        (["Lin", "Otto"], "group two"),
        (["Mei"], "group one"),
        (["Mei", "Ada"], "group one"),
    ],
)
def test_nobody_alone_and_no_group_alone(saved, people, tmp_path, names, whose):
    with pytest.raises(CommandError, match=f"it is for a person of {whose}"):
        say("recover", saved, "--into", tmp_path / "new", *people.who(*names))
    assert not (tmp_path / "new").exists()


def test_the_inner_layer_is_no_clear_text_to_whoever_opened_the_outer(
    saved, people, tmp_path
):
    inner = tmp_path / "inner.age"
    say("open-outer", saved, inner, *people.who("Mei"))
    with pytest.raises(CommandError, match="it is for a person of group one"):
        say("open-inner", inner, "--into", tmp_path / "new", *people.who("Mei", "Ada"))


def test_no_key_stands_in_the_file_the_note_or_what_is_said(keys, people, tmp_path, db):
    path = tmp_path / "keys.age"
    said = say("backup", path, *people.groups)
    note = json.dumps(
        [str(value) for value in KeyBackup.objects.values().get().values()]
    )
    for text in texts(keys.folder).values():
        for place in (said, note, path.read_bytes().decode(errors="replace")):
            assert text.strip() not in place
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Group one: any one of Lin, Otto." in said


def test_the_seal_key_is_saved_too_wherever_it_lies(
    keys, people, tmp_path, settings, db
):
    settings.AUDIT_SEAL_KEYS_DIR = tmp_path / "seals"
    settings.AUDIT_SEAL_KEYS_DIR.mkdir()
    (settings.AUDIT_SEAL_KEYS_DIR / "seal-1.key").write_text(make_key())
    (settings.AUDIT_SEAL_KEYS_DIR / "notes.txt").write_text("not a key")
    said = say("backup", tmp_path / "keys.age", *people.groups)
    assert "field-1.key, index-1.key, seal-1.key." in said
    assert set(KeyBackup.objects.get().marks) == {"field", "index", "seal"}


def test_groups_that_share_a_person_are_refused(keys, people, tmp_path, db):
    people.group("two", "Mei", "Otto")
    with pytest.raises(CommandError, match="Otto is in both groups"):
        say("backup", tmp_path / "keys.age", *people.groups)


def test_a_group_without_a_deputy_is_refused(keys, people, tmp_path, db):
    people.group("one", "Lin")
    with pytest.raises(CommandError, match="no deputy"):
        say("backup", tmp_path / "keys.age", *people.groups)
    assert not KeyBackup.objects.exists()


def test_a_backup_is_never_written_over_another(saved, people):
    before = saved.read_bytes()
    with pytest.raises(CommandError, match="exists; it is not overwritten"):
        say("backup", saved, *people.groups)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.glob(".keys*")] == []


def test_another_key_of_the_same_name_is_never_overwritten(
    saved, keys, people, tmp_path
):
    there = tmp_path / "there"
    there.mkdir()
    (there / "field-1.key").write_text((keys.folder / "index-1.key").read_text())
    before = texts(there)
    with pytest.raises(CommandError, match="is another key than the one in the backup"):
        say("recover", saved, "--into", there, *people.who("Lin", "Mei"))
    assert texts(there) == before, "and nothing else is written either"


def test_a_lost_key_comes_back_between_those_that_stayed(keys, people, tmp_path, db):
    keys.primary(1)
    keys.add("field", 2)
    say("backup", tmp_path / "keys.age", *people.groups)
    before = texts(keys.folder)
    keys.primary(2)
    (keys.folder / "field-1.key").unlink()
    said = say(
        "recover",
        tmp_path / "keys.age",
        "--into",
        keys.folder,
        *people.who("Lin", "Mei"),
    )
    assert "written field-1.key;" in said
    assert texts(keys.folder) == before | {"primary": "2\n"}, (
        "the choice of today stays"
    )


def test_what_was_put_away_is_saved_too_and_stays_away(keys, people, tmp_path, db):
    keys.primary(1)
    keys.add("field", 2)
    keys.primary(2)
    (keys.folder / "field-1.key").rename(keys.folder / "field-1.key.retired")
    say("backup", tmp_path / "keys.age", *people.groups)
    say(
        "recover", tmp_path / "keys.age", "--into", tmp_path / "n",
        *people.who("Lin", "Mei"),
    )  # fmt: skip
    assert (tmp_path / "n" / "field-1.key.retired").exists()
    assert list(read_ring(tmp_path / "n").field_keys) == [2]


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_damaged_file_says_so(saved, people, tmp_path, at):
    held = bytearray(saved.read_bytes())
    held[at] ^= 1
    saved.write_bytes(held)
    with pytest.raises(CommandError, match=r"damaged|is for a person of group two"):
        say("recover", saved, "--into", tmp_path / "new", *people.who("Lin", "Mei"))


def test_a_cut_file_says_so(saved, people, tmp_path):
    saved.write_bytes(saved.read_bytes()[:-40])
    with pytest.raises(CommandError, match="The file is damaged"):
        say("recover", saved, "--into", tmp_path / "new", *people.who("Lin", "Mei"))


def test_an_identity_behind_a_passphrase(saved, people, tmp_path, monkeypatch):
    secret = (people.folder / "Lin").read_bytes()
    (people.folder / "Lin").write_bytes(pyrage.passphrase.encrypt(secret, "seven cats"))
    monkeypatch.setattr("getpass.getpass", lambda _words: "seven cats")
    say("recover", saved, "--into", tmp_path / "new", *people.who("Lin", "Mei"))
    assert (tmp_path / "new" / "field-1.key").exists()


def test_the_age_program_would_open_it_too(saved, people, keys):
    """The format is two layers of age around JSON, and nothing else."""

    def identity(name):
        line = (people.folder / name).read_text().splitlines()[1]
        return [pyrage.x25519.Identity.from_str(line)]

    inner = pyrage.decrypt(saved.read_bytes(), identity("Ada"))
    held = json.loads(pyrage.decrypt(inner, identity("Lin")))
    assert held["files"] == texts(keys.folder)


def test_a_file_that_is_no_backup_of_keys(people, tmp_path):
    other = tmp_path / "other.age"
    lin = pyrage.x25519.Recipient.from_str(people.public["Lin"])
    other.write_bytes(pyrage.encrypt(b"a letter", [lin]))
    with pytest.raises(CommandError, match="holds no keys of Servicedesk"):
        say("open-inner", other, "--into", tmp_path / "new", *people.who("Lin"))


def test_a_private_key_given_for_a_recipient_is_refused_and_not_repeated(
    keys, people, tmp_path, db
):
    secret = (people.folder / "Lin").read_text()
    (people.folder / "one").write_text(secret)
    with pytest.raises(CommandError, match="line 2, is no recipient") as refused:
        say("backup", tmp_path / "keys.age", *people.groups)
    assert not re.search("AGE-SECRET", str(refused.value))


# --- what the desk knows of it ---


def test_status_names_the_backup_and_what_is_missing_from_it(
    saved, keys, people, tmp_path
):
    said = say("status")
    assert "newest backup of keys: keys.age" in said
    assert "never opened" in said
    assert "manage.py keys backup" not in said
    keys.primary(1)
    keys.add("field", 2)
    assert "field-2.key is not in the newest backup of keys" in say("status")
    assert "not in the newest" not in say("status").replace("field-2.key is not", "")
    say("backup", tmp_path / "again.age", *people.groups)
    assert "is not in the newest backup" not in say("status")


def test_another_key_under_the_same_number_is_not_the_one_that_was_saved(saved, keys):
    (keys.folder / "field-1.key").unlink()
    keys.add("field", 1)
    assert "field-1.key is not in the newest backup" in say("status")


def test_a_proof_is_noted_and_lapses(saved, people):
    said = say("prove", saved, *people.who("Otto", "Mei"))
    assert "It opens, and holds field-1.key, index-1.key" in said
    assert KeyBackup.objects.get().proved_at is not None
    assert "half a year" not in say("status")
    KeyBackup.objects.update(proved_at=timezone.now() - dt.timedelta(days=190))
    assert "Nobody has opened the backup of keys for half a year" in say("status")


def test_one_person_proves_nothing(saved, people):
    with pytest.raises(CommandError, match="group one"):
        say("prove", saved, *people.who("Mei"))
    assert KeyBackup.objects.get().proved_at is None


def test_proving_notices_other_keys_than_those_saved(saved, keys, people):
    (keys.folder / "field-1.key").unlink()
    keys.add("field", 1)
    with pytest.raises(CommandError, match="another key here than in the backup"):
        say("prove", saved, *people.who("Lin", "Mei"))


def test_the_page_says_it(client, desk, saved, keys):
    client.force_login(UserFactory(role="administrator", is_staff=True))
    text = client.get(PAGE).content.decode()
    assert "keys.age" in text
    assert "never opened by the two groups" in text
    keys.primary(1)
    keys.add("index", 2)
    text = client.get(PAGE).content.decode()
    assert "index-2.key is not in the newest backup of keys" in text


def test_administrators_hear_of_a_key_without_a_backup_once(
    desk, keys, people, tmp_path
):
    admin = UserFactory(role="administrator", is_staff=True)
    UserFactory(role="agent", team="call-centre")
    for _ in range(2):
        assert watch_key_backups() == 2
    told = Notification.objects.filter(kind="core.key_unsaved")
    assert {row.user for row in told} == {admin}
    assert sorted(row.ref for row in told) == ["field-1", "index-1"]
    say("backup", tmp_path / "keys.age", *people.groups)
    assert watch_key_backups() == 0
    keyfiles.make("field")
    assert watch_key_backups() == 1
    assert told.filter(ref="field-2").count() == 1

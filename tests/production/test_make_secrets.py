"""Secrets are made once, for the right readers, and production takes them as they are."""

import os
import stat
import subprocess
import sys

import pytest

from tests.production.compose import ROOT, read

SMTP = "smtp://desk:word@mail.example.com:587?tls=starttls"


def make(folder, *options, **environment):
    return subprocess.run(
        [sys.executable, "deploy/make_secrets.py", str(folder), *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def start(folder, **changes):
    """Load the production settings with these secrets."""
    files = {
        f"{name}_FILE": str(folder / name.lower())
        for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
    }
    environment = {
        **files,
        "FIELD_KEYS_DIR": str(folder / "keys"),
        "BASE_URL": "https://desk.example.com",
        "ALLOWED_HOSTS": "desk.example.com",
        "TRUSTED_PROXIES": "1",
        "PATH": os.environ["PATH"],
    }
    return subprocess.run(
        [sys.executable, "-c", "import servicedesk.settings.production"],
        cwd=ROOT,
        env=environment | changes,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "secrets"
    made = make(folder, "--keep-owner", SMTP_URL=SMTP)
    assert made.returncode == 0, made.stderr
    return folder


def test_production_starts_with_what_was_made(folder):
    started = start(folder)
    assert started.returncode == 0, started.stderr[-500:]


def test_all_files_that_compose_names_are_made_and_private(folder):
    for secret in read()["secrets"].values():
        file = folder.parent / secret["file"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
    for key in ("field-1.key", "index-1.key"):
        assert stat.S_IMODE((folder / "keys" / key).stat().st_mode) == 0o400
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_keys_of_the_storage_of_backups_are_given_or_left_empty(folder, tmp_path):
    names = ("backup_s3_access_key", "backup_s3_secret_key")
    assert [(folder / name).read_text() for name in names] == ["", ""]
    given = {"BACKUP_S3_ACCESS_KEY": "AKIA1", "BACKUP_S3_SECRET_KEY": "a/long+word"}
    made = make(tmp_path / "secrets", "--keep-owner", SMTP_URL=SMTP, **given)
    assert made.returncode == 0, made.stderr
    found = [(tmp_path / "secrets" / name).read_text() for name in names]
    assert found == ["AKIA1\n", "a/long+word\n"]
    assert "backup_s3" not in made.stdout
    files = {f"{name.upper()}_FILE": str(tmp_path / "secrets" / name) for name in names}
    for place in (folder, tmp_path / "secrets"):  # an empty one is as good as none
        started = start(place, **files)
        assert started.returncode == 0, started.stderr[-500:]


def test_only_who_writes_backups_gets_the_keys_of_their_storage():
    services = read()["services"]
    given = {
        name
        for name, service in services.items()
        if "backup_s3_secret_key" in service.get("secrets", [])
    }
    assert given == {"worker-jobs"}
    told = services["worker-jobs"]["environment"]
    assert told["BACKUP_S3_SECRET_KEY_FILE"] == "/run/secrets/backup_s3_secret_key"
    assert (
        told["DATABASE_URL_FILE"]
        == services["web-1"]["environment"]["DATABASE_URL_FILE"]
    )


def test_a_second_time_changes_nothing(folder):
    before = {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}

    again = make(folder, "--keep-owner", SMTP_URL=SMTP)

    assert again.returncode == 1
    assert "already holds" in again.stderr
    assert before == {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_each_file_belongs_to_its_reader(tmp_path):
    made = make(tmp_path / "secrets", SMTP_URL=SMTP)

    assert made.returncode == 0, made.stderr
    owners = {f.name: f.stat().st_uid for f in (tmp_path / "secrets").rglob("*")}
    services = read()["services"]
    desk = int(services["web-1"]["user"].split(":")[0])
    server = int(services["postgres"]["user"].split(":")[0])
    assert {n for n, uid in owners.items() if uid == server} == {
        *("database_password", "database_owner_password", "postgres_password"),
        *("broker_password", "broker.conf"),
    }
    assert owners["tls"] == int(services["proxy"]["user"].split(":")[0])
    assert owners["secret_key"] == owners["field-1.key"] == owners["keys"] == desk


def test_without_a_mail_server_production_does_not_start(tmp_path):
    made = make(tmp_path / "secrets", "--keep-owner")
    assert "mail server" in made.stdout

    refused = start(tmp_path / "secrets")

    assert refused.returncode != 0
    assert "SMTP_URL is an example" in refused.stderr


def test_what_is_no_address_of_a_mail_server_makes_nothing(tmp_path):
    made = make(tmp_path / "secrets", "--keep-owner", SMTP_URL="mail.example.com")
    assert made.returncode == 1
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("name", ["secret_key", "smtp_url", "keys/field-1.key"])
def test_a_secret_that_everybody_can_read_is_refused(folder, name):
    file = folder / name
    file.chmod(0o444)
    try:
        refused = start(folder)
    finally:
        file.chmod(0o400)
    assert refused.returncode != 0
    assert "chmod o=" in refused.stderr


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL"]
)
def test_a_missing_file_is_named(folder, name):
    refused = start(folder, **{f"{name}_FILE": str(folder / "nothing")})
    assert refused.returncode != 0
    assert f"{name}_FILE names" in refused.stderr


def test_a_password_that_all_try_first_is_refused(folder, tmp_path):
    file = tmp_path / "url"
    file.write_text("postgres://desk:postgres@postgres/desk")
    file.chmod(0o400)
    refused = start(folder, DATABASE_URL_FILE=str(file))
    assert refused.returncode != 0
    assert "all try first" in refused.stderr

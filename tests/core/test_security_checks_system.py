"""The looks at settings, keys, the database's role and the headers of pages."""

import os
import tempfile
from pathlib import Path

import pytest
from django.test import override_settings

from servicedesk.core.models import KeyCount, Level
from servicedesk.core.security_checks import (
    configuration,
    database,
    headers,
    key_files,
)
from servicedesk.settings import environment
from tests.core.encryption_app.fixtures import keys
from tests.desk import desk
from tests.factories import DAY, NOW

assert all([keys, desk])
pytestmark = pytest.mark.django_db
PRODUCTION = {
    "BASE_URL": "https://desk.example.com",
    "ALLOWED_HOSTS": ["desk.example.com"],
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "TRUSTED_PROXIES": 1,
    "SECURITY_CONTACT": "mailto:security@example.com",
    "UPLOAD_SCANNER": "clamd://clamav",
    "KNOWN_PASSWORDS_LIST": __file__,
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
}


def codes(look, now=NOW):
    return {each.code: each for each in look(now)}


@pytest.fixture
def production():
    with override_settings(**PRODUCTION):
        yield


def test_production_as_it_is_delivered_is_in_order(production):
    assert codes(configuration.look_at_settings) == {}
    assert codes(configuration.look_at_deployment) == {}
    assert codes(headers.look) == {}


def test_a_trial_desk_is_told_that_it_is_one(settings):
    settings.BASE_URL = "http://127.0.0.1:8000"
    found = codes(configuration.look_at_settings)
    assert found["alone"].level == Level.NOTE
    assert "no_tls" not in found
    deployment = codes(configuration.look_at_deployment)["django"]
    assert deployment.level == Level.NOTE
    assert "security.W004" in deployment.numbers["ids"]


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("DEBUG", True, "debug"),
        ("SECRET_KEY", "short", "secret"),
        ("ALLOWED_HOSTS", ["*"], "hosts"),
        ("BASE_URL", "http://desk.example.com", "no_tls"),
        ("SESSION_COOKIE_SECURE", False, "cookies"),
        ("SESSION_COOKIE_HTTPONLY", False, "cookies"),
        ("TRUSTED_PROXIES", 0, "proxies"),
        ("PASSWORD_HASHERS", ["x.MD5PasswordHasher"], "hashing"),
        ("SESSION_COOKIE_AGE", 90_000, "sessions"),
        ("FOLLOW_UP_SPEED", 60, "demo"),
        ("SECURITY_CONTACT", "", "contact"),
        ("UPLOAD_SCANNER", "", "scanner"),
        ("KNOWN_PASSWORDS_LIST", "", "known_passwords"),
        ("KNOWN_PASSWORDS_LIST", "/no/such/list", "no_list"),
        ("OUTGOING_HOSTS", ["*"], "anywhere"),
    ],
)
def test_each_setting_that_was_loosened_is_named(production, setting, value, code):
    with override_settings(**{setting: value}):
        assert code in codes(configuration.look_at_settings)


def test_a_policy_that_lets_scripts_in_is_bad(production, settings):
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = {**directives, "script-src": ["'self'", "https://cdn.example.com"]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": loose}
    found = codes(configuration.look_at_settings)["csp"]
    assert found.numbers == {"names": ["script-src"]}


def test_a_mail_server_elsewhere_needs_tls(production, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "mail.example.com", False
    assert "mail" in codes(configuration.look_at_settings)
    settings.EMAIL_USE_TLS = True
    assert "mail" not in codes(configuration.look_at_settings)


def test_a_folder_of_data_that_all_may_read_is_named(production, settings):
    # Beside pytest's own folder, which is closed to everybody else.
    with tempfile.TemporaryDirectory() as made:
        settings.MEDIA_ROOT = Path(made)
        assert "folders" not in codes(configuration.look_at_settings)
        settings.MEDIA_ROOT.chmod(0o755)
        found = codes(configuration.look_at_settings)["folders"]
        assert found.numbers == {"names": ["MEDIA_ROOT"]}


def test_headers_that_are_missing_are_named(production, settings):
    settings.X_FRAME_OPTIONS = "SAMEORIGIN"
    settings.SECURE_HSTS_SECONDS = 60
    found = codes(headers.look)["missing"]
    assert found.level == Level.BAD
    assert found.numbers["names"] == ["X-Frame-Options", "Strict-Transport-Security"]


def test_keys_in_order_are_no_finding(keys):
    assert codes(key_files.look) == {}


def test_a_key_that_others_can_read_is_bad(keys):
    path = keys.folder / "field-1.key"
    path.chmod(0o640)
    found = codes(key_files.look)["exposed"]
    assert (found.level, found.numbers["names"]) == (Level.BAD, ["field-1.key"])


def test_an_old_key_is_to_be_replaced_and_a_new_one_is_not(keys, settings):
    path = keys.folder / "field-1.key"
    written = (NOW - 400 * DAY).timestamp()
    os.utime(path, (written, written))
    assert codes(key_files.look)["old"].numbers == {
        "names": ["field-1.key"],
        "days": 365,
    }
    settings.KEY_DAYS = 500
    assert "old" not in codes(key_files.look)


def test_an_old_secret_is_to_be_replaced_and_one_without_a_date_is_told(
    keys, production, settings, tmp_path
):
    young, old = tmp_path / "secret_key", tmp_path / "smtp_url"
    for path, days in ((young, 10), (old, 400)):
        path.write_text("x")
        written = (NOW - days * DAY).timestamp()
        os.utime(path, (written, written))
    settings.SECRET_FILES = {"SECRET_KEY": young, "SMTP_URL": old}
    settings.SECRETS_WITHOUT_DATE = []
    found = codes(key_files.look)
    assert found["old_secrets"].numbers == {"names": ["SMTP_URL"], "days": 365}
    assert found["old_secrets"].level == Level.WARN
    assert "undated" not in found
    settings.SECRETS_WITHOUT_DATE = ["REDIS_URL"]
    assert codes(key_files.look)["undated"].numbers == {"names": ["REDIS_URL"]}


def test_secrets_of_the_environment_are_told_apart_by_their_files(monkeypatch):
    for name in environment.SECRETS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", "/run/secrets/secret_key")
    monkeypatch.setenv("SENTRY_DSN", "https://key@errors.example.com/1")
    files, others = environment.dated_secrets()
    assert files == {"SECRET_KEY": Path("/run/secrets/secret_key")}
    assert others == ["SENTRY_DSN"]


def test_a_folder_without_keys_is_bad(keys):
    for path in keys.folder.glob("*.key"):
        path.unlink()
    assert codes(key_files.look)["unfit"].level == Level.BAD


def test_values_under_an_old_key_and_retired_keys_are_told(keys):
    keys.add("field", 2)
    keys.primary(2)
    KeyCount.objects.create(
        at=NOW, seconds=1, fields={"x": {"1": 3, "2": 4}}, indexes={"y": {"1": 5}}
    )
    assert codes(key_files.look)["behind"].count == 3
    retired = keys.folder / "field-0.key.retired"
    retired.write_text("x")
    retired.chmod(0o600)
    assert codes(key_files.look)["retired"].count == 1


def test_the_one_role_of_a_trial_desk_owns_the_tables(settings):
    settings.BASE_URL = "http://127.0.0.1:8000"
    found = codes(database.look)
    assert found["owner"].level == Level.NOTE
    assert found["owner"].count > 50


def test_in_production_a_role_that_owns_tables_is_bad(production):
    assert codes(database.look)["owner"].level == Level.BAD

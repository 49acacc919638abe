"""Read the environment: secrets from files or variables, servers from addresses."""

import os
import stat
import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

WORLD = stat.S_IRWXO
SECRETS = (
    *("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "METRICS_TOKEN"),
    *("SENTRY_DSN", "BACKUP_S3_ACCESS_KEY", "BACKUP_S3_SECRET_KEY"),
)
EXAMPLE_HOST = "example.invalid"
"""What a made file names until a person has written the true address into it."""


def given(name: str, otherwise: str = "") -> str:
    """Return a value that may be secret: from the file in `<name>_FILE`, else `<name>`.

    Raises ImproperlyConfigured with a sentence when the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip() or otherwise
    try:
        return Path(path).read_text(encoding="utf-8").strip() or otherwise
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {reason}."
        ) from error


def secret(name: str) -> str:
    """Return a secret that the system cannot do without.

    Raises ImproperlyConfigured with a sentence when it is given nowhere.
    """
    value = given(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Give it in {name} or name a file in {name}_FILE; "
            "`python3 desk.py up` makes its own."
        )
    return value


def dated_secrets() -> tuple[dict[str, Path], list[str]]:
    """Return the files of secrets by name, and the names of those given without one."""
    files = {
        name: Path(os.environ[f"{name}_FILE"])
        for name in SECRETS
        if os.environ.get(f"{name}_FILE")
    }
    others = [name for name in SECRETS if name not in files and os.environ.get(name)]
    return files, others


def version(root: Path) -> str:
    """Return the version of this code, as pyproject.toml says it."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def check_private(path: Path) -> None:
    """Refuse a file of secrets that everybody on the machine can read or change."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ImproperlyConfigured(f"{path}: {error.strerror}.") from error
    if mode & WORLD:
        raise ImproperlyConfigured(
            f"{path} is open to everybody on this machine: chmod o= {path}"
        )


def database(address: str) -> dict[str, Any]:
    """Return Django's settings for a `postgres://user:password@host:port/name` address."""
    url = urllib.parse.urlsplit(address)
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres://")
    query = dict(urllib.parse.parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": urllib.parse.unquote(url.path.lstrip("/")),
        "USER": urllib.parse.unquote(url.username or ""),
        "PASSWORD": urllib.parse.unquote(url.password or ""),
        "HOST": urllib.parse.unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **query},
    }


def limit_waiting(settings: dict[str, Any], *, statement: str, lock: str) -> None:
    """Let the database give up on what a page waits for too long; times as "15s".

    An address that brings its own `options` has decided for itself.
    """
    wanted = {"statement_timeout": statement, "lock_timeout": lock}
    said = " ".join(f"-c {name}={value}" for name, value in wanted.items())
    settings["OPTIONS"].setdefault("options", said)


def mail(address: str) -> dict[str, Any]:
    """Return Django's e-mail settings for `smtp://user:password@host:587?tls=starttls`.

    `tls` is `starttls`, `implicit` or `none`.
    """
    url = urllib.parse.urlsplit(address)
    tls = dict(urllib.parse.parse_qsl(url.query)).get("tls", "starttls")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or 25,
        "EMAIL_HOST_USER": urllib.parse.unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": urllib.parse.unquote(url.password or ""),
        "EMAIL_USE_TLS": tls == "starttls",
        "EMAIL_USE_SSL": tls == "implicit",
        "EMAIL_TIMEOUT": 15,
    }

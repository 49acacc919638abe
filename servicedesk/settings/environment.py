"""Read the environment: secrets from files or variables, servers from addresses."""

import os
import urllib.parse
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def secret(name: str) -> str:
    """Return the secret `name` from the file in `<name>_FILE`, else from `<name>`.

    Raises ImproperlyConfigured with a sentence when neither is given.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Give it in {name} or name a file in {name}_FILE; "
            "`python3 desk.py up` makes its own."
        )
    return value


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

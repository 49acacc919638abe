"""Production: TLS, strict cookies, and no start on a missing or known secret."""

import os
import urllib.parse
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keys import read_ring
from servicedesk.settings import environment
from servicedesk.settings.base import *  # noqa: F403
from servicedesk.settings.base import (
    ALLOWED_HOSTS,
    AUDIT_SEAL_KEYS_DIR,
    BACKUP_IDENTITY_FILE,
    BASE_URL,
    FIELD_KEYS_DIR,
    FOLLOW_UP_SPEED,
    LOGGING,
    SECRET_KEY,
    TRUSTED_PROXIES,
)

_SHORTEST_SECRET = 50
_SECRET = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
_MAY_BE_SECRET = ("METRICS_TOKEN", "SENTRY_DSN")
_SHORTEST_TOKEN = 20
_KNOWN_PASSWORDS = {
    "postgres",
    "password",
    "desk",
    "servicedesk",
    "secret",
    "change-me",
}

for _name in _SECRET:
    if not environment.given(_name):
        raise ImproperlyConfigured(
            f"{_name} must be set in production: in {_name}, "
            f"or in a file that {_name}_FILE names."
        )
    if os.environ.get(f"{_name}_FILE"):
        environment.check_private(Path(os.environ[f"{_name}_FILE"]))
    if environment.EXAMPLE_HOST in environment.given(_name):
        raise ImproperlyConfigured(f"{_name} is an example. Write your own address.")
for _name in ("DATABASE_URL", "REDIS_URL"):
    if urllib.parse.urlsplit(environment.given(_name)).password in _KNOWN_PASSWORDS:
        raise ImproperlyConfigured(
            f"The password in {_name} is one that all try first."
        )
for _name in _MAY_BE_SECRET:
    if os.environ.get(f"{_name}_FILE"):
        environment.check_private(Path(os.environ[f"{_name}_FILE"]))
if 0 < len(environment.given("METRICS_TOKEN")) < _SHORTEST_TOKEN:
    raise ImproperlyConfigured("METRICS_TOKEN must be at least 20 random characters.")
for _name in ("FIELD_KEYS_DIR", "BASE_URL"):
    if not os.environ.get(_name):
        raise ImproperlyConfigured(f"{_name} must be set in production.")
if len(SECRET_KEY) < _SHORTEST_SECRET or len(set(SECRET_KEY)) < 10:  # noqa: PLR2004
    raise ImproperlyConfigured(
        "SECRET_KEY is too short or too simple for production: "
        "use at least 50 random characters."
    )
if SECRET_KEY.startswith(("django-insecure", "change", "test")):
    raise ImproperlyConfigured("SECRET_KEY is an example. Make your own.")
try:
    # Also when a key that `primary` names is missing: nothing could be written.
    read_ring(FIELD_KEYS_DIR)
except (KeyMissing, OSError) as _error:
    raise ImproperlyConfigured(f"FIELD_KEYS_DIR: {_error}") from _error
if not list(AUDIT_SEAL_KEYS_DIR.glob("seal-*.key")):
    raise ImproperlyConfigured(
        "AUDIT_SEAL_KEYS_DIR (default: FIELD_KEYS_DIR) holds no seal-<n>.key, "
        "which signs the seals of the audit log."
    )
if FOLLOW_UP_SPEED != 1:
    raise ImproperlyConfigured("DEMO_FOLLOW_UP_SPEED is for demonstrations only.")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must begin with https:// in production.")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name your hosts in production.")

for _name in ("BACKUP_S3_ACCESS_KEY_FILE", "BACKUP_S3_SECRET_KEY_FILE"):
    if os.environ.get(_name):
        environment.check_private(Path(os.environ[_name]))
if BACKUP_IDENTITY_FILE:
    environment.check_private(Path(BACKUP_IDENTITY_FILE))
for _file in FIELD_KEYS_DIR.glob("*.key"):
    environment.check_private(_file)
if not os.environ.get("TRUSTED_PROXIES", "").isdecimal():
    raise ImproperlyConfigured(
        "TRUSTED_PROXIES must say how many proxies of yours stand in front: "
        "0 if the desk itself ends TLS."
    )

if not os.environ.get("LOG_FORMAT"):
    LOGGING["handlers"]["console"]["formatter"] = "json"  # type: ignore[index]

# Without a proxy the header is a caller's own word.
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
KNOWN_DEVICE_COOKIE_NAME = "__Host-known-device"
LINKS_COOKIE_NAME = "__Host-links"
DATA_LINKS_COOKIE_NAME = "__Host-data-links"
SENT_COOKIE_NAME = "__Host-sent-request"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
MESSAGE_COOKIE_NAME = "__Host-messages"

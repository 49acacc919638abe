"""Production: TLS, strict cookies, and no start on a missing or known secret."""

import os

from django.core.exceptions import ImproperlyConfigured

from servicedesk.settings.base import *  # noqa: F403
from servicedesk.settings.base import (
    ALLOWED_HOSTS,
    BASE_URL,
    FIELD_KEYS_DIR,
    FOLLOW_UP_SPEED,
    SECRET_KEY,
    TRUSTED_PROXIES,
)

_SHORTEST_SECRET = 50

for _name in ("DATABASE_URL", "REDIS_URL", "FIELD_KEYS_DIR", "BASE_URL", "SMTP_URL"):
    if not os.environ.get(_name):
        raise ImproperlyConfigured(f"{_name} must be set in production.")
if len(SECRET_KEY) < _SHORTEST_SECRET or len(set(SECRET_KEY)) < 10:  # noqa: PLR2004
    raise ImproperlyConfigured(
        "SECRET_KEY is too short or too simple for production: "
        "use at least 50 random characters."
    )
if SECRET_KEY.startswith(("django-insecure", "change", "test")):
    raise ImproperlyConfigured("SECRET_KEY is an example. Make your own.")
if not list(FIELD_KEYS_DIR.glob("field-*.key")) or not list(
    FIELD_KEYS_DIR.glob("index-*.key")
):
    raise ImproperlyConfigured(
        "FIELD_KEYS_DIR holds no field-<version>.key and index-<version>.key."
    )
if FOLLOW_UP_SPEED != 1:
    raise ImproperlyConfigured("DEMO_FOLLOW_UP_SPEED is for demonstrations only.")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must begin with https:// in production.")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name your hosts in production.")

if not os.environ.get("TRUSTED_PROXIES", "").isdecimal():
    raise ImproperlyConfigured(
        "TRUSTED_PROXIES must say how many proxies of yours stand in front: "
        "0 if the desk itself ends TLS."
    )

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
LANGUAGE_COOKIE_SECURE = True

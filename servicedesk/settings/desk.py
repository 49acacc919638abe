"""The embedded default: one machine, loopback only, everything made on first start."""

from servicedesk.settings.base import *  # noqa: F403
from servicedesk.settings.base import (
    BACKUP_IDENTITY_FILE,
    BASE_URL,
    DATA_DIR,
    DEMO_IDENTITY_FILE,
)

CSRF_TRUSTED_ORIGINS = [BASE_URL, BASE_URL.replace("//localhost", "//127.0.0.1")]
SESSION_COOKIE_NAME = "desk_session"
CSRF_COOKIE_NAME = "desk_csrf"
# Served over http on the loopback address; production insists on TLS.
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SWEEP_SECONDS = 5.0
if not BACKUP_IDENTITY_FILE and (DATA_DIR / DEMO_IDENTITY_FILE).exists():
    BACKUP_IDENTITY_FILE = str(DATA_DIR / DEMO_IDENTITY_FILE)

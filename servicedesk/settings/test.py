"""Tests: real servers from the environment, cheap passwords, letters in memory."""

import atexit
import base64
import os
import secrets
import shutil
import tempfile
import urllib.parse
from pathlib import Path

_scratch = Path(tempfile.mkdtemp(prefix="servicedesk-test-"))
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))
os.environ.setdefault("DATA_DIR", str(_scratch))
if "FIELD_KEYS_DIR" not in os.environ:
    _keys = _scratch / "keys"
    _keys.mkdir(mode=0o700)
    for _kind in ("field", "index", "seal"):
        _file = _keys / f"{_kind}-1.key"
        _file.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        _file.chmod(0o600)
    os.environ["FIELD_KEYS_DIR"] = str(_keys)

# Each worker of pytest-xdist counts its rate limits in a database of its own.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
if "REDIS_URL" in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    _url = urllib.parse.urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = _url._replace(path=f"/{int(_worker) + 1}").geturl()

from servicedesk.settings.base import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
ACCOUNT_RATE_LIMITS = {"login_failed": "5/10m/key"}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
VULNERABILITY_LIST = "off"

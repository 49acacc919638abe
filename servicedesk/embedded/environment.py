"""The environment that the desk's own processes and commands get."""

import os
import sys
from pathlib import Path

from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
# Names the data folder a process belongs to, so that orphans can be told apart.
MARK = "SERVICEDESK_DATA_FOLDER"


def data_path(given: str | None) -> Path:
    """Return the data folder that was asked for: --data, DATA_DIR, or the default."""
    return Path(given or os.environ.get("DATA_DIR") or ROOT / ".data")


def build(folder: DataFolder, servers: Servers, port: int = 8000) -> dict[str, str]:
    """Everything the settings read; what the person has set stays as it is."""
    folder.make_secrets()
    defaults = {
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings.desk",
        "DATA_DIR": str(folder.path),
        "STATIC_ROOT": str(folder.path / "static"),
        "BASE_URL": f"http://localhost:{port}",
        "FIELD_KEYS_DIR": str(folder.keys),
        "PYTHONUNBUFFERED": "1",
    }
    if not os.environ.get("SECRET_KEY"):
        defaults["SECRET_KEY_FILE"] = str(folder.secret_key)
    forced = {MARK: str(folder.path), "DATA_DIR": str(folder.path)}
    return defaults | dict(os.environ) | servers.addresses() | forced


def manage(*words: str) -> list[str]:
    """Return a command line for manage.py."""
    return [sys.executable, str(ROOT / "manage.py"), *words]

"""The data folder: its rooms, its secrets and what it remembers between starts."""

import base64
import json
import os
import pwd
import secrets
from pathlib import Path
from typing import Any

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.locks import locked

KEPT_LOGS = 3


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def owner_name(uid: int) -> str:
    """Return a person's name for a user id."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


class DataFolder:
    """Everything one desk keeps: `DataFolder(path).open()` before use."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.run = self.path / "run"
        self.logs = self.path / "logs"
        self.keys = self.path / "keys"
        self.secret_key = self.path / "secret.key"
        self._memory = self.path / "desk.json"

    def open(self) -> None:
        """Make the folder and its rooms; refuse a folder of somebody else."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._check_owner()
            # As root the servers run as another user, who must be able to pass.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for room in (self.run, self.logs):
                room.mkdir(exist_ok=True, mode=0o700)
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise DeskError(
                f"Cannot keep data in {self.path}: {error.strerror}. "
                "Choose another folder with --data DIR."
            ) from error

    def _check_owner(self) -> None:
        owner, me = self.path.stat().st_uid, os.geteuid()
        if owner != me:
            raise DeskError(
                f"The data folder {self.path} belongs to {owner_name(owner)}, and this "
                f"is {owner_name(me)}. Start as {owner_name(owner)}, or choose another "
                "folder with --data DIR."
            )

    # --- memory ---

    def recall(self, name: str) -> Any:
        """Return what was remembered under the name; None when nothing was."""
        return self._remembered().get(name)

    def remember(self, **facts: Any) -> None:
        """Keep facts for the next start."""
        with locked(self.run / "memory.lock", "writing desk.json", 10):
            text = json.dumps(self._remembered() | facts, indent=2, sort_keys=True)
            write_private(self._memory, text + "\n")

    def _remembered(self) -> dict[str, Any]:
        try:
            facts: dict[str, Any] = json.loads(self._memory.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DeskError(
                f"{self._memory} cannot be read ({error}). Mend it, or remove it: "
                "ports are then chosen anew."
            ) from error
        return facts

    # --- secrets ---

    def password(self, name: str) -> str:
        """Return the password of a server's user, made when it is first asked for."""
        path = self.path / f"{name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24) + "\n")
        return path.read_text(encoding="utf-8").strip()

    def make_secrets(self) -> None:
        """Make the signing secret and the field keys on the first start only.

        Keys that were there once and are gone are never made anew: what they sealed
        would look damaged, and the person would not learn why.
        """
        if not self.secret_key.exists():
            write_private(self.secret_key, secrets.token_urlsafe(64) + "\n")
        wanted = ("field-1.key", "index-1.key")
        if self.recall("keys_made"):
            missing = [name for name in wanted if not (self.keys / name).exists()]
            if missing and not any(self.keys.glob("[fi]*.key")):
                raise DeskError(
                    f"The keys in {self.keys} are gone, but the database holds data "
                    "sealed with them. Put them back from your backup of the keys, or "
                    "start anew in another folder with --data DIR."
                )
        else:
            self.keys.mkdir(exist_ok=True, mode=0o700)
            self._make_keys(*wanted)
            self.remember(keys_made=True)
        if not self.recall("seal_key_made"):
            self._make_keys("seal-1.key")
            self.remember(seal_key_made=True)

    def _make_keys(self, *names: str) -> None:
        for name in names:
            if not (self.keys / name).exists():
                key = base64.b64encode(secrets.token_bytes(32)).decode()
                write_private(self.keys / name, key + "\n")

    # --- logs ---

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.logs / f"{name}.log"

    def turn_log(self, name: str) -> None:
        """Put the log of the last run aside, keeping a few."""
        current = self.log(name)
        if not current.exists() or not current.stat().st_size:
            return
        for number in range(KEPT_LOGS - 1, 0, -1):
            older = current.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(current.with_suffix(f".log.{number + 1}"))
        current.replace(current.with_suffix(".log.1"))

    def log_tail(self, name: str, lines: int = 15) -> str:
        """Return the last lines of a log, to show beside an error."""
        try:
            text = self.log(name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

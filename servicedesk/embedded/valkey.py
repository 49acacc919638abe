"""A Valkey of our own: started, found again and stopped."""

import os
import secrets
import signal
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import locked
from servicedesk.embedded.place import Place
from servicedesk.embedded.ports import LOOPBACK, free_port, is_free
from servicedesk.embedded.processes import birth_mark, end, launch, reap

START_SECONDS = 20
ATTEMPTS = 4


class Valkey:
    """The broker and cache of one data folder; `ephemeral` keeps nothing on disk."""

    name = "valkey"

    def __init__(
        self, folder: DataFolder, place: Place, *, ephemeral: bool = False
    ) -> None:
        self.folder, self.place, self.ephemeral = folder, place, ephemeral

    # --- what others ask ---

    @property
    def port(self) -> int:
        """The port of the server, chosen once and remembered."""
        return int(self.folder.recall("valkey_port") or 0)

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"redis://:{self.folder.password(self.name)}@{LOOPBACK}:{self.port}/0"

    def running(self) -> int | None:
        """Return the process id of this folder's living server, or None."""
        pid, mark = self._identity()
        return pid if pid and mark and birth_mark(pid) == mark else None

    def alive(self) -> bool:
        """Whether the server's process lives."""
        return self.running() is not None

    def _identity(self) -> tuple[int, str]:
        noted = self.folder.recall("valkey_process")
        if not noted or noted[2] != str(self.place.path):
            return 0, ""  # never started, or the folder is a copy of another
        return int(noted[0]), str(noted[1])

    def _note(self, pid: int) -> str:
        mark = birth_mark(pid)
        self.folder.remember(valkey_process=(pid, mark, str(self.place.path)))
        return mark

    # --- start ---

    def start(self) -> None:
        """Start the server, or keep the one that runs and answers."""
        with locked(self.folder.run / "valkey.lock", "starting Valkey"):
            if self._reuse():
                return
            room = self.place.room(self.name)
            for attempt in range(ATTEMPTS):
                if self._attempt(room):
                    return
                if attempt == 1:
                    room = self._fresh_room(room)
                time.sleep(0.3 * (attempt + 1))
        raise DeskError(
            f"Valkey does not start. Its log, {self.folder.log(self.name)}, ends "
            f"with:\n{self.folder.log_tail(self.name)}"
        )

    def _reuse(self) -> bool:
        if self._answering_pid():
            return True
        self.stop()  # it lives but does not answer
        return False

    def _fresh_room(self, room: Path) -> Path:
        """Put a journal aside that the server cannot read: it holds wake-ups only."""
        room.rename(room.with_name(f"valkey-unreadable-{secrets.token_hex(4)}"))
        return self.place.room(self.name)

    def _configuration(self, room: Path, port: int) -> str:
        """Handed over on standard input: a password must not be in the process list."""
        return "\n".join(
            [
                f"bind {LOOPBACK}",
                f"port {port}",
                f"requirepass {self.folder.password(self.name)}",
                f'dir "{room}"',
                'save ""',
                f"appendonly {'no' if self.ephemeral else 'yes'}",
                "appendfsync everysec",
                "maxmemory-policy noeviction",
                "databases 64",  # a test process each
                "daemonize no",
                "",
            ]
        )

    def _attempt(self, room: Path) -> bool:
        port = self.port
        if not port or not is_free(port):
            port = free_port()
            self.folder.remember(valkey_port=port)
        pid = launch(
            [str(self.place.valkey_program), "-"],
            self.folder.log(self.name),
            directory=room,
            said=self._configuration(room, port),
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
            **self.place.runner.start_options,
        )
        mark = self._note(pid)
        deadline = time.monotonic() + START_SECONDS
        while mark and birth_mark(pid) == mark and time.monotonic() < deadline:
            if self._answering_pid() == pid:
                return True
            reap()
            time.sleep(0.02)
        end(pid, mark, signal.SIGKILL)
        return False

    def _answering_pid(self) -> int | None:
        """Test for life: a login, and the id of the process that answered."""
        client = redis.Redis(
            host=LOOPBACK,
            port=self.port,
            password=self.folder.password(self.name),
            socket_timeout=3,
            socket_connect_timeout=3,
            retry=Retry(NoBackoff(), 0),  # the callers ask again themselves
        )
        try:
            client.ping()  # refused while it reads its journal; the rest is not
            pid = int(client.info("server")["process_id"])
            room = client.config_get("dir")["dir"]
        except (redis.RedisError, OSError):
            return None
        finally:
            client.close()
        if room != str(self.place.path / self.name):
            return None
        if pid != self.running():
            self._note(pid)  # its starter was killed before it could
        return pid

    # --- stop ---

    def stop(self) -> None:
        """Stop the server; it writes its journal out first."""
        pid, mark = self._identity()
        if self.running():
            end(pid, mark, signal.SIGTERM, signal.SIGKILL)

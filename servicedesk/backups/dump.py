"""pg_dump as a stream: what it writes is read, and how it ended is asked."""

import contextlib
import fcntl
import subprocess
import threading
from types import TracebackType
from typing import Final, Self

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.programs import (
    LOCK_WAIT,
    connection_words,
    program_environment,
)

LEVEL: Final = "1"
"""Of gzip: most of what is large is sealed, and does not become smaller at a higher one."""
_F_SETPIPE_SZ: Final = 1031  # Linux; fcntl knows the name only by chance
_PIPE: Final = 1024 * 1024
_LONGEST: Final = 4000


class Dump:
    """A running pg_dump of the moment that `snapshot` names. A context that ends it."""

    def __init__(self, *, program: str, snapshot: str) -> None:
        self._command = [
            program,
            "--format=custom",
            f"--compress={LEVEL}",
            f"--snapshot={snapshot}",
            f"--lock-wait-timeout={LOCK_WAIT}",
            "--no-password",
            f"--dbname={connection_words()}",
        ]
        self._said = b""

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=_PIPE,
                env=program_environment(),
                close_fds=True,
            )
        except OSError as error:
            raise BackupError(errors.NO_PROGRAM, error.strerror or "") from error
        assert self._process.stdout is not None
        self._stream = self._process.stdout
        with contextlib.suppress(OSError):  # a larger pipe only saves turns
            fcntl.fcntl(self._stream, _F_SETPIPE_SZ, _PIPE)
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._stream.close()
        self._process.wait()
        self._ear.join()

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self, size: int = -1, /) -> bytes:
        """Return what was dumped next; nothing at the end, however it came."""
        return self._stream.read(size)

    def finish(self) -> None:
        """Wait for the end; BackupError(DUMP) unless all of the database was written."""
        code = self._process.wait()
        self._ear.join()
        if code:
            raise BackupError(errors.DUMP, self._words() or f"exit {code}")

    def kill(self) -> None:
        """End it now, from whichever thread; it keeps nothing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def _listen(self) -> None:
        """Keep the beginning of what it complains of, and read the rest away."""
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while data := stream.read1(4096):  # type: ignore[attr-defined]
                self._said = (self._said + data)[:_LONGEST]

    def _words(self) -> str:
        """Return its first complaint without what the server quotes in details."""
        lines = self._said.decode("utf-8", "replace").splitlines()
        found = [line for line in lines if "error:" in line]
        return (found or lines or [""])[0].partition("error:")[2].strip()[:200]

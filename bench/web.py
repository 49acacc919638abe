"""The processes that are measured: real ones, on a port of the loopback address."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from bench.databases import environment
from servicedesk.embedded.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
WORKER = ("celery", "-A", "servicedesk", "worker", "--concurrency", "1",
          "--loglevel", "WARNING", "--without-gossip", "--without-mingle")  # fmt: skip


def prepare() -> None:
    """Compile the translations and collect the static files, as `desk.py up` does."""
    here = environment(os.environ["DATABASE_URL"])
    for words in (["compile_translations"], ["collectstatic", "--noinput"]):
        command = [sys.executable, "manage.py", *words]
        subprocess.run(
            command, cwd=ROOT, env=here, check=True, stdout=subprocess.DEVNULL
        )


def facts(address: str) -> dict[str, Any]:
    """Return what bench.facts tells of a database."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.facts"],
        cwd=ROOT,
        env=environment(address),
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Process:
    """One process in a session of its own, for a `with` block; its words go to a log."""

    def __init__(self, words: list[str], address: str, name: str, **more: str) -> None:
        self.words, self.name = words, name
        self.environment = environment(address) | more
        folder = Path(os.environ.get("DATA_DIR", "/tmp"))  # noqa: S108 - without a desk
        self.log = folder / "logs" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.end(signal.SIGTERM)

    def start(self) -> None:
        """Start it, whether for the first time or again."""
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, how: signal.Signals) -> None:
        """End it with its children."""
        if self.process is None:
            return
        process, self.process = self.process, None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)

    def memory(self) -> float:
        """Return the resident memory of the process and its children, in MiB."""
        assert self.process is not None
        return round(sum(_resident(pid) for pid in _family(self.process.pid)), 1)

    def processor(self) -> int:
        """Return the ticks of processor time that it and its children have used."""
        assert self.process is not None
        return sum(_ticks(pid) for pid in _family(self.process.pid))


class Web(Process):
    """A web server over one database, with the floor page beside the product's."""

    def __init__(self, address: str, name: str, **more: str) -> None:
        self.port = free_port()
        words = ["uvicorn", "servicedesk.asgi:application", "--no-access-log"]
        words += ["--host", "127.0.0.1", "--port", str(self.port)]
        words += ["--no-proxy-headers", "--timeout-graceful-shutdown", "3"]
        url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [*words, "--log-level", "warning"], address, name, BASE_URL=url, **more
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline:
                raise SystemExit(f"The web server does not answer; see {self.log}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            page = f"http://127.0.0.1:{self.port}/accounts/login/"
            with urllib.request.urlopen(page, timeout=10) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004
        except (OSError, urllib.error.URLError):
            return False


def _family(leader: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if os.getpgid(int(folder.name)) == leader:
                    yield int(folder.name)


def _resident(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in (
            Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        ):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _ticks(pid: int) -> int:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        return sum(int(word) for word in words.split()[11:13])
    return 0

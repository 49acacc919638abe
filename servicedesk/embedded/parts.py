"""The processes of a desk (web, workers, beat), and their orphans of an earlier run."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.embedded.environment import MARK, ROOT, manage
from servicedesk.embedded.folder import DataFolder, write_private
from servicedesk.embedded.processes import birth_mark, end, group_members, wait_gone

PATIENCE = 15  # seconds for running tasks and open pages


@dataclass
class Part:
    """One process: it gets a session of its own, a log and a file with its id."""

    name: str
    command: list[str]
    folder: DataFolder
    environment: Mapping[str, str]
    log: str = ""  # the name of the log where it is not the part's own
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    asked: bool = field(default=False, init=False)

    @property
    def _file(self) -> Path:
        return self.folder.run / f"{self.name}.process"

    def start(self) -> None:
        """Start the process and note its id and birth mark."""
        with self.folder.log(self.log or self.name).open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=dict(self.environment),
                start_new_session=True,
            )
        note = {"pid": self.process.pid, "mark": birth_mark(self.process.pid)}
        write_private(self._file, json.dumps(note) + "\n")

    def alive(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def wait(self) -> int:
        """Wait for the end of a step; its exit code."""
        return self.process.wait() if self.process is not None else 0

    def ask_to_stop(self) -> None:
        """Ask once without waiting, so that all parts stop at the same time."""
        if self.process is not None and not self.asked and self.alive():
            self.process.terminate()
            self.asked = True

    def stop(self) -> None:
        """Stop the process and what it left behind."""
        self.ask_to_stop()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        stop_orphan(self.folder, self._file)


def web(folder: DataFolder, environment: Mapping[str, str], port: int) -> Part:
    """Return the web server."""
    command = [sys.executable, "-m", "uvicorn", "servicedesk.asgi:application"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    # TRUSTED_PROXIES alone says whose word about addresses counts.
    command += ["--no-proxy-headers"]
    # Pages that listen for events never end by themselves.
    command += ["--timeout-graceful-shutdown", "3"]
    return Part("web", command, folder, environment)


def workers(folder: DataFolder, environment: Mapping[str, str]) -> list[Part]:
    """Return the Celery workers: letters and long work hold up nobody else."""
    return [
        _worker("worker", "celery", folder, environment),
        _worker("letters", "letters", folder, environment),
        _worker("jobs", "jobs,drills", folder, environment),
    ]


def _worker(
    name: str, queue: str, folder: DataFolder, environment: Mapping[str, str]
) -> Part:
    command = [sys.executable, "-m", "celery", "-A", "servicedesk", "worker"]
    command += ["--queues", queue, "--hostname", f"{name}@%h"]
    command += ["--concurrency", "1", "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle"]
    return Part(name, command, folder, environment)


def beat(folder: DataFolder, environment: Mapping[str, str]) -> Part:
    """Return the Celery beat."""
    command = [sys.executable, "-m", "celery", "-A", "servicedesk", "beat"]
    command += ["--schedule", str(folder.run / "beat-schedule"), "--pidfile="]
    return Part("beat", [*command, "--loglevel", "INFO"], folder, environment)


def setup(folder: DataFolder, environment: Mapping[str, str], *words: str) -> Part:
    """Return a command of manage.py that has to end before the desk can begin."""
    return Part(words[0], manage(*words), folder, environment, log="setup")


def stop_orphans(folder: DataFolder) -> list[str]:
    """Stop processes that an `up` that was killed left behind; their names."""
    files = sorted(folder.run.glob("*.process"))
    return [file.stem for file in files if stop_orphan(folder, file)]


def stop_orphan(folder: DataFolder, file: Path) -> bool:
    """Stop the process of a file and its group; True when there was one."""
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
        pid, mark = int(note["pid"]), str(note["mark"])
    except (FileNotFoundError, ValueError, KeyError):
        return False
    found = bool(mark) and birth_mark(pid) == mark
    if found:
        end(pid, mark, signal.SIGTERM, signal.SIGKILL, patience=PATIENCE)
    # A leader that was killed leaves its children; the group still has its number.
    if mark and not birth_mark(pid):
        found = _stop_group(pid, f"{MARK}={folder.path}") or found
    file.unlink(missing_ok=True)
    return found


def _stop_group(group: int, mark: str) -> bool:
    left = [(pid, birth_mark(pid)) for pid in group_members(group, mark)]
    for pid, _ in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid, birth in left:
        wait_gone(pid, birth, 5)
    return bool(left)

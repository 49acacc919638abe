"""`desk.py down`: stop the desk of a data folder, whatever is left of it."""

import json
import signal

from servicedesk.embedded import parts
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock
from servicedesk.embedded.processes import birth_mark, send
from servicedesk.embedded.servers import Servers

PATIENCE = 60  # seconds: a running task may finish


def down(folder: DataFolder) -> int:
    """Stop a running `up`, orphans of a killed one, and unused servers."""
    if not folder.path.exists():
        print(f"Nothing to stop: there is no data folder {folder.path}.")
        return 0
    folder.open()
    lock = FileLock(folder.run / "up.lock")
    was_running = not lock.take()
    if was_running:
        _ask(lock)
        if not lock.take(PATIENCE):
            _force(lock)
    orphans = parts.stop_orphans(folder)
    for name in orphans:
        print(f"Stopped {name}, left behind by an earlier run.")
    servers = Servers(folder)
    if servers.stop_orphans():
        print("The desk is stopped." if was_running else "Everything is stopped.")
    else:
        print("The servers stay: another desk.py command uses them.")
    lock.free()
    return 0


def _holder(lock: FileLock) -> tuple[int, str]:
    try:
        note = json.loads(lock.note())
        return int(note["pid"]), str(note["mark"])
    except (ValueError, KeyError) as error:
        raise DeskError(
            "A desk is just starting in this folder. Try again in a moment."
        ) from error


def _ask(lock: FileLock) -> None:
    pid, mark = _holder(lock)
    print("Stopping the running desk …", flush=True)
    if birth_mark(pid) == mark:
        send(pid, signal.SIGTERM)


def _force(lock: FileLock) -> None:
    pid, mark = _holder(lock)
    print("It does not stop by itself; it is ended by force.", flush=True)
    if birth_mark(pid) == mark:
        send(pid, signal.SIGKILL)
    if not lock.take(10):
        raise DeskError(f"Process {pid} could not be ended. End it yourself.")

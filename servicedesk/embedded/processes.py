"""Finding and ending processes by a name that is never given twice: id and start."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROC = Path("/proc")
ON_LINUX = sys.platform == "linux"


# Servers outlive the object that started them; the list keeps their handles, so that
# they can be reaped when they end and Python does not miss them.
_launched: list[subprocess.Popen[bytes]] = []


def launch(
    command: list[str],
    log: Path,
    *,
    directory: Path,
    said: str = "",
    **options: Any,
) -> int:
    """Start a server that is known by its id from now on; `said` is its first input."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=directory,
            **options,
        )
    _launched.append(process)
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(said.encode())
    return process.pid


def reap() -> None:
    """Let ended servers go, which would otherwise stay as zombies."""
    _launched[:] = [process for process in _launched if process.poll() is None]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the state on; empty when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _ps(pid: int, column: str) -> str:
    """One column of `ps` for a process, for systems without /proc."""
    answer = subprocess.run(
        ["ps", "-o", f"{column}=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def birth_mark(pid: int) -> str:
    """When the process started, as text to compare; empty when none is alive.

    Process ids are given again, after a reboot in the same order, so the mark holds
    the boot as well. A zombie counts as gone: it holds nothing any more.
    """
    if not ON_LINUX:
        return "" if _ps(pid, "stat").startswith("Z") else _ps(pid, "lstart")
    fields = _stat(pid)
    if not fields or fields[0] in "ZX":
        return ""
    boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}:{fields[19]}"


def command_line(pid: int) -> str:
    """Return the command with its arguments, parted by spaces; empty when it is gone."""
    if not ON_LINUX:
        return _ps(pid, "command")
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def _carries(pid: int, mark: str) -> bool:
    """Whether the process has the mark (NAME=value) in its environment."""
    try:
        return mark.encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def group_members(group: int, mark: str) -> list[int]:
    """Living processes of a process group that carry the mark in their environment.

    Where the environment cannot be read (not Linux) the group alone decides.
    """
    if not ON_LINUX:
        listing = subprocess.run(
            ["ps", "-axo", "pid=,pgid=,stat="],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        rows = [line.split() for line in listing.splitlines()]
        return [int(r[0]) for r in rows if r[1] == str(group) and r[2][0] != "Z"]
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat(int(entry.name))
        if fields and fields[0] not in "ZX" and fields[2] == str(group):
            found.append(int(entry.name))
    return [pid for pid in found if _carries(pid, mark)]


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may already be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def wait_gone(pid: int, mark: str, seconds: float) -> bool:
    """Wait until the process of that birth mark is gone; False when it is not."""
    deadline = time.monotonic() + seconds
    while birth_mark(pid) == mark:
        if time.monotonic() > deadline:
            return False
        reap()
        time.sleep(0.05)
    return True


def end(pid: int, mark: str, *numbers: signal.Signals, patience: float = 10) -> None:
    """Send the signals one after the other, each with patience (seconds)."""
    for number in numbers:
        if birth_mark(pid) != mark:
            return
        send(pid, number)
        if wait_gone(pid, mark, patience):
            return

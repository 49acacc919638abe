"""The words of `desk.py` that run a command beside running servers."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from servicedesk.embedded.browser import chromium_environment
from servicedesk.embedded.environment import ROOT, build, data_path, manage
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock
from servicedesk.embedded.place import OUTSIDE
from servicedesk.embedded.ports import free_port
from servicedesk.embedded.servers import Servers
from servicedesk.embedded.up import Desk, StopRequested, say, stoppable

SCRATCH = ROOT / ".test-data"
QUICK = "not browser and not worker and not slow"
NO_TESTS = 5  # pytest's exit code when nothing was selected
# Two processes; what shares a costly fixture (xdist_group) stays in one of them. The
# slowest tests are named at the end, so that a creeping one is seen.
LANE = ("-q", "-n", "2", "--dist", "loadgroup", "--durations", "25")
# What failed in the lane just now, and nothing if that is not known.
AGAIN = ("-v", "--last-failed", "--last-failed-no-failures", "none")
FAILED = 1  # pytest's exit code when tests ran and some failed


def foreground(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    directory: Path | None = None,
) -> int:
    """Run a command that shares the terminal; its exit code.

    Ctrl-C reaches the command by itself; this process stays, to stop the servers
    after it. SIGTERM is passed on.
    """
    waiting: list[subprocess.Popen[bytes]] = []

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        for process in waiting:
            process.send_signal(signal.SIGINT)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda _number, _frame: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        process = subprocess.Popen(command, env=dict(environment), cwd=directory)
        waiting.append(process)
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def manage_command(words: Sequence[str]) -> int:
    """Run manage.py with servers at hand."""
    folder = DataFolder(data_path(None))
    folder.open()
    with stoppable(), Servers(folder) as servers:
        return foreground(manage(*words), build(folder, servers))


def _beside_servers(
    name: str,
    doing: Callable[[dict[str, str]], int],
    *,
    ephemeral: bool,
    keep: bool = False,
) -> int:
    """Call `doing` with the environment of servers of their own: fresh, or kept."""
    SCRATCH.mkdir(exist_ok=True)
    lock = FileLock(SCRATCH / f"{name}.lock")
    if not lock.take():
        raise DeskError(
            f"Another `desk.py {name}` is running in this folder. Wait until it ends."
        )
    folder = DataFolder(SCRATCH / name)
    if not keep:
        clear(folder)
    folder.open()
    with stoppable():
        try:
            with Servers(folder, ephemeral=ephemeral) as servers:
                return doing(build(folder, servers))
        except StopRequested:
            return 130
        finally:
            if ephemeral:
                _clear_outside(folder)
            lock.free()


def clear(folder: DataFolder) -> None:
    """Remove a scratch folder with everything that still runs in it."""
    if not folder.path.exists():
        return
    folder.open()
    if not Servers(folder).stop_orphans():
        raise DeskError(f"{folder.path} is in use by another process.")
    _clear_outside(folder)
    shutil.rmtree(folder.path)


def _clear_outside(folder: DataFolder) -> None:
    """Remove what root's servers keep outside of the folder, when nobody uses it."""
    place = folder.recall("place")
    if place and Servers(folder).stop_orphans():
        folder.remember(place=None)
        shutil.rmtree(place, ignore_errors=True)
        with contextlib.suppress(OSError):  # others may keep theirs there
            OUTSIDE.rmdir()


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest on servers of its own: two lanes, or one run with arguments.

    What fails in the second lane, where whole systems share a small machine, is run
    once more by itself. If it passes then, that is said, and has to be looked into.
    """

    def doing(environment: dict[str, str]) -> int:
        # A clean clone has no compiled ones: half of the pages would be in English.
        compiled = foreground(manage("compile_translations"), environment)
        if compiled:
            return compiled
        environment.pop("DJANGO_SETTINGS_MODULE")  # pyproject.toml names the tests' own
        pytest = [sys.executable, "-m", "pytest"]
        if arguments:
            return foreground([*pytest, *arguments], environment, directory=ROOT)
        quick = _lane("quick tests", [*pytest, *LANE, "-m", QUICK], environment)
        if quick < 0 or quick == 2:  # noqa: PLR2004 - interrupted
            return 1
        marks = f"not ({QUICK})"
        rest = _lane("the rest", [*pytest, *LANE, "-m", marks], environment)
        unsteady = rest == FAILED
        if unsteady:
            title = "the rest: what failed, once more by itself"
            rest = _lane(title, [*pytest, *AGAIN, "-m", marks], environment)
            unsteady = rest == 0
            rest = FAILED if rest == NO_TESTS else rest
        say(f"\nquick tests: {_verdict(quick)}")
        say(f"the rest:    {_verdict(rest)}")
        if unsteady:
            say("UNSTEADY: what passed at the second try only. Look into it.")
        return 0 if {quick, rest} <= {0, NO_TESTS} else 1

    os.environ.update(chromium_environment(say))
    return _beside_servers("test", doing, ephemeral=True)


def _lane(title: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    say(f"\n=== {title} ===")
    return foreground(command, environment, directory=ROOT)


def _verdict(code: int) -> str:
    return {0: "passed", NO_TESTS: "none found"}.get(code, f"FAILED (exit {code})")


def run_bench(arguments: Sequence[str]) -> int:
    """Run the measurements on durable servers of their own.

    With `--keep` what an earlier run filled is there again: a million tickets take
    minutes to make.
    """

    def doing(environment: dict[str, str]) -> int:
        command = [sys.executable, "-m", "bench", *arguments]
        return foreground(command, environment, directory=ROOT)

    keep = "--keep" in arguments
    return _beside_servers("bench", doing, ephemeral=False, keep=keep)


def run_shots(arguments: Sequence[str]) -> int:
    """Photograph the pages of a complete desk with demonstration data."""
    os.environ.update(chromium_environment(say))
    folder = DataFolder(SCRATCH / f"shots-{os.getpid()}-{random.getrandbits(24):x}")
    folder.open()
    try:
        with stoppable(), Desk(folder, free_port(), demo=True) as desk:
            environment = desk.environment | {"BASE_URL": desk.address}
            command = [sys.executable, "-m", "tests.browser.shots", *arguments]
            return foreground(command, environment, directory=ROOT)
    except StopRequested:
        return 130
    finally:
        clear(folder)

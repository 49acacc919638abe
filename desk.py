#!/usr/bin/env python3
"""Servicedesk from nothing but Python and pip: environment, servers, processes.

Uses the standard library only, because it runs before anything is installed. It
makes `.venv` beside itself, installs the locked packages, and starts itself again
with the environment's own Python, where `servicedesk.embedded` does the work.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
OLDEST_PIP = (22, 3)  # the first that installs into another environment

ABOUT = """\
Servicedesk on one machine. Needs only Python 3.11 or later and pip.

  python3 desk.py up       start everything and keep it running (Ctrl-C stops it)
  python3 desk.py down     stop a desk that runs elsewhere or was killed
  python3 desk.py test     run all tests on servers of their own
  python3 desk.py check    lint, types, architecture, translations
  python3 desk.py bench    measure speed
  python3 desk.py shots    photograph every page into a folder
  python3 desk.py WORD …   anything else is a command of manage.py (migrate, shell, …)

`python3 desk.py WORD --help` explains a word. With DATABASE_URL and REDIS_URL set,
those servers are used in place of its own. Data is kept in .data (or DATA_DIR).
"""

HELP = {
    "up": (
        "Start the database, the broker, the web server, the worker and the beat, and "
        "keep them running until Ctrl-C. The first time it makes secrets and loads "
        "demonstration data; later it goes on with its data."
    ),
    "down": (
        "Stop the desk of a data folder: a running `up`, and whatever is left of one "
        "that was killed."
    ),
    "test": (
        "Install what tests need (as root on Debian also Chromium) and run all of "
        "them: the quick ones, then those with a browser, a worker or patience. What "
        "follows `test` goes to pytest: python3 desk.py test tests/tickets -x"
    ),
    "check": (
        "Run lint, format, types, architecture, templates, deployment settings, "
        "migrations and translations; all run, and a summary tells which failed. "
        "Django's own check command: python3 desk.py manage check"
    ),
    "bench": "Measure speed on durable servers; what follows goes to `python -m bench`.",
    "shots": (
        "Start a desk with demonstration data and photograph every page. What follows "
        "goes to `python -m tests.browser.shots`."
    ),
    "manage": "Run a command of manage.py with the servers at hand.",
}
PASSING = ("test", "bench", "shots", "manage")  # what follows is not ours
LOCKS = {"up": "desk", "down": "desk", "manage": "desk"}  # the others need "dev"


class SetupError(Exception):
    """Something a person can put right, as a sentence."""


# --- the environment ---


class Environment:
    """The virtual environment beside this file.

    `stamp` is written last and removed first, `building` the other way round, so
    that an environment whose making was killed is never taken for a whole one.
    """

    def __init__(self, root: Path, base_python: str) -> None:
        self.root = root
        self.path = root / ".venv"
        self.python = self.path / "bin" / "python"
        self.base_python = base_python
        self._stamp = self.path / "desk-stamp.json"
        self._building = self.path / "desk-building"

    def ensure(self, lock: str) -> None:
        """Have the packages of requirements-<lock>.lock installed, and whole."""
        if self.is_current(lock):
            return
        with _only_one(self.root):
            if self.is_current(lock):  # another one made it while we waited
                return
            if self.is_broken():
                self._remove()
            self._install(lock)

    def is_current(self, lock: str) -> bool:
        """Whether the stamp says that the present lock file was installed.

        The lock `dev` contains all of `desk`.
        """
        installed = self._installed()
        return not self.is_broken() and any(
            installed.get(name) == self._fingerprint(name) for name in {lock, "dev"}
        )

    def is_broken(self) -> bool:
        """Whether its making was cut short, or its Python has gone or changed."""
        if self._building.exists() or not (self.path / "pyvenv.cfg").exists():
            return True
        version = "import sys; print('python{}.{}'.format(*sys.version_info))"
        try:
            answer = subprocess.run(
                [str(self.python), "-c", version],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            return True
        packages = self.path / "lib" / answer.stdout.strip() / "site-packages"
        return answer.returncode != 0 or not packages.exists()

    def _installed(self) -> dict[str, str]:
        try:
            stamp: dict[str, str] = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp

    def _fingerprint(self, lock: str) -> str:
        return hashlib.sha256(self._lock_file(lock).read_bytes()).hexdigest()

    def _lock_file(self, lock: str) -> Path:
        return self.root / f"requirements-{lock}.lock"

    def _remove(self) -> None:
        if self.path.is_symlink():
            self.path.unlink()
        elif self.path.exists():
            print("The environment .venv is not whole; it is made again.", flush=True)
            shutil.rmtree(self.path)

    def _install(self, lock: str) -> None:
        print(f"Installing packages ({self._lock_file(lock).name}) …", flush=True)
        self.path.mkdir(exist_ok=True)
        self._building.touch()
        self._stamp.unlink(missing_ok=True)
        installer = self._installer()
        command = ["install", "-qq", "--require-hashes", "--no-input"]
        command += ["--disable-pip-version-check"]
        done = subprocess.run(
            [*installer, *command, "-r", str(self._lock_file(lock))],
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise SetupError(
                "The packages could not be installed; pip's message is above. If it is "
                "about the network, try again when there is one; nothing is lost."
            )
        stamp = {lock: self._fingerprint(lock)}
        self._stamp.write_text(json.dumps(stamp) + "\n", encoding="utf-8")
        self._building.unlink()

    def _installer(self) -> list[str]:
        """Make the environment if it is missing; a pip that installs into it."""
        venv = [self.base_python, "-m", "venv", "--upgrade-deps", str(self.path)]
        outside = _pip_version(self.base_python) >= OLDEST_PIP
        if outside:  # quicker, and Debian may lack ensurepip
            venv = [self.base_python, "-m", "venv", "--without-pip", str(self.path)]
        elif _runs(self.base_python, "import ensurepip"):
            venv.remove("--upgrade-deps")
        else:
            raise SetupError(
                "There is no pip that could install the packages. Install one "
                "(Debian: apt-get install python3-pip) and start again."
            )
        if not (self.path / "pyvenv.cfg").exists():
            done = subprocess.run(venv, capture_output=True, text=True, check=False)
            if done.returncode:
                reason = (done.stdout + done.stderr).strip()
                raise SetupError(f"The environment .venv cannot be made:\n{reason}")
        if outside:
            return [self.base_python, "-m", "pip", "--python", str(self.python)]
        return [str(self.python), "-m", "pip"]


class _only_one:  # noqa: N801 - reads as a phrase
    """Lets one process at a time build in a folder; a dead one lets go by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        import fcntl  # noqa: PLC0415 - not on Windows, which has its own message

        self._descriptor = os.open(self._folder, os.O_RDONLY)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_details: object) -> None:
        os.close(self._descriptor)


def _runs(python: str, code: str) -> bool:
    done = subprocess.run([python, "-c", code], capture_output=True, check=False)
    return done.returncode == 0


def _pip_version(python: str) -> tuple[int, ...]:
    """Return the version of a Python's pip; empty when it has none."""
    done = subprocess.run(
        [python, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    words = done.stdout.split()
    if done.returncode or len(words) < 2:  # noqa: PLR2004 - "pip 23.2.1 from …"
        return ()
    return tuple(int(part) for part in words[1].split(".")[:2] if part.isdigit())


def check_python() -> None:
    """Refuse a Python or a system that this cannot run on."""
    if sys.version_info < OLDEST:
        newer = [f"python3.{minor}" for minor in range(14, 10, -1)]
        found = next((name for name in newer if shutil.which(name)), None)
        raise SetupError(
            "Servicedesk needs Python 3.11 or later; this is {}.{}. {}".format(
                *sys.version_info[:2],
                f"Start it with: {found} desk.py"
                if found
                else "Install a newer one, for example from python.org.",
            )
        )
    if os.name != "posix":
        raise SetupError("Servicedesk runs on Linux and macOS; on Windows use WSL.")


# --- the words ---


def parse(arguments: list[str]) -> tuple[str, argparse.Namespace, list[str]]:
    """Split a command line into the word, its options, and what is passed on."""
    word, rest = arguments[0], arguments[1:]
    if word not in HELP:
        return "manage", argparse.Namespace(), arguments
    parser = argparse.ArgumentParser(prog=f"desk.py {word}", description=HELP[word])
    if word in {"up", "down"}:
        parser.add_argument(
            "--data", metavar="DIR", help="the data folder (default: .data)"
        )
    if word == "up":
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument(
            "--no-demo",
            dest="demo",
            action="store_false",
            help="do not load demonstration data into a new database",
        )
    if word in PASSING:
        if rest[:1] in (["--help"], ["-h"]):
            parser.print_help()
            raise SystemExit(0)
        return word, argparse.Namespace(), rest
    return word, parser.parse_args(rest), []


def main(arguments: list[str]) -> int:
    """Do what the command line says; the exit code."""
    if not arguments or arguments[0] in {"--help", "-h", "help"}:
        print(ABOUT, end="")
        return 0
    try:
        check_python()
        word, options, rest = parse(arguments)
        base = getattr(sys, "_base_executable", sys.executable)
        environment = Environment(ROOT, base)
        environment.ensure(LOCKS.get(word, "dev"))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if Path(sys.prefix).resolve() != environment.path.resolve():
        python = str(environment.python)
        os.execv(  # noqa: S606 - no shell wanted
            python, [python, str(ROOT / "desk.py"), *arguments]
        )
    from servicedesk.embedded import words  # noqa: PLC0415 - only now installed

    return words.run(word, options, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

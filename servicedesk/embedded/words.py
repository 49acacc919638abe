"""Turns a parsed command line of `desk.py` into a call."""

import argparse
import sys
from collections.abc import Sequence

from servicedesk.embedded import checks, commands
from servicedesk.embedded.down import down
from servicedesk.embedded.environment import data_path
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.up import StopRequested, up


def run(word: str, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Do what the word says; the exit code. Errors are printed as sentences."""
    try:
        return _call(word, options, rest)
    except DeskError as error:
        print(error, file=sys.stderr)
        return 1
    except StopRequested:
        return 130


def _call(word: str, options: argparse.Namespace, rest: Sequence[str]) -> int:
    if word == "up":
        return up(DataFolder(data_path(options.data)), options.port, demo=options.demo)
    if word == "down":
        return down(DataFolder(data_path(options.data)))
    if word == "check":
        return checks.check()
    passing = {
        "test": commands.run_tests,
        "bench": commands.run_bench,
        "shots": commands.run_shots,
        "manage": commands.manage_command,
    }
    return passing[word](rest)

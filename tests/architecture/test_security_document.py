"""docs/security.md names every requirement once, and only files and tests that exist."""

import ast
import collections
import functools
import pathlib
import re

import pytest
from django.conf import settings

from tests.architecture.asvs import AIMED_AT, LEVEL_1, LEVEL_2

pytestmark = pytest.mark.architecture
ROOT = pathlib.Path(settings.ROOT)
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
STATES = {"kept", "not applicable", "open"}
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
QUOTED = re.compile(r"`([^`]+)`")


def test_every_number_of_levels_1_and_2_stands_there_once():
    assert (len(LEVEL_1), len(LEVEL_1 | LEVEL_2)) == (70, 253)
    counted = collections.Counter(row[0] for row in ROWS)
    assert [number for number, times in counted.items() if times > 1] == []
    assert set(counted) == LEVEL_1 | LEVEL_2 | AIMED_AT


def test_each_bears_its_level_and_a_state_and_says_where_or_why():
    for number, level, asks, state, where, _test in ROWS:
        expected = "1" if number in LEVEL_1 else "2" if number in LEVEL_2 else "3"
        assert level == expected, number
        assert state in STATES, number
        assert asks, number
        assert len(where) > 3, number


def test_the_sum_at_the_top_is_right():
    counted = collections.Counter(row[3] for row in ROWS)
    said = (
        f"Of {len(ROWS)} numbers (levels 1 and 2, and six of level 3) "
        f"{counted['kept']} are kept, {counted['not applicable']} do not apply, "
        f"{counted['open']} are open."
    )
    assert said in TEXT


@functools.cache
def _tests_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_test_that_is_named_exists(row):
    for named in QUOTED.findall(row[5]):
        path, _, name = named.partition("::")
        assert name in _tests_in(path), named
    assert row[5] == "–" or QUOTED.fullmatch(row[5])


def test_every_file_that_is_named_exists():
    folders = ("servicedesk", "customers", "tickets", "docs", "deploy", "templates")
    named = {
        each.partition("::")[0]
        for each in QUOTED.findall(TEXT)
        if each.split("/")[0] in {*folders, "tests"} and " " not in each
    }
    assert len(named) > 50
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []
    linked = re.findall(r"\]\(([\w./-]+)\)", TEXT)
    assert [each for each in linked if not (ROOT / "docs" / each).exists()] == []

"""Rules about the source itself, each one cheap enough to run every time."""

import ast
import pathlib
import re

import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.conf import settings

pytestmark = pytest.mark.architecture
ROOT = pathlib.Path(settings.ROOT)
OURS = [
    "servicedesk",
    "customers",
    "knowledge",
    "equipment",
    "training",
    "tickets",
    "complaints",
    "quality",
]
SOURCES = [
    path
    for app in OURS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
] + [ROOT / "desk.py", ROOT / "manage.py"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST_FILE, LONGEST_FUNCTION, SHORT_SHARE = 400, 40, 0.95


def _name(path):
    return path.relative_to(ROOT).as_posix()


def _functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_stay_short_and_say_what_they_are_for(path):
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no opening sentence"


def test_no_file_of_ours_is_longer_than_400_lines():
    ours = [
        path
        for folder in ("tests", "bench", "static", "templates")
        for suffix in ("*.py", "*.js", "*.css", "*.html")
        for path in (ROOT / folder).rglob(suffix)
    ]
    long = [_name(path) for path in ours if path.read_text().count("\n") > LONGEST_FILE]
    assert long == []


def test_95_of_100_functions_stay_under_40_lines():
    lengths = {
        f"{_name(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in SOURCES
        for node in _functions(path)
    }
    long = {name: lines for name, lines in lengths.items() if lines >= LONGEST_FUNCTION}
    assert len(long) <= len(lengths) * (1 - SHORT_SHARE), long


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_rules_do_not_know_the_web(path):
    inside = {"actions", "models"} & set(path.relative_to(ROOT).parts)
    web = ("django.http", "django.forms", "django.shortcuts", "django.contrib.messages")
    assert not inside or not [m for m in _imports(path) if m.startswith(web)]


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_actions_change_a_status(path):
    if "actions" in path.parts:
        return
    assert not re.search(r"\.(status|stage) = ", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_templates_keep_to_the_content_security_policy(path):
    text = path.read_text()
    assert not re.search(
        r"<script(?![^>]*(\bsrc=|type=\"application/json\"))|<style|\sstyle=|\son[a-z]+=|hx-on|hx-vals=.js:",
        text,
    )


BY_STRING = re.compile(
    r"""(ForeignKey|OneToOneField|ManyToManyField)\(\s*["'](?!self)"""
)
# The line of import-linter, lowest first; templates and strings escape that tool.
HEIGHT = {
    "core": 0,
    "staff": 1,
    "account": 1,
    "mfa": 1,
    "usersessions": 1,
    "audit": 2,
    "backups": 2,
    "customers": 3,
    "knowledge": 3,
    "equipment": 3,
    "training": 4,
    "tickets": 4,
    "complaints": 5,
    "quality": 6,
}
URL_NAME = re.compile(r"""{% url ["'](\w+):""")
TEMPLATE = re.compile(r"""{% (?:include|extends) ["'](\w+)/""")


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_relations_name_the_class_so_that_the_import_graph_sees_them(path):
    assert not BY_STRING.search(path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_templates_only_point_downwards(path):
    app = path.relative_to(ROOT / "templates").parts[0]
    text = path.read_text()
    named = [n for n in URL_NAME.findall(text) + TEMPLATE.findall(text) if n in HEIGHT]
    assert [n for n in named if HEIGHT[n] > HEIGHT.get(app, 99)] == []


def test_every_model_is_in_the_audit_log_or_says_why_not():
    labels = {"core", "staff", "backups"} | {
        "customers",
        "tickets",
        "quality",
        "complaints",
    }
    ours = {m for m in apps.get_models() if m._meta.app_label in labels}
    silent = {m.__name__ for m in ours - set(auditlog.get_models())}
    excused = {m.__name__ for m in ours if getattr(m, "audit_skip", "")}
    assert silent <= excused


def test_one_place_masks():
    """Whoever shows a customer's value asks `customers.queries.masks`, with a reader."""
    own = {"customers/queries/masks.py", "servicedesk/core/encryption/masks.py"}
    masking = re.compile(r"\bmask_(any|name|phone|email|id|account|text)\b|masked_name")
    found = [_name(path) for path in SOURCES if masking.search(path.read_text())]
    assert set(found) <= own


def test_no_lock_file_names_a_registry():
    for path in ROOT.glob("requirements*.lock"):
        assert not re.search(r"https?://|index-url|find-links", path.read_text())


def _pinned(name):
    """Return the lines of a lock file that name a package and its version."""
    text = (ROOT / f"{name}.lock").read_text()
    return {line.rstrip(" \\") for line in text.splitlines() if "==" in line}


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements", "requirements-desk"),
        ("requirements-desk", "requirements-dev"),
    ],
)
def test_each_lock_holds_the_smaller_one(smaller, larger):
    """What a newcomer's desk installs is all that the running system needs."""
    assert _pinned(smaller) <= _pinned(larger)


@pytest.mark.parametrize(
    "name", ["requirements", "requirements-desk", "requirements-dev"]
)
def test_each_lock_holds_what_was_asked_for(name):
    asked = (ROOT / f"{name}.in").read_text().splitlines()
    names = {re.split(r"[<>=\[]", line)[0] for line in asked if line[:1].isalnum()}
    pinned = {line.split("==")[0] for line in _pinned(name)}
    assert {each.lower() for each in names} <= pinned


def test_javascript_carries_no_text_and_evaluates_nothing():
    for path in (ROOT / "static" / "js").glob("*.js"):
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function\(", text), path.name
        assert not re.search(r"[\u4e00-\u9fff]", text), path.name


def test_a_group_of_tests_stays_in_one_process(request):
    """What shares a costly server is marked so; a pytest that ignores it is noticed."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("There is one process only.")
    grouped = [
        item for item in request.session.items if item.get_closest_marker("xdist_group")
    ]
    assert all("@" in item.nodeid for item in grouped)

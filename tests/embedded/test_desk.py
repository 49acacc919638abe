"""`desk.py` itself: the words, and an environment that mends itself."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _load():
    spec = importlib.util.spec_from_file_location("desk", ROOT / "desk.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


desk = _load()


@pytest.fixture
def environment(tmp_path):
    """Make a project whose lock files name nothing, so that installing is quick."""
    for name in ("desk", "dev"):
        (tmp_path / f"requirements-{name}.lock").write_text(f"# {name}: nothing\n")
    return desk.Environment(tmp_path, getattr(sys, "_base_executable", sys.executable))


def _keep(environment):
    """Put a mark into the environment that is gone when it was made again."""
    mark = environment.path / "mark"
    mark.touch()
    return mark


@pytest.mark.slow
def test_the_environment_is_made_once(environment, capsys):
    environment.ensure("desk")
    assert environment.python.exists()
    mark = _keep(environment)
    capsys.readouterr()
    environment.ensure("desk")
    assert mark.exists()
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_killed_making_is_begun_again(environment):
    environment.ensure("desk")
    mark = _keep(environment)
    (environment.path / "desk-building").touch()
    environment.ensure("desk")
    assert not mark.exists()
    assert environment.is_current("desk")


@pytest.mark.slow
def test_a_changed_lock_file_is_installed(environment, capsys):
    environment.ensure("desk")
    mark = _keep(environment)
    (environment.root / "requirements-desk.lock").write_text("# other\n")
    assert not environment.is_current("desk")
    environment.ensure("desk")
    assert environment.is_current("desk")
    assert mark.exists()  # brought up to date, not made again


@pytest.mark.slow
def test_the_environment_for_tests_serves_the_desk_too(environment):
    environment.ensure("dev")
    assert environment.is_current("desk")
    (environment.root / "requirements-dev.lock").write_text("# other\n")
    assert not environment.is_current("desk")


def test_an_empty_folder_or_a_lost_python_is_not_an_environment(environment):
    assert environment.is_broken()
    environment.path.mkdir()
    assert environment.is_broken()
    (environment.path / "pyvenv.cfg").touch()
    assert environment.is_broken()


@pytest.mark.slow
def test_a_failed_installation_says_what_to_do(environment, capfd):
    lock = environment.root / "requirements-desk.lock"
    lock.write_text("no-such-package-here==1.0\n")  # no hash: pip refuses at once
    with pytest.raises(desk.SetupError, match="could not be installed"):
        environment.ensure("desk")
    assert not environment.is_current("desk")
    lock.write_text("# nothing\n")
    environment.ensure("desk")
    assert environment.is_current("desk")


def test_an_old_python_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(desk.sys, "version_info", (3, 9, 2))
    with pytest.raises(desk.SetupError, match=r"needs Python 3\.11.*this is 3\.9"):
        desk.check_python()


def test_words():
    word, options, rest = desk.parse(["up", "--port", "9000", "--no-demo"])
    assert (word, options.port, options.demo, rest) == ("up", 9000, False, [])
    assert desk.parse(["test", "-k", "resolve"])[2] == ["-k", "resolve"]
    assert desk.parse(["migrate", "--plan"])[::2] == ("manage", ["migrate", "--plan"])


@pytest.mark.parametrize("word", sorted(desk.HELP))
def test_every_word_has_help(word, capsys):
    with pytest.raises(SystemExit) as end:
        desk.parse([word, "--help"])
    assert end.value.code == 0
    assert f"desk.py {word}" in capsys.readouterr().out


def test_help_needs_nothing_installed(tmp_path):
    script = tmp_path / "desk.py"
    script.write_text((ROOT / "desk.py").read_text())
    answer = subprocess.run(
        [sys.executable, "-I", str(script)], capture_output=True, text=True, check=True
    )
    for word in ("up", "down", "test", "check", "bench", "shots"):
        assert f"desk.py {word}" in answer.stdout
    assert not (tmp_path / ".venv").exists()


def test_the_stamp_is_readable(environment):
    environment.path.mkdir()
    stamp = environment.path / "desk-stamp.json"
    stamp.write_text("{")
    assert environment._installed() == {}
    stamp.write_text(json.dumps({"desk": "abc"}))
    assert environment._installed() == {"desk": "abc"}

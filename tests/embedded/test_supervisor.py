"""What dies is started again, later each time; orphans are found and stopped."""

import sys
import time

import pytest

from servicedesk.embedded import parts
from servicedesk.embedded.environment import MARK
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.processes import birth_mark, command_line
from servicedesk.embedded.supervisor import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


class Mortal:
    name = "worker"

    def __init__(self):
        self.living, self.starts, self.refusal = True, 0, None

    def alive(self):
        return self.living

    def start(self):
        self.starts += 1
        if self.refusal:
            raise DeskError(self.refusal)
        self.living = True


@pytest.fixture
def watch():
    """Give a supervisor of one mortal, its clock and what it said."""
    mortal, now, said = Mortal(), [0.0], []
    return mortal, now, said, Supervisor([mortal], said.append, lambda: now[0])


def _die_and_wait(mortal, now, supervisor):
    """Seconds until a dead worker is started again."""
    mortal.living, began, starts = False, now[0], mortal.starts
    while mortal.starts == starts:
        supervisor.look()
        now[0] += 0.5
    return now[0] - began - 0.5


def test_delays_grow_up_to_half_a_minute(watch):
    mortal, now, _said, supervisor = watch
    delays = [_die_and_wait(mortal, now, supervisor) for _ in range(7)]
    assert delays == [1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_makes_earlier_deaths_forgotten(watch):
    mortal, now, said, supervisor = watch
    _die_and_wait(mortal, now, supervisor)
    _die_and_wait(mortal, now, supervisor)
    now[0] += 120
    assert _die_and_wait(mortal, now, supervisor) == 1
    assert said[0] == "worker has stopped by itself; it is started again in 1 s."
    assert said[-1] == "worker runs again."


def test_a_start_that_is_refused_is_said_and_tried_again(watch):
    mortal, now, said, supervisor = watch
    mortal.refusal = "The disk is full."
    _die_and_wait(mortal, now, supervisor)
    assert said[-1] == "The disk is full."
    mortal.refusal = None
    assert _die_and_wait(mortal, now, supervisor) == 2
    assert mortal.alive()


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.open()
    return folder


def _part(folder, command):
    return parts.Part("web", command, folder, {MARK: str(folder.path)})


def test_an_orphan_is_stopped_by_the_next_start(folder):
    part = _part(folder, SLEEP)
    part.start()
    assert parts.stop_orphans(folder) == ["web"]
    assert not part.alive()
    assert parts.stop_orphans(folder) == []


def test_children_of_a_killed_leader_are_stopped(folder):
    family = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid)"
    part = _part(folder, [sys.executable, "-uc", family, *SLEEP])
    part.start()
    part.process.wait(10)  # the leader is gone, its child sleeps on
    child = int(folder.log("web").read_text())
    assert birth_mark(child)
    assert parts.stop_orphans(folder) == ["web"]
    assert not birth_mark(child)


def test_a_stranger_with_the_same_number_is_left_alone(folder):
    part = _part(folder, SLEEP)
    part.start()
    note = folder.run / "web.process"
    note.write_text(note.read_text().replace('"mark": "', '"mark": "another boot '))
    assert parts.stop_orphans(folder) == []
    assert part.alive()
    part.process.kill()
    part.process.wait()


def test_stopping_asks_first(folder):
    polite = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit())); "
        "print('hello'); time.sleep(60)"
    )
    part = _part(folder, [sys.executable, "-uc", polite])
    part.start()
    while "hello" not in folder.log("web").read_text():
        time.sleep(0.02)
    part.stop()
    assert folder.log("web").read_text() == "hello\nbye\n"


def test_the_command_of_a_dead_process_is_empty():
    assert command_line(2**22 + 1) == ""
    assert birth_mark(2**22 + 1) == ""

"""The units without Docker start what compose starts."""

import re
import shutil
import subprocess

import pytest

from tests.production.compose import ROOT, read

UNITS = ROOT / "deploy/systemd"
SAME = {
    "servicedesk-migrate.service": "migrate",
    "servicedesk-web@.service": "web-1",
    "servicedesk-worker@.service": "worker-1",
    "servicedesk-jobs@.service": "worker-jobs",
    "servicedesk-beat.service": "beat",
}


def test_each_process_has_a_unit():
    assert {unit.name for unit in UNITS.glob("*.service")} == set(SAME)


@pytest.mark.parametrize(("unit", "service"), SAME.items())
def test_a_unit_starts_what_compose_starts(unit, service):
    text = (UNITS / unit).read_text(encoding="utf-8")
    words = re.search(r"^ExecStart=\S*/bin/(.*)$", text, re.MULTILINE)[1].split()
    command = read()["services"][service]["command"]
    places = {"0.0.0.0": "127.0.0.1", "8000": "%i", "daily@%h": "daily-%i@%%h"}
    places["jobs@%h"] = "jobs-%i@%%h"

    assert words == [places.get(word, word) for word in command]
    assert "NoNewPrivileges=yes" in text
    assert "User=servicedesk" in text


def test_drills_have_a_unit_for_a_machine_of_their_own():
    folder = ROOT / "deploy/drills"
    unit = (folder / "servicedesk-drills.service").read_text(encoding="utf-8")
    jobs = (UNITS / "servicedesk-jobs@.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=.*$", jobs, re.MULTILINE)[0]
    like = command.replace("jobs-%i", "drills").replace(
        "--queues jobs", "--queues drills"
    )
    assert like.replace("--concurrency 2", "--concurrency 1") in unit
    assert jobs.partition("[Service]")[2].count("=yes") == unit.count("=yes")
    given = (folder / "servicedesk-drills.env").read_text(encoding="utf-8")
    settings = (ROOT / "servicedesk/settings/base.py").read_text(encoding="utf-8")
    for name in re.findall(r"^(\w+?)(?:_FILE)?=", given, re.MULTILINE):
        assert f'"{name}"' in settings or f'"{name}_FILE"' in settings


def test_the_units_get_the_same_settings_as_the_containers():
    text = (UNITS / "servicedesk.env").read_text(encoding="utf-8")
    given = set(re.findall(r"^(\w+)=", text, re.MULTILINE))
    compose = set(read()["services"]["web-1"]["environment"])
    image = set(
        re.findall(r"(\w+)=\S+ ?\\?$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    )
    assert compose <= given
    assert given - compose <= image | {"PYTHONUNBUFFERED", "STATIC_ROOT", "DATA_DIR"}


def test_migrations_alone_get_the_owner_of_the_tables():
    address = "database_owner_url"
    own = (UNITS / "servicedesk-migrate.env").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+)=.*/(\w+)$", own, re.MULTILINE) == [
        ("DATABASE_URL_FILE", address)
    ]
    assert address not in (UNITS / "servicedesk.env").read_text(encoding="utf-8")
    for unit in SAME:
        text = (UNITS / unit).read_text(encoding="utf-8")
        files = re.findall(
            r"^EnvironmentFile=/etc/servicedesk/(\S+)$", text, re.MULTILINE
        )
        also = ["servicedesk-migrate.env"] if "migrate" in unit else []
        assert files == ["servicedesk.env", *also], "what comes later counts"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
def test_systemd_itself_reads_them(tmp_path):
    for unit in SAME:
        name = unit.replace("@.", "@8001.")
        text = (UNITS / unit).read_text(encoding="utf-8")
        # The programs of the true place are not here.
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text)
        text = text.replace("/opt/servicedesk", "/")
        (tmp_path / name).write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        complaints = [line for line in done.stderr.splitlines() if name in line]
        assert not complaints

"""The files of point-in-time recovery agree with each other and with the desk's own."""

import configparser
import re
import shutil
import subprocess

import pytest
import yaml

from tests.pitr.ground import COMPOSE, SHIPPED
from tests.production.compose import FILE

UNITS = SHIPPED / "systemd"


@pytest.fixture(scope="module")
def ours():
    return yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def desk():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings():
    read = configparser.ConfigParser(interpolation=None)
    read.read(SHIPPED / "pgbackrest.conf", encoding="utf-8")
    return read


def test_what_the_desk_asks_of_its_server_is_asked_here_too(ours, desk):
    own = [each for each in desk["services"]["postgres"]["command"] if each != "-c"]
    here = [each.removeprefix("-c") for each in ours["services"]["postgres"]["command"]]
    assert set(own) <= set(here)
    assert "archive_mode=on" in here


def test_server_settings_and_mounts_name_the_same_places(ours, settings):
    services = ours["services"]
    command = " ".join(services["postgres"]["command"])
    mounts = dict(
        re.sub(r"\$\{.*?\}", "given", volume).split(":")[:2]
        for volume in services["pitr"]["volumes"]
    )
    assert set(settings) == {"DEFAULT", "global", "desk"}
    assert f"--stanza={next(name for name in settings if name == 'desk')}" in command
    assert settings["desk"]["pg1-socket-path"] == mounts["postgres-socket"]
    assert settings["desk"]["pg1-socket-path"] in command
    assert settings["global"]["repo1-path"] == mounts["given"]
    assert (
        services["pitr"]["environment"]["PGBACKREST_PG1_PATH"].replace(
            "${CLUSTER:-docker}", "docker"
        )
        == (settings["desk"]["pg1-path"])
    )
    assert services["postgres"]["volumes"] == services["pitr"]["volumes"]


def test_the_repository_is_sealed_and_the_passphrase_is_no_setting(ours, settings):
    assert settings["global"]["repo1-cipher-type"] == "aes-256-cbc"
    assert "cipher-pass=" not in (SHIPPED / "pgbackrest.conf").read_text()
    [secret] = ours["services"]["pitr"]["secrets"]
    assert secret["target"] == "/etc/pgbackrest/conf.d/cipher.conf"
    assert ours["secrets"][secret["source"]]["file"].startswith("secrets/")


def test_the_keeper_may_do_no_more_than_it_must(ours, desk):
    keeper = ours["services"]["pitr"]
    server = desk["services"]["postgres"]
    for rule in ("read_only", "cap_drop", "security_opt", "user"):
        assert keeper[rule] == server[rule]
    assert keeper["networks"] == ["inside"]
    assert keeper["mem_limit"]
    assert keeper["pids_limit"]
    assert "ports" not in keeper
    assert keeper["healthcheck"]["test"]


def test_the_image_is_of_the_same_server(desk):
    image = desk["services"]["postgres"]["image"]
    assert f"\nFROM {image}\n" in (SHIPPED / "Dockerfile").read_text()


@pytest.mark.parametrize("script", ["pitr.sh", "recover.sh"])
def test_a_script_without_a_word_says_what_it_can(script):
    done = subprocess.run(
        [SHIPPED / script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{script} " in done.stdout
    assert "set -euo" not in done.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
def test_systemd_itself_reads_the_units(tmp_path):
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        [
            *("systemd-analyze", "verify", "--man=no"),
            *(str(path) for path in tmp_path.iterdir()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [line for line in done.stderr.splitlines() if "servicedesk" in line]


def test_the_units_run_as_the_user_of_the_database_and_fail_with_the_check():
    text = (UNITS / "servicedesk-pitr.service").read_text(encoding="utf-8")
    assert "User=postgres" in text
    starts = re.findall(r"(?m)^ExecStart=\S+/(.*)$", text)
    assert starts == ["pitr.sh due", "pitr.sh check"]

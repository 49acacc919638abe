"""The production form as a file: what Docker would start, and how little it may do."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from servicedesk.celery import app
from servicedesk.settings import base
from tests.production.compose import FILE, ROOT, VALUES, read
from tests.production.roles import ROLES

OURS = {
    *("migrate", "web-1", "web-2"),
    *("worker-1", "worker-2", "worker-jobs", "beat"),
}
SERVERS = {"proxy", "postgres", "valkey"}


@pytest.fixture(scope="module")
def compose():
    return read()


def test_all_parts_are_there(compose):
    assert set(compose["services"]) == OURS | SERVERS


@pytest.mark.parametrize("name", sorted(OURS | SERVERS))
def test_no_service_may_do_more_than_it_must(compose, name):
    service = compose["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "never root"
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert name == "migrate" or service["healthcheck"]["test"]
    for volume in service["volumes"]:
        source, _, mode = volume.partition(":")
        assert not source.startswith("/")
        assert not source.startswith(".") or mode.endswith(":ro")


def test_only_the_proxy_can_be_reached_from_outside(compose):
    services = compose["services"]
    open_ports = {name for name in services if "ports" in services[name]}
    inside = {
        name for name in services if list(services[name]["networks"]) == ["inside"]
    }

    assert open_ports == {"proxy"}
    assert {"postgres", "valkey"} <= inside
    assert compose["networks"]["inside"]["internal"]
    assert compose["networks"]["front"]["internal"]
    assert "inside" not in services["proxy"]["networks"]


def test_no_secret_stands_in_the_file(compose):
    text = FILE.read_text(encoding="utf-8")
    assert not re.search(
        r"(PASSWORD|SECRET|TOKEN|_URL)\b *: *\S*[^E]", text.replace("BASE_URL", "")
    )
    assert "env_file" not in text
    for secret in compose["secrets"].values():
        assert secret["file"].startswith("secrets/")
    for name in OURS:
        environment = compose["services"][name]["environment"]
        for variable, path in environment.items():
            if variable.endswith("_FILE"):
                assert (
                    path.removeprefix("/run/secrets/")
                    in compose["services"][name]["secrets"]
                )


def test_migrations_alone_get_the_owner_of_the_tables(compose):
    """And nobody but the database itself gets the superuser."""
    for name, service in compose["services"].items():
        given = set(service.get("secrets", []))
        assert ("database_owner_url" in given) == (name == "migrate")
        assert ("database_url" in given) == (name in OURS - {"migrate"})
        assert ("postgres_password" in given) == (name == "postgres")
    image = compose["services"]["postgres"]
    assert image["environment"]["POSTGRES_USER"] == "postgres"
    assert "./deploy/postgres:/docker-entrypoint-initdb.d:ro" in image["volumes"]
    named = set(re.findall(r"/run/secrets/(\w+)", ROLES.read_text(encoding="utf-8")))
    assert named == set(image["secrets"]) - {"postgres_password"}


def test_the_proxy_knows_where_the_web_processes_are(compose):
    services = compose["services"]
    for number in ("1", "2"):
        address = services[f"web-{number}"]["networks"]["front"]["ipv4_address"]
        assert (
            services["proxy"]["environment"][f"PROXY_WEB_{number}"] == f"{address}:8000"
        )


def test_the_proxy_gets_every_variable_of_its_template_and_no_other(compose):
    template = (ROOT / "deploy/proxy/nginx.conf.template").read_text(encoding="utf-8")
    given = {
        n for n in compose["services"]["proxy"]["environment"] if n.startswith("PROXY_")
    }
    assert set(re.findall(r"\$\{(\w+)\}", template)) == given


def test_the_proxy_takes_as_much_as_the_desk_does():
    template = (ROOT / "deploy/proxy/nginx.conf.template").read_text(encoding="utf-8")
    most = base.ATTACHMENT_MAX_BYTES * base.ATTACHMENT_MAX_COUNT
    most += base.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert f"client_max_body_size {most // 1024**2}m;" in template
    assert "non_idempotent" not in re.sub("#.*", "", template)


def test_every_variable_is_read_by_the_settings(compose):
    read_by_us = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*(ROOT / "servicedesk").rglob("*.py")]
    )
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            assert f'"{variable.removesuffix("_FILE")}"' in read_by_us, variable


def test_what_the_operator_is_told_to_set_reaches_the_desk(compose):
    """A name in .env that compose does not hand on is without effect."""
    for name in OURS:
        given = compose["services"][name]["environment"]
        for variable in (
            "VULNERABILITY_LIST",
            "SENTRY_DSN",
            "SENTRY_ENVIRONMENT",
            "OUTGOING_HOSTS",
            "KNOWN_PASSWORDS_LIST",
            "SECURITY_CONTACT",
        ):
            assert variable in given, f"{name}: {variable}"


def test_every_queue_has_workers(compose):
    commands = [
        " ".join(each["command"])
        for each in compose["services"].values()
        if "celery" in each.get("command", [])
    ]
    served = [
        queue
        for command in commands
        if (found := re.search(r"--queues (\S+)", command))
        for queue in found[1].split(",")
    ]
    # Drills have a machine of their own: deploy/drills.
    queues = {queue.name for queue in app.conf.task_queues} - {"drills"}
    assert set(served) >= queues | {"jobs"}
    assert served.count("celery") == served.count("letters") == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_exists_and_takes_its_options(compose, name):
    command = compose["services"][name]["command"]
    program, *words = command
    words = [word for word in words if word != "manage.py"]
    known = _help(program, words)
    options = [w.split("=")[0] for w in words if w.startswith("--")]
    assert options or name == "migrate"
    for option in options:
        assert option in known, f"{program} has no {option}"


def _help(program, words):
    here = Path(sys.executable).parent
    if program == "celery":
        command = [here / "celery", "-A", "servicedesk", words[2], "--help"]
    elif program == "uvicorn":
        command = [here / "uvicorn", "--help"]
    else:
        command = [sys.executable, ROOT / "manage.py", words[0], "--help"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {"COLUMNS": "200", "DJANGO_SETTINGS_MODULE": "servicedesk.settings.check"},
    )
    return done.stdout


def test_the_image_starts_what_compose_starts(compose):
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    command = next(line for line in lines if line.startswith("CMD "))
    assert re.findall(r'"([^"]*)"', command) == compose["services"]["web-1"]["command"]
    assert lines.index("USER 10001:10001") < lines.index(command)
    assert "--no-proxy-headers" in command, "TRUSTED_PROXIES alone says whom to believe"


def test_the_image_gets_what_its_commands_name(compose):
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "!deploy/ask.py" in ignored
    assert {"secrets", "tests", ".*"} <= set(ignored)
    for name in ("web-1", "web-2"):
        _, _, script, address = compose["services"][name]["healthcheck"]["test"]
        assert (ROOT / script).exists()
        assert address.endswith("/readyz")


def test_docker_itself_reads_it_where_it_is_at_hand(tmp_path):
    if not _has_compose():
        return  # the rest of this file reads the same file without it
    done = subprocess.run(
        ["docker", "compose", "-f", str(FILE), "config", "--quiet"],
        env=os.environ | VALUES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    assert not done.stderr


def _has_compose():
    if not shutil.which("docker"):
        return False
    found = subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    )
    return found.returncode == 0

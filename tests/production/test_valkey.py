"""The broker's configuration, read by a real Valkey."""

import subprocess
import time

import pytest
import redis

from servicedesk.embedded.place import _installed
from servicedesk.embedded.ports import free_port
from tests.production.compose import ROOT, read


@pytest.fixture
def valkey(tmp_path):
    """Valkey with deploy/valkey.conf and the secret that make_secrets.py writes."""
    (tmp_path / "data").mkdir()
    (tmp_path / "broker_conf").write_text("requirepass of-the-test\n")
    text = (ROOT / "deploy/valkey.conf").read_text(encoding="utf-8")
    text = text.replace("/run/secrets", str(tmp_path))
    text = text.replace("dir /data", f"dir {tmp_path}/data")
    (tmp_path / "valkey.conf").write_text(text)
    port = free_port()
    command = [_installed()[1], tmp_path / "valkey.conf"]
    process = subprocess.Popen(
        [*command, "--bind", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


def ping(port, password, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            with redis.Redis(port=port, password=password) as server:
                return server.ping() and server.config_get("*")
        except redis.AuthenticationError:
            return None
        except redis.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.slow
def test_valkey_takes_it_and_asks_for_the_password(valkey):
    settings = ping(valkey, "of-the-test")

    assert settings["appendonly"] == "yes"
    assert settings["maxmemory-policy"] == "noeviction"
    assert int(settings["maxmemory"]) == 256 * 1024**2
    assert settings["save"] == ""
    assert ping(valkey, None) is None
    assert ping(valkey, "wrong") is None


def test_compose_puts_its_files_where_it_looks_for_them():
    valkey = read()["services"]["valkey"]
    text = (ROOT / "deploy/valkey.conf").read_text(encoding="utf-8")
    assert "broker_conf" in valkey["secrets"]
    assert "include /run/secrets/broker_conf" in text
    assert f"./deploy/valkey.conf:{valkey['command'][1]}:ro" in valkey["volumes"]

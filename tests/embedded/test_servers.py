"""The embedded servers, started and killed for real."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import psycopg2
import pytest
import redis

from servicedesk.embedded import place
from servicedesk.embedded.environment import build
from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock
from servicedesk.embedded.ports import is_free
from servicedesk.embedded.processes import birth_mark, command_line, wait_gone
from servicedesk.embedded.servers import Servers

pytestmark = pytest.mark.slow
AS_ROOT = os.geteuid() == 0


def _ask(url, question):
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def _kill(pid):
    mark = birth_mark(pid)
    os.kill(pid, signal.SIGKILL)
    assert wait_gone(pid, mark, 5)


def test_first_start_gives_two_working_servers_and_leaving_stops_them(
    new_folder,
):
    with Servers(new_folder, ephemeral=True) as servers:
        names = servers.addresses()
        postgres, valkey = servers.own
        assert _ask(names["DATABASE_URL"], "SELECT current_user") == [("desk",)]
        assert redis.Redis.from_url(names["REDIS_URL"]).ping()
    assert not postgres.alive()
    assert not valkey.alive()
    assert is_free(postgres.port)


def test_the_database_knows_chinese_letters(folder):
    with Servers(folder, ephemeral=True) as servers:
        url = servers.addresses()["DATABASE_URL"]
        _ask(url, "CREATE EXTENSION pg_trgm")
        found = _ask(url, "SELECT cardinality(show_trgm('退款申请')) > 0, lower('É')")
        assert found == [(True, "é")]


def test_nobody_enters_without_the_password(servers):
    postgres, valkey = servers.own
    wrong = postgres.url.replace(servers.folder.password("desk"), "guess")
    with pytest.raises(psycopg2.OperationalError, match="password authentication"):
        _ask(wrong, "SELECT 1")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port).ping()


def test_no_password_stands_in_the_process_list(servers):
    passwords = [servers.folder.password(n) for n in ("desk", "postgres", "valkey")]
    for server in servers.own:
        shown = command_line(server.running())
        assert not [password for password in passwords if password in shown]


def test_servers_left_by_a_killed_command_are_used_again(servers):
    before = [server.running() for server in servers.own]
    with Servers(servers.folder, ephemeral=True) as again:
        assert [server.running() for server in again.own] == before
        assert _ask(again.addresses()["DATABASE_URL"], "SELECT 1") == [(1,)]
    assert not any(server.alive() for server in again.own)


def test_servers_stay_while_another_command_uses_them(folder):
    with Servers(folder, ephemeral=True) as first:
        with Servers(folder, ephemeral=True):
            pass
        assert all(server.alive() for server in first.own)
        assert _ask(first.addresses()["DATABASE_URL"], "SELECT 1") == [(1,)]


def test_data_and_ports_survive_kill_9_of_both_servers(folder):
    servers = Servers(folder)  # durable, like a desk
    servers.__enter__()
    servers._use.free()
    names = servers.addresses()
    _ask(names["DATABASE_URL"], "CREATE TABLE kept AS SELECT '留' AS word")
    for server in servers.own:
        _kill(server.running())
    with Servers(folder) as again:
        assert again.addresses() == names
        assert _ask(names["DATABASE_URL"], "SELECT word FROM kept") == [("留",)]


def test_stale_pid_file_that_names_a_living_stranger_is_no_hindrance(folder):
    with Servers(folder, ephemeral=True) as servers:
        cluster = servers.own[0].cluster
    # A process of the servers' own user: PostgreSQL itself would refuse to start.
    stranger = subprocess.Popen(["sleep", "60"], **place.present_runner().start_options)
    try:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{cluster}\n0\n5432\n\n127.0.0.1\n\n")
        with Servers(folder, ephemeral=True) as again:
            assert again.own[0].running() not in {None, stranger.pid}
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_taken_by_a_stranger_is_replaced(folder):
    with Servers(folder, ephemeral=True) as servers:
        port = servers.own[0].port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with Servers(folder, ephemeral=True) as again:
            assert again.own[0].port != port
            assert _ask(again.own[0].url, "SELECT 1") == [(1,)]


def test_a_server_that_hangs_is_replaced(servers):
    _postgres, valkey = servers.own
    hung = valkey.running()
    os.kill(hung, signal.SIGSTOP)
    valkey.start()
    assert valkey.running() not in {None, hung}
    assert redis.Redis.from_url(valkey.url).ping()


def test_half_made_cluster_is_made_again(new_folder):
    half = place.find_place(new_folder).room("postgres-new-dead")
    with Servers(new_folder, ephemeral=True) as servers:
        assert _ask(servers.own[0].url, "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root starts servers as somebody else")
def test_as_root_the_servers_run_as_nobody(servers):
    for server in servers.own:
        status = pathlib.Path(f"/proc/{server.running()}").stat()
        assert place.owner_name(status.st_uid) == "nobody"


@pytest.mark.skipif(not AS_ROOT, reason="only root starts servers as somebody else")
def test_as_root_unreachable_data_folder_gets_a_place_outside(folder, ground):
    folder.path.chmod(0o700)
    found = place.find_place(folder)
    assert found.path.parent == ground / "outside"
    assert place.find_place(folder).path == found.path


@pytest.mark.skipif(not AS_ROOT, reason="only root can give folders away")
def test_cluster_of_somebody_else_is_refused_in_a_sentence(folder):
    with Servers(folder, ephemeral=True) as servers:
        cluster = servers.own[0].cluster
    os.chown(cluster, 0, 0)
    with pytest.raises(DeskError, match=r"belongs to root.*chown -R nobody"):
        Servers(folder, ephemeral=True).__enter__()


def test_a_copied_folder_leaves_the_servers_of_its_original_alone(servers, ground):
    copy = DataFolder(ground / "copy")
    shutil.copytree(servers.folder.path, copy.path, ignore=_only_memory)
    copy.open()
    with Servers(copy, ephemeral=True) as others:
        theirs, ours = ({s.running() for s in group.own} for group in (others, servers))
        assert not theirs & ours
    assert all(server.alive() for server in servers.own)


def _only_memory(_folder, names):
    return set(names) & {"servers", "run", "logs"}


def test_given_addresses_are_used_in_place_of_own_servers(folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://wang@db.example/desk")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    with Servers(folder) as servers:
        assert servers.own == []
        environment = build(folder, servers)
    assert environment["DATABASE_URL"] == "postgres://wang@db.example/desk"
    assert environment["REDIS_URL"] == "redis://broker.example/0"


def test_killing_a_lock_holder_frees_the_lock(folder):
    path = folder.run / "test.lock"
    code = (
        "import sys, time, pathlib; from servicedesk.embedded.locks import FileLock; "
        "print(FileLock(pathlib.Path(sys.argv[1])).take(), flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    with holder.stdout:
        assert holder.stdout.readline() == "True\n"
        mine = FileLock(path)
        assert not mine.take()
        holder.kill()
        holder.wait()
    time.sleep(0.05)
    assert mine.take()
    mine.free()

"""Ports: why the web server could not listen on one, in a sentence."""

import os
import pathlib
import socket

import pytest

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.ports import LOOPBACK, check_port, free_port

FIRST_FREE_TO_ALL = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def test_a_free_port_is_accepted():
    check_port(free_port())


@pytest.mark.parametrize("port", [-1, 0, 65536, 8080 * 10**9])
def test_a_number_that_is_no_port_is_named(port):
    with pytest.raises(DeskError, match=f"There is no port {port}"):
        check_port(port)


def test_a_taken_port_is_named_with_another_to_choose():
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DeskError, match=rf"Port {port} is used by another.*--port"):
            check_port(port)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen on every port")
@pytest.mark.skipif(
    not FIRST_FREE_TO_ALL.exists() or int(FIRST_FREE_TO_ALL.read_text()) < 1024,
    reason="here everybody may listen on every port",
)
def test_a_port_kept_for_the_system_is_named():
    with pytest.raises(DeskError, match="Port 81 is kept for the system"):
        check_port(81)

"""A real S3 server in a process of its own."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

from servicedesk.embedded.ports import free_port


@contextlib.contextmanager
def s3_server():
    """Give the address of a server that is stopped at the end."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "moto.server",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = Address(f"http://127.0.0.1:{port}")
    address.process = process
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.kill()
        process.wait()


class Address(str):
    """The address, with the process behind it."""

    __slots__ = ("process",)


def _wait_for(address, process):
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        assert process.poll() is None, "the S3 server did not start"
        assert time.monotonic() < deadline
        time.sleep(0.1)

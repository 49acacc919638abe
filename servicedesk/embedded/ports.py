"""Free ports on the loopback address."""

import socket

from servicedesk.embedded.errors import DeskError

LOOPBACK = "127.0.0.1"
LAST = 65535


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    try:
        _listen(port)
    except OSError:
        return False
    return True


def check_port(port: int) -> None:
    """Refuse a port on which the web server could not listen, with the reason."""
    if not 1 <= port <= LAST:
        raise DeskError(f"There is no port {port}. Choose one from 1024 to {LAST}.")
    try:
        _listen(port)
    except PermissionError as error:
        raise DeskError(
            f"Port {port} is kept for the system's own services. Choose one from 1024 "
            "on: python3 desk.py up --port 8000"
        ) from error
    except OSError as error:
        raise DeskError(
            f"Port {port} is used by another program. Stop that program, or choose "
            f"another port: python3 desk.py up --port {port % LAST + 1}"
        ) from error


def _listen(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))

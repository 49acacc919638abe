"""The desk speaks to the servers that its settings name, and to no others.

Every name that a library of ours, or of others, wants to connect to passes here before it
is looked up: Python tells of it (`socket.getaddrinfo`). So a letter, a backup, a report
of an error or a mistake of ours cannot go to a server that nobody named. It is no wall
against a program that means harm: that is a firewall's work. The database is spoken to
by a library in C that does not ask; its address is in DATABASE_URL alone.
"""

import ipaddress
import logging
import socket
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings

log = logging.getLogger(__name__)
_ASKED: Final = "socket.getaddrinfo"
_PYPI: Final = "pypi.org"
_AMAZON: Final = (".amazonaws.com", ".amazonaws.com.cn")
ANY: Final = "*"
"""In OUTGOING_HOSTS: no limit. The security checks say so."""

_set_up: list[bool] = []


class NotNamedError(PermissionError):
    """A server that no setting names was to be spoken to."""


def connect() -> None:
    """Begin to watch; twice is as good as once."""
    if not _set_up:
        _set_up.append(True)
        sys.addaudithook(_watch)


def is_named(host: str) -> bool:
    """Tell whether the desk may speak to a host; to this machine itself always."""
    host = host.rstrip(".").lower()
    if _is_here(host):
        return True
    names = {name.rstrip(".") for name in _names()}
    return (
        ANY in names
        or host in names
        or any(name.startswith(".") and host.endswith(name) for name in names)
    )


def _watch(event: str, given: tuple[Any, ...]) -> None:
    if event != _ASKED or not given or not given[0]:
        return
    host = given[0]
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if not is_named(text):
        log.error("Not connected to %s: no setting names it (OUTGOING_HOSTS)", text)
        raise NotNamedError(f"{text} is named by no setting: see OUTGOING_HOSTS")


def _names() -> Iterator[str]:
    """Yield the hosts of all settings that name one, and those of OUTGOING_HOSTS."""
    yield from settings.OUTGOING_HOSTS
    for address in (
        settings.REDIS_URL,
        settings.UPLOAD_SCANNER,
        settings.SENTRY_DSN,
        settings.VULNERABILITY_LIST,
        settings.DRILL_DATABASE_URL,
    ):
        yield _host(str(address))
    yield str(settings.DATABASES["default"].get("HOST", "")).lower()
    yield str(settings.EMAIL_HOST).lower()
    if settings.VULNERABILITY_LIST == "pypi":
        yield _PYPI
    if settings.BACKUP_S3_BUCKET:
        store = _host(settings.BACKUP_S3_ENDPOINT)
        yield from (store, f".{store}") if store else _AMAZON


def _host(address: str) -> str:
    if "://" not in address:
        address = f"//{address}"
    try:
        return (urllib.parse.urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _is_here(host: str) -> bool:
    if host in {"", "localhost", socket.gethostname().lower()}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified

"""Have uploaded files looked at before they are kept, by a scanner of your own.

UPLOAD_SCANNER names it: `clamd://host:3310`, `clamd:///run/clamav/clamd.sock`, or the
dotted path of a function that takes the file and returns the name of what it found, ""
if nothing. Empty: nothing is looked at. A scanner that does not answer lets nothing in.
"""

import logging
import re
import socket
import struct
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.core.health_checks import Check, register_check

log = logging.getLogger(__name__)
PATIENCE: Final = 20.0  # seconds for each answer of the scanner
_CHUNK: Final = 64 * 1024
_LONGEST: Final = 4096
_PORT: Final = 3310
_UNFIT: Final = re.compile(r"[^\w.:-]+")


class ScannerError(Exception):
    """The scanner could not be reached, or did not do its work."""


def refusal(file: "File[Any]") -> str:
    """Return why the file cannot be taken, as a sentence; "" if it can."""
    if not settings.UPLOAD_SCANNER:
        return ""
    try:
        found = _scanner()(file)
    except Exception as error:  # noqa: BLE001 - whatever a scanner of yours raises
        log.error("No file could be scanned: %s", type(error).__name__)  # noqa: TRY400
        return _(
            "Files cannot be checked at the moment, so none can be taken. Send it "
            "without files, or try again later."
        )
    finally:
        file.seek(0)
    if not found:
        return ""
    # Its name is the sender's; what the scanner calls it is not.
    log.warning("An upload was refused: %s", _UNFIT.sub("_", str(found))[:100])
    return _("%(name)s was refused: it holds something harmful.") % {"name": file.name}


def _scanner() -> Callable[["File[Any]"], str]:
    if not settings.UPLOAD_SCANNER.startswith("clamd:"):
        found: Callable[[File[Any]], str] = import_string(settings.UPLOAD_SCANNER)
        return found
    return clamd


def clamd(file: "File[Any]") -> str:
    """Send the file to clamd as a stream; return the name of what it found, or ""."""
    file.seek(0)
    with _line() as line:
        line.sendall(b"zINSTREAM\0")
        while part := file.read(_CHUNK):
            line.sendall(struct.pack("!L", len(part)) + part)
        line.sendall(struct.pack("!L", 0))
        said = _answer(line)
    if said == "stream: OK":
        return ""
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return said.removeprefix("stream: ").removesuffix(" FOUND")
    # Too large for it, or out of order: nothing was looked at.
    raise ScannerError(said)


def _line() -> socket.socket:
    url = urllib.parse.urlsplit(settings.UPLOAD_SCANNER)
    if url.hostname:
        return socket.create_connection((url.hostname, url.port or _PORT), PATIENCE)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(PATIENCE)
        line.connect(url.path)
    except OSError:
        line.close()
        raise
    return line


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST:
        part = line.recv(_LONGEST)
        if not part:
            break
        said += part
    return said.rstrip(b"\0\n").decode("utf-8", "replace").strip()


def register() -> None:
    """Watch the scanner, where there is one of that kind."""
    if settings.UPLOAD_SCANNER.startswith("clamd:"):
        register_check(
            Check(
                "scanner",
                gettext_lazy("Scanner of uploads"),
                _look,
                gettext_lazy("Start clamd. Until it answers no files are taken."),
            )
        )


def _look(_cursor: Any) -> str:
    try:
        with _line() as line:
            line.settimeout(2)
            line.sendall(b"zPING\0")
            if _answer(line) == "PONG":
                return ""
    except OSError:
        pass
    return _("the scanner of uploads does not answer")
